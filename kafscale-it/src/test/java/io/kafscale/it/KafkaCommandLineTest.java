// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.KafkaTool;
import io.kafscale.it.process.Patience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The programs that come with Apache Kafka, as its documentation shows them. */
@ExtendWith(SharedBroker.class)
class KafkaCommandLineTest {
    private static final List<String> LINES =
            IntStream.range(0, 50).mapToObj(number -> "line " + number).toList();

    private String broker = "";
    private String topic = "";

    @BeforeEach
    void chooseNames(Bootstrap bootstrap) {
        broker = bootstrap.address();
        topic = bootstrap.newName("cli");
    }

    @Test
    void theConsoleConsumerPrintsWhatTheConsoleProducerRead() {
        KafkaTool.CONSOLE_PRODUCER.runWithInput(broker, LINES, "--topic", topic).succeeded();

        assertThat(consumeAsGroup(LINES.size())).containsExactlyElementsOf(LINES);
    }

    @Test
    void theConsoleProducerSendsKeysAndCompresses() {
        KafkaTool.CONSOLE_PRODUCER
                .runWithInput(
                        broker,
                        List.of("red:apple", "yellow:lemon"),
                        "--topic",
                        topic,
                        "--compression-codec",
                        "zstd",
                        "--reader-property",
                        "parse.key=true",
                        "--reader-property",
                        "key.separator=:")
                .succeeded();

        Finished consumed = KafkaTool.CONSOLE_CONSUMER
                .run(
                        broker,
                        "--topic",
                        topic,
                        "--from-beginning",
                        "--max-messages",
                        "2",
                        "--formatter-property",
                        "print.key=true",
                        "--formatter-property",
                        "print.offset=true")
                .succeeded();

        assertThat(consumed.output()).containsExactly("Offset:0\tred\tapple", "Offset:1\tyellow\tlemon");
    }

    @Test
    void topicsAreCreatedListedDescribedAndDeleted() {
        Finished created = KafkaTool.TOPICS
                .run(
                        broker,
                        "--create",
                        "--topic",
                        topic,
                        "--partitions",
                        "3",
                        "--replication-factor",
                        "1",
                        "--config",
                        "retention.ms=3600000")
                .succeeded();
        assertThat(created.output()).contains("Created topic " + topic + ".");
        assertThat(KafkaTool.TOPICS.run(broker, "--list").succeeded().output()).contains(topic);

        Finished described =
                KafkaTool.TOPICS.run(broker, "--describe", "--topic", topic).succeeded();
        assertThat(described.text())
                .contains("PartitionCount: 3", "ReplicationFactor: 1", "retention.ms=3600000", "Partition: 2\tLeader: ")
                .doesNotContain("Leader: none");
        Finished again = KafkaTool.TOPICS.run(broker, "--create", "--topic", topic);
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.text()).contains("already exists");

