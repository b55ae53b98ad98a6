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
.PHONY: help build run test lint tidy proto bench clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

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
