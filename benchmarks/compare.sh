#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Produces and consumes the same records through KafScale (embedded mode) and Apache Kafka, one after the other on this
# machine with the same client, and prints throughput, CPU-seconds of the broker per GB, and their ratios.
#
# usage: benchmarks/compare.sh [RECORDS [SIZE [PARTITIONS [ROUNDS]]]]      defaults: 1000000 1024 12 3
# Needs: a JDK from 21 on, Go, python3. Apache Kafka's jars are fetched once, into benchmarks/target.
# Env:   KAFKA_VERSION (4.3.1), HEAP (1g), OUT (benchmarks/target/compare.json)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
records=${1:-1000000} size=${2:-1024} partitions=${3:-12} rounds=${4:-3}
kafka_version=${KAFKA_VERSION:-4.3.1} heap=${HEAP:-1g}
work=$(mktemp -d "${TMPDIR:-/tmp}/kafscale-compare.XXXXXX")
out=${OUT:-$here/target/compare.json}
java=$("$root/.mvn/find-jdk.sh")/bin/java
libs=$here/target/kafka-$kafka_version
loadgen=$here/target/loadgen
pid=

# shellcheck disable=SC2317 # called by the trap
finish() {
  if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }

# CPU time that a process has used so far, in seconds (user and system).
cpu_seconds() {
  awk -v hz="$(getconf CLK_TCK)" '{ sub(/^.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"
}

wait_for_port() { # LOG
  for _ in $(seq 300); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then return; fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "the broker did not start:" >&2
  tail -20 "$1" >&2
  exit 1
}

start_kafscale() {
  port=$(free_port)
  KAFSCALE_BROKER_ADDR=127.0.0.1:$port KAFSCALE_DATA_DIR=$work/kafscale \
    "$java" -Xms"$heap" -Xmx"$heap" -jar "$root/kafscale-broker/target/kafscale-broker.jar" > "$work/kafscale.log" 2>&1 &
  pid=$!
  wait_for_port "$work/kafscale.log"
}

start_kafka() {
  port=$(free_port)
  local controller
  controller=$(free_port)
  cat > "$work/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$work/kafka
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
P
  local id
  id=$("$java" -cp "$libs/*" kafka.tools.StorageTool random-uuid 2>/dev/null)
  "$java" -cp "$libs/*" kafka.tools.StorageTool format -t "$id" -c "$work/server.properties" --standalone > "$work/format.log" 2>&1
  # The collector and flags of Kafka's own start script.
  "$java" -Xms"$heap" -Xmx"$heap" -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 \
    -XX:+ExplicitGCInvokesConcurrent -cp "$libs/*" kafka.Kafka "$work/server.properties" > "$work/kafka.log" 2>&1 &
  pid=$!
  wait_for_port "$work/kafka.log"
}

stop_broker() {
  kill "$pid"
  wait "$pid" 2>/dev/null || true
  pid=
  rm -rf "$work/kafscale" "$work/kafka"
}

# One client run against the running broker; adds a line of JSON with the broker's CPU seconds.
measure() { # BROKER ROUND MODE TOPIC
  local before after line
  before=$(cpu_seconds "$pid")
  line=$("$loadgen" -mode "$3" -brokers "127.0.0.1:$port" -topic "$4" -records "$records" -size "$size")
  after=$(cpu_seconds "$pid")
  python3 - "$1" "$2" "$before" "$after" "$line" <<'PY' | tee -a "$work/results"
import json, sys
broker, round_, before, after, line = sys.argv[1:]
print(json.dumps({"broker": broker, "round": int(round_), **json.loads(line), "broker_cpu_seconds": round(float(after) - float(before), 2)}))
PY
}

run_broker() { # BROKER
  "start_$1"
  # Round 0 warms the virtual machine up and is not counted.
  for round in $(seq 0 "$rounds"); do
    "$loadgen" -mode create -brokers "127.0.0.1:$port" -topic "load-$round" -partitions "$partitions"
    measure "$1" "$round" produce "load-$round"
    measure "$1" "$round" consume "load-$round"
  done
  stop_broker
}

mkdir -p "$here/target"
"$here/get-kafka.sh" "$kafka_version" "$libs"
(cd "$here/loadgen" && go build -o "$loadgen" .)
: > "$work/results"
run_broker kafscale
run_broker kafka
python3 "$here/compare.py" "$work/results" "$out"
