#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches the jars of an Apache Kafka broker with all they need from the Maven repository.
#
# usage: benchmarks/get-kafka.sh VERSION FOLDER       does nothing when the folder is complete
set -euo pipefail
version=${1:?usage: get-kafka.sh VERSION FOLDER} folder=${2:?usage: get-kafka.sh VERSION FOLDER}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ -f "$folder/complete" ]; then exit 0; fi
mkdir -p "$folder"
pom=$(mktemp -d)
trap 'rm -rf "$pom"' EXIT
cat > "$pom/pom.xml" <<P
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>io.kafscale.benchmarks</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
P
(cd "$root" && ./mvnw -q -B -f "$pom/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$folder")
touch "$folder/complete"
