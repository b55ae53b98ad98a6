// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A program of the Kafka command line, run in a JVM of its own. Immutable. */
public enum KafkaTool {
    TOPICS("org.apache.kafka.tools.TopicCommand"),
    LOG_DIRS("org.apache.kafka.tools.LogDirsCommand"),
    LEADER_ELECTION("org.apache.kafka.tools.LeaderElectionCommand"),
    REASSIGN_PARTITIONS("org.apache.kafka.tools.reassign.ReassignPartitionsCommand"),
    ACLS("org.apache.kafka.tools.AclCommand"),
    CONSUMER_GROUPS("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"),
    CONSOLE_PRODUCER("org.apache.kafka.tools.ConsoleProducer"),
    CONSOLE_CONSUMER("org.apache.kafka.tools.consumer.ConsoleConsumer"),
    VERIFIABLE_PRODUCER("org.apache.kafka.tools.VerifiableProducer"),
    VERIFIABLE_CONSUMER("org.apache.kafka.tools.VerifiableConsumer"),
    GET_OFFSETS("org.apache.kafka.tools.GetOffsetShell"),
    API_VERSIONS("org.apache.kafka.tools.BrokerApiVersionsCommand");

    private final String mainClass;

    KafkaTool(String mainClass) {
        this.mainClass = mainClass;
    }

    /** Starts the tool on the broker at {@code bootstrap}. */
    public ChildProcess start(String bootstrap, String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
        all.addAll(List.of(arguments));
        return ChildProcess.start(
                name().toLowerCase(java.util.Locale.ROOT),
                Jvm.command(Jvm.classPath("tools"), mainClass, all),
                Map.of());
    }

    /** Runs the tool to its end, without input. */
    public Finished run(String bootstrap, String... arguments) {
        return runWithInput(bootstrap, List.of(), arguments);
    }

    /** Runs the tool to its end, with {@code input} as its standard input. */
    public Finished runWithInput(String bootstrap, List<String> input, String... arguments) {
        try (ChildProcess process = start(bootstrap, arguments)) {
            input.forEach(process::send);
            process.endInput();
            return Finished.of(process);
        }
    }
}
