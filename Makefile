# SPDX-License-Identifier: Apache-2.0
#
# What is done often, by name. Everything goes through ./mvnw, which finds a JDK and a Maven by itself.
# Settings of the broker pass through: make run KAFSCALE_LOG_LEVEL=info

MVN := ./mvnw -Dstyle.color=never
JAR := kafscale-broker/target/kafscale-broker.jar
BENCH_JAR := benchmarks/target/benchmarks.jar
SOURCES := pom.xml $(shell find proto kafscale-broker -name target -prune -o -path '*/src/test' -prune -o -type f -print)

# For libraries that newer JDKs warn about.
QUIET_FLAGS := -XX:+IgnoreUnrecognizedVMOptions --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
# What suits the broker; JAVA_OPTS adds to it.
JAVA_FLAGS := -XX:+ExitOnOutOfMemoryError $(QUIET_FLAGS)

.DEFAULT_GOAL := help
.PHONY: help build run test lint tidy proto bench clean servers test-produce-consume test-produce-consume-debug
.PHONY: test-consumer-group test-ops-api test-multi-segment-durability test-faults test-full

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-30s %s\n", $$1, $$2 }' Makefile

build: ## build every jar, without running tests
	@$(MVN) -q -DskipTests package
	@ls $(JAR) $(BENCH_JAR)

$(JAR): $(SOURCES)
	@echo "building $(JAR); the first time this fetches about 200 MB and takes some minutes"
	@$(MVN) -q -pl kafscale-broker -am -Dmaven.test.skip=true package
	@touch $(JAR)

run: $(JAR) ## start the broker with nothing configured; ARGS and JAVA_OPTS are handed on
	@java="$$(.mvn/find-jdk.sh)/bin/java" && exec "$$java" $(JAVA_FLAGS) $(JAVA_OPTS) -jar $(JAR) $(ARGS)

test: ## run all tests and all checks
	@$(MVN) -B -ntp verify

# Integration tests with one tag, and no others: on a real S3 server and a real etcd, which are fetched and must be there.
TAGGED := KAFSCALE_REQUIRE_SERVERS=true $(MVN) -B -ntp -pl kafscale-it -am verify \
    -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false
# How long each fault lasts, which ones by a regular expression, and where the table goes.
FAULT_SECONDS := 120
FAULTS :=
FAULT_TABLE := $(CURDIR)/kafscale-it/target/faults.md
FAULT_TITLES := | fault | done | acknowledged meanwhile | longest pause, s | errors of Produce | errors of Fetch | recovery, s |

servers: ## fetch the S3 server and the etcd that tests use, where they are missing
	@kafscale-it/servers/get-s3.sh
	@kafscale-it/servers/get-etcd.sh

test-produce-consume: servers ## producers and consumers of all kinds on S3 and etcd
	@$(TAGGED) -Dgroups=produce-consume

test-produce-consume-debug: servers ## the same with every request in the brokers' logs, kafscale-it/target/process-logs
	@$(TAGGED) -Dgroups=produce-consume -Dkafscale.it.debug=true

test-consumer-group: servers ## members that join, leave, die and come back, on S3 and etcd
	@$(TAGGED) -Dgroups=consumer-group

test-ops-api: servers ## topics, settings, groups and offsets by Kafka's own tools, and starts that must fail, on S3 and etcd
	@$(TAGGED) -Dgroups='ops-api | (produce-consume & admin)'

test-multi-segment-durability: servers ## hundreds of objects read by a fresh broker; kills of the broker and of its stores; lost metadata
	@$(TAGGED) -Dgroups=multi-segment-durability

test-faults: servers ## the table in docs/faults.md, FAULT_SECONDS for each fault
	@mkdir -p $(dir $(FAULT_TABLE)) && printf '%s\n' '$(FAULT_TITLES)' '| --- | --- | --- | --- | --- | --- | --- |' >$(FAULT_TABLE)
	@$(TAGGED) -Dgroups=faults -Dkafscale.it.fault.seconds=$(FAULT_SECONDS) -Dkafscale.it.faults='$(FAULTS)' \
	    -Dkafscale.it.fault.table=$(FAULT_TABLE)
	@cat $(FAULT_TABLE)

test-full: servers ## all tests and all checks, none of them skipped for want of a server
	@KAFSCALE_REQUIRE_SERVERS=true $(MVN) -B -ntp verify

lint: ## compile with all checks, and look at formatting and sizes; mvnw spotless:apply formats
	@$(MVN) -q -DskipTests verify

tidy: ## find dependencies that are used but not declared, or declared but not used
	@$(MVN) -q test-compile dependency:analyze -DfailOnWarning=true

proto: ## generate and compile the protobuf messages
	@$(MVN) -q -pl proto compile

bench: ## run the benchmarks; BENCH is a regular expression, or any arguments of JMH
	@$(MVN) -q -DskipTests -pl benchmarks -am package
	@java="$$(.mvn/find-jdk.sh)/bin/java" && exec "$$java" $(QUIET_FLAGS) -jar $(BENCH_JAR) $(BENCH)

clean: ## delete what was built
	@$(MVN) -q clean