        KafkaTool.TOPICS.run(broker, "--delete", "--topic", topic).succeeded();
        assertThat(KafkaTool.TOPICS.run(broker, "--list").succeeded().output()).doesNotContain(topic);
        assertThat(KafkaTool.TOPICS.run(broker, "--describe", "--topic", topic).text())
                .contains("does not exist");
    }

    @Test
    void consumerGroupsAreListedDescribedResetAndDeleted() {
        produce();
        assertThat(consumeAsGroup(LINES.size())).hasSize(LINES.size());

        assertThat(groups("--list")).contains(topic);
        assertThat(groups("--describe", "--group", topic))
                .anySatisfy(row -> assertThat(row).matches(topic + "\\s+" + topic + "\\s+0\\s+50\\s+50\\s+0\\s.*"));
        assertThat(groups("--reset-offsets", "--group", topic, "--topic", topic, "--to-offset", "20", "--execute"))
                .anySatisfy(row -> assertThat(row).matches(topic + "\\s+" + topic + "\\s+0\\s+20\\s*"));
        assertThat(groups("--describe", "--group", topic))
                .anySatisfy(row -> assertThat(row).matches(topic + "\\s+" + topic + "\\s+0\\s+20\\s+50\\s+30\\s.*"));
        assertThat(consumeAsGroup(30)).isEqualTo(LINES.subList(20, 50));
        assertThat(groups("--delete", "--group", topic)).anyMatch(line -> line.contains("was successful"));
        assertThat(groups("--list")).doesNotContain(topic);
    }

    @Test
    void aTopicGetsMorePartitions() {
        createTopic(2);

        KafkaTool.TOPICS
                .run(broker, "--alter", "--topic", topic, "--partitions", "5")
                .succeeded();

        assertThat(KafkaTool.TOPICS
                        .run(broker, "--describe", "--topic", topic)
                        .succeeded()
                        .text())
                .contains("PartitionCount: 5", "Partition: 4\tLeader: ")
                .doesNotContain("Leader: none");
        Finished fewer = KafkaTool.TOPICS.run(broker, "--alter", "--topic", topic, "--partitions", "3");
        assertThat(fewer.exitCode()).isEqualTo(1);
        assertThat(fewer.text()).contains("currently has 5 partition(s); 3 would not be an increase");
    }

    @Test
    void offsetsOfAGroupAreDeleted() {
        createTopic(2);
        groups("--reset-offsets", "--group", topic, "--topic", topic, "--to-earliest", "--execute");

        assertThat(groups("--delete-offsets", "--group", topic, "--topic", topic + ":0"))
                .anySatisfy(row -> assertThat(row).matches(topic + "\\s+0\\s+Successful\\s*"));

        assertThat(groups("--describe", "--group", topic))
                .anySatisfy(row -> assertThat(row).matches(topic + "\\s+" + topic + "\\s+1\\s+0\\s.*"))
                .noneSatisfy(row -> assertThat(row).matches(topic + "\\s+" + topic + "\\s+0\\s.*"));
    }

    @Test
    void theLogDirectoryIsRemote() {
        createTopic(1);
        produce();

        assertThat(KafkaTool.LOG_DIRS
                        .run(broker, "--describe", "--topic-list", topic)
                        .succeeded()
                        .text())
                .contains("\"logDir\":\"remote://", "\"partition\":\"" + topic + "-0\"")
                .doesNotContain("\"size\":0");
    }

    @Test
    void leadersAndPlacesStayAsTheyAre(@TempDir Path directory) throws IOException {
        createTopic(1);
        Path plan = directory.resolve("plan.json");
        Files.writeString(
                plan,
                "{\"version\":1,\"partitions\":[{\"topic\":\"" + topic + "\",\"partition\":0,\"replicas\":[0]}]}");

        assertThat(KafkaTool.LEADER_ELECTION
                        .run(broker, "--election-type", "preferred", "--topic", topic, "--partition", "0")
                        .succeeded()
                        .text())
                .contains("Valid replica already elected for partitions " + topic + "-0");
        assertThat(KafkaTool.REASSIGN_PARTITIONS
                        .run(broker, "--reassignment-json-file", plan.toString(), "--execute")
                        .succeeded()
                        .text())
                .contains("Successfully started partition reassignment");
        assertThat(KafkaTool.REASSIGN_PARTITIONS
                        .run(broker, "--reassignment-json-file", plan.toString(), "--verify")
                        .succeeded()
                        .text())
                .contains("Reassignment of partition " + topic + "-0 is completed.");
    }

    @Test
    void accessIsNotControlled() {
        assertThat(KafkaTool.ACLS.run(broker, "--list").text()).contains("No Authorizer is configured");
    }

    @Test
    void aGroupAtWorkIsDescribedWithItsMembers() {
        produce();
        try (ChildProcess consumer =
                KafkaTool.CONSOLE_CONSUMER.start(broker, "--topic", topic, "--group", topic, "--from-beginning")) {
            consumer.standardOutput().awaitLine("the last line", LINES.getLast()::equals);

            assertThat(groups("--describe", "--group", topic, "--state"))
                    .anySatisfy(row -> assertThat(row).contains(topic, "Stable"));
            assertThat(groups("--describe", "--group", topic, "--members"))
                    .anySatisfy(row -> assertThat(row).contains(topic, "console-consumer"));
            Finished refused = KafkaTool.CONSUMER_GROUPS.run(broker, "--delete", "--group", topic);
            assertThat(refused.text()).contains("GroupNotEmptyException");
        }
    }

    @Test
    void theVerifiableProgramsCountTheSame() {
        Finished produced = KafkaTool.VERIFIABLE_PRODUCER
                .run(broker, "--topic", topic, "--max-messages", "3000", "--acks", "-1")
                .succeeded();
        assertThat(produced.output()).anyMatch(line -> line.contains("\"sent\":3000,\"acked\":3000"));

        Finished consumed = KafkaTool.VERIFIABLE_CONSUMER
                .run(
                        broker,
                        "--topic",
                        topic,
                        "--group-id",
                        topic,
                        "--max-messages",
                        "3000",
                        "--reset-policy",
                        "earliest")
                .succeeded();
        assertThat(consumed.output()).anyMatch(line -> line.contains("\"success\":true"));
        assertThat(consumed.output().stream()
                        .mapToInt(KafkaCommandLineTest::consumedCount)
                        .sum())
                .isEqualTo(3000);
    }

    @Test
    void offsetsAreToldByTimeAndByEnd() {
        produce();

        assertThat(KafkaTool.GET_OFFSETS
                        .run(broker, "--topic", topic, "--time", "earliest")
                        .succeeded()
                        .output())
                .containsExactly(topic + ":0:0");
        assertThat(KafkaTool.GET_OFFSETS
                        .run(broker, "--topic", topic, "--time", "latest")
                        .succeeded()
                        .output())
                .containsExactly(topic + ":0:50");
        assertThat(KafkaTool.GET_OFFSETS
                        .run(broker, "--topic", topic, "--time", "max-timestamp")
                        .succeeded()
                        .output())
                .singleElement()
                .asString()
                .matches(topic + ":0:\\d+");
    }

    @Test
    void theBrokerTellsWhichVersionsItSpeaks() {
        Finished versions = KafkaTool.API_VERSIONS.run(broker).succeeded();

        assertThat(versions.text()).contains("Produce(0): 0 to 13", "Fetch(1): 4 to 18", "Metadata(3): 0 to 13");
    }

    private void createTopic(int partitions) {
        KafkaTool.TOPICS
                .run(broker, "--create", "--topic", topic, "--partitions", Integer.toString(partitions))
                .succeeded();
    }

    private void produce() {
        KafkaTool.CONSOLE_PRODUCER.runWithInput(broker, LINES, "--topic", topic).succeeded();
    }

    private List<String> consumeAsGroup(int count) {
        return KafkaTool.CONSOLE_CONSUMER
                .run(
                        broker,
                        "--topic",
                        topic,
                        "--group",
                        topic,
                        "--from-beginning",
                        "--max-messages",
                        Integer.toString(count),
                        "--timeout-ms",
                        Long.toString(Patience.LIMIT.toMillis()))
                .succeeded()
                .output();
    }

    private List<String> groups(String... arguments) {
        return KafkaTool.CONSUMER_GROUPS.run(broker, arguments).succeeded().output();
    }

    private static int consumedCount(String line) {
        Matcher counts = Pattern.compile("\"count\":(\\d+),\"minOffset\"").matcher(line);
        return counts.results()
                .mapToInt(found -> Integer.parseInt(found.group(1)))
                .sum();
    }
}
