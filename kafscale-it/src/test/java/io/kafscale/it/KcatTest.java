// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kafscale.it.process.Kcat;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** librdkafka's view of the broker: it shares no code with the Java clients. */
@ExtendWith(SharedBroker.class)
class KcatTest {
    private static final List<String> LINES =
            IntStream.range(0, 200).mapToObj(number -> "line " + number).toList();

    private String broker = "";
    private String topic = "";

    @BeforeEach
    void chooseNames(Bootstrap bootstrap) {
        assumeTrue(Kcat.isInstalled(), "kcat is not installed");
        broker = bootstrap.address();
        topic = bootstrap.newName("kcat");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void whatKcatProducesItConsumes(String codec) {
        Kcat.run(broker, LINES, "-P", "-t", topic, "-z", codec);

        assertThat(consumeAll()).containsExactlyElementsOf(LINES);
    }

    @Test
    void anIdempotentProducerIsServed() {
        Kcat.run(broker, LINES, "-P", "-t", topic, "-X", "enable.idempotence=true");

        assertThat(consumeAll()).containsExactlyElementsOf(LINES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "-1"})
    void recordsArriveWithEveryKindOfAcknowledgement(String acks) {
        TestTopic.create(broker, topic, 1);

        Kcat.run(broker, LINES, "-P", "-t", topic, "-X", "acks=" + acks);

        assertThat(consumeAll()).containsExactlyElementsOf(LINES);
    }

    @Test
    void metadataNamesTheBrokerAndThePartitions() {
        TestTopic.create(broker, topic, 3);

        assertThat(Kcat.run(broker, List.of(), "-L", "-t", topic))
                .anyMatch(line -> line.contains("at " + broker + " (controller)"))
                .anyMatch(line -> line.contains("topic \"" + topic + "\" with 3 partitions"))
                .noneMatch(line -> line.contains("leader -1"));
    }

    @Test
    void aGroupConsumesWhatItHasNotSeen() {
        Kcat.run(broker, LINES, "-P", "-t", topic);

        assertThat(consumeAsGroup(200)).containsExactlyElementsOf(LINES);
        Kcat.run(broker, List.of("one more"), "-P", "-t", topic);
        assertThat(consumeAsGroup(1)).containsExactly("one more");
    }

    @Test
    void offsetsAreFoundByTime() {
        Kcat.run(broker, LINES, "-P", "-t", topic);

        assertThat(Kcat.run(broker, List.of(), "-Q", "-t", topic + ":0:1")).containsExactly(topic + " [0] offset 0");
        assertThat(Kcat.run(broker, List.of(), "-Q", "-t", topic + ":0:-1")).containsExactly(topic + " [0] offset 200");
    }

    private List<String> consumeAll() {
        return Kcat.run(broker, List.of(), "-C", "-t", topic, "-o", "beginning", "-e", "-q");
    }

    private List<String> consumeAsGroup(int count) {
        return Kcat.run(
                broker,
                List.of(),
                "-G",
                topic,
                "-X",
                "auto.offset.reset=earliest",
                "-q",
                "-c",
                Integer.toString(count),
                topic);
    }
}
