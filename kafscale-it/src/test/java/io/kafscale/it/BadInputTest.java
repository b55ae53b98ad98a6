// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.load.SteadyClient;
import io.kafscale.it.wire.Batches;
import io.kafscale.it.wire.Frames;
import io.kafscale.it.wire.RawConnection;
import io.kafscale.it.wire.Reply.Answered;
import io.kafscale.it.wire.Reply.Closed;
import io.kafscale.it.wire.Requests;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no decent client sends: each gets its Kafka error or a closed connection, and nobody else notices. */
@ExtendWith(SharedBroker.class)
final class BadInputTest {
    private static final int LARGEST_FRAME = 100 * 1024 * 1024;

    private static SteadyClient bystander;

    private final String broker;
    private final String topic;

    BadInputTest(Bootstrap bootstrap) {
        broker = bootstrap.address();
        topic = TestTopic.create(broker, bootstrap.newName("bad-input"), 1).name();
    }

    @BeforeAll
    static void startTheBystander(Bootstrap bootstrap) {
        String steady = bootstrap.newName("steady");
        bystander = new SteadyClient(
                bootstrap.address(),
                TestTopic.create(bootstrap.address(), steady, 1).name());
    }

    @AfterEach
    void theBystanderNoticedNothing() {
        bystander.assertUndisturbed();
    }

    @AfterAll
    static void stopTheBystander() {
        bystander.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, LARGEST_FRAME + 1, Integer.MAX_VALUE})
    void aFrameOfImpossibleLengthClosesTheConnection(int length) {
        try (RawConnection connection = RawConnection.open(broker)) {
            connection.send(ByteBuffer.allocate(Integer.BYTES).putInt(length).array());

            assertThat(connection.reply()).isInstanceOf(Closed.class);
        }
    }

    @ParameterizedTest
    @MethodSource
    void aTruncatedBodyClosesTheConnection(ApiKeys api, byte[] frame) {
        for (int missing = 1; missing < Math.min(frame.length - 20, 40); missing += 3) {
            try (RawConnection connection = RawConnection.open(broker)) {
                connection.send(Frames.withoutLast(frame, missing));

                assertThat(connection.reply())
                        .as("%s without %d bytes", api, missing)
                        .isInstanceOf(Closed.class);
            }
        }
    }

    static Stream<Arguments> aTruncatedBodyClosesTheConnection() {
        return Stream.of(
                Arguments.argumentSet("PRODUCE", ApiKeys.PRODUCE, Requests.produce("any", Batches.good(), -1)),
                Arguments.argumentSet("FETCH", ApiKeys.FETCH, Requests.fetch("any")),
                Arguments.argumentSet("METADATA", ApiKeys.METADATA, Requests.metadata("any")),
                Arguments.argumentSet("CREATE_TOPICS", ApiKeys.CREATE_TOPICS, Requests.createTopic("any")));
    }

    @Test
    void countsThatLieCloseTheConnection() {
        byte[] manyTopics = ByteBuffer.allocate(12).putInt(Integer.MAX_VALUE).array();
        try (RawConnection connection = RawConnection.open(broker)) {
            connection.send(Frames.request(ApiKeys.METADATA, 1, manyTopics));

            assertThat(connection.reply()).isInstanceOf(Closed.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 999, Short.MAX_VALUE})
    void anUnknownApiClosesTheConnection(int apiKey) {
        try (RawConnection connection = RawConnection.open(broker)) {
            connection.send(Frames.request(apiKey, 0, 1, new byte[0]));

            assertThat(connection.reply()).isInstanceOf(Closed.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 99, Short.MAX_VALUE})
    void anUnsupportedVersionClosesTheConnection(int version) {
        try (RawConnection connection = RawConnection.open(broker)) {
            connection.send(Frames.request(ApiKeys.METADATA.id, version, 1, new byte[20]));

            assertThat(connection.reply()).isInstanceOf(Closed.class);
        }
    }

    @Test
    void anUnsupportedVersionOfApiVersionsIsAnsweredWithTheList() {
        try (RawConnection connection = RawConnection.open(broker)) {
            ByteBuffer answer = connection.call(Frames.request(ApiKeys.API_VERSIONS.id, 99, 2, new byte[8]));

            ApiVersionsResponseData versions =
                    Frames.response(ApiVersionsResponseData.class, ApiKeys.API_VERSIONS, 0, answer);
            assertThat(Errors.forCode(versions.errorCode())).isEqualTo(Errors.UNSUPPORTED_VERSION);
            assertThat(versions.apiKeys().find(ApiKeys.API_VERSIONS.id)).isNotNull();
            byte[] next = Frames.request(
                    ApiKeys.API_VERSIONS,
                    3,
                    new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1"));
            ApiVersionsResponseData again =
                    Frames.response(ApiVersionsResponseData.class, ApiKeys.API_VERSIONS, 3, connection.call(next));
            assertThat(Errors.forCode(again.errorCode())).isEqualTo(Errors.NONE);
        }
    }

    @ParameterizedTest
    @MethodSource
    void aBadBatchIsRefusedAsKafkaRefusesIt(byte[] batch, Errors expected) {
        assertThat(produce(topic, batch, -1)).isEqualTo(expected);

        assertThat(produce(topic, Batches.good(), -1))
                .as("a good one afterwards")
                .isEqualTo(Errors.NONE);
    }

    static Stream<Arguments> aBadBatchIsRefusedAsKafkaRefusesIt() {
        long hourAndMore = System.currentTimeMillis() + 2 * 3_600_000;
        return Stream.of(
                Arguments.argumentSet("wrong CRC", Batches.withWrongCrc(), Errors.CORRUPT_MESSAGE),
                Arguments.argumentSet("altered content", Batches.withAlteredContent(), Errors.CORRUPT_MESSAGE),
                Arguments.argumentSet("magic 0", Batches.withMagic(0), Errors.INVALID_RECORD),
                Arguments.argumentSet("magic 1", Batches.withMagic(1), Errors.INVALID_RECORD),
                Arguments.argumentSet("several batches", Batches.severalInOne(), Errors.INVALID_RECORD),
                Arguments.argumentSet("a control batch", Batches.control(), Errors.INVALID_RECORD),
                Arguments.argumentSet("last offset delta", Batches.withWrongLastOffsetDelta(), Errors.INVALID_RECORD),
                Arguments.argumentSet("record count", Batches.withWrongRecordCount(), Errors.INVALID_RECORD),
                Arguments.argumentSet("too large", Batches.ofSize(2_000_000), Errors.MESSAGE_TOO_LARGE),
                Arguments.argumentSet("from the future", Batches.at(hourAndMore), Errors.INVALID_TIMESTAMP));
    }

    @ParameterizedTest
    @MethodSource
    void aBatchThatIsNotOneIsRefused(byte[] batch) {
        try (RawConnection connection = RawConnection.open(broker)) {
            connection.send(Requests.produce(topic, batch, -1));

            if (connection.reply() instanceof Answered answered) {
                assertThat(Requests.errorOfProduce(answered.content()))
                        .isIn(Errors.CORRUPT_MESSAGE, Errors.INVALID_RECORD);
            }
        }
        assertThat(produce(topic, Batches.good(), -1)).isEqualTo(Errors.NONE);
    }

    static Stream<Arguments> aBatchThatIsNotOneIsRefused() {
        return Stream.of(
                Arguments.argumentSet("no bytes", new byte[0]),
                Arguments.argumentSet("zeros", new byte[100]),
                Arguments.argumentSet("a cut header", Batches.cutInItsHeader()),
                Arguments.argumentSet("a length beyond the end", Batches.withLengthBeyondItsEnd()));
    }

    @Test
    void anAcknowledgementThatDoesNotExistIsRefused() {
        assertThat(produce(topic, Batches.good(), 5)).isEqualTo(Errors.INVALID_REQUIRED_ACKS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".", "../../outside", "a/b", "/etc/passwd", "with space", "a\u0000b", ""})
    void aTopicNameThatCouldLeaveItsDirectoryIsRefused(String name) {
        try (RawConnection connection = RawConnection.open(broker)) {
            CreateTopicsResponseData created = Frames.response(
                    CreateTopicsResponseData.class,
                    ApiKeys.CREATE_TOPICS,
                    Requests.CREATE_TOPICS_VERSION,
                    connection.call(Requests.createTopic(name)));
            assertThat(Errors.forCode(created.topics().iterator().next().errorCode()))
                    .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);

            MetadataResponseData metadata = Frames.response(
                    MetadataResponseData.class,
                    ApiKeys.METADATA,
                    Requests.METADATA_VERSION,
                    connection.call(Requests.metadata(name)));
            assertThat(Errors.forCode(metadata.topics().iterator().next().errorCode()))
                    .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION);

            assertThat(Requests.errorOfProduce(connection.call(Requests.produce(name, Batches.good(), -1))))
                    .isIn(Errors.INVALID_TOPIC_EXCEPTION, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
    }

    @Test
    void aTopicNameOf250CharactersIsRefused() {
        aTopicNameThatCouldLeaveItsDirectoryIsRefused("n".repeat(250));
    }

    @Test
    void framesWithAlteredBytesDoNoHarm() {
        long seed = Long.getLong("kafscale.it.seed", System.nanoTime());
        System.out.println("kafscale.it.seed=" + seed);
        Random random = new Random(seed);
        List<byte[]> frames = List.of(
                Requests.produce(topic, Batches.good(), -1),
                Requests.fetch(topic),
                Requests.metadata(topic),
                Requests.createTopic(topic),
                Frames.request(ApiKeys.API_VERSIONS, 3, new ApiVersionsRequestData()));
        for (int round = 0; round < 500; round++) {
            byte[] frame = frames.get(random.nextInt(frames.size())).clone();
            for (int change = random.nextInt(4); change >= 0; change--) {
                // The length stays right, and the API too, so that the change reaches a parser.
                frame[6 + random.nextInt(frame.length - 6)] = (byte) random.nextInt();
            }
            try (RawConnection connection = RawConnection.open(broker)) {
                connection.send(frame);
                connection.endOutput();
                connection.reply(Duration.ofMillis(100));
            }
        }
    }

    @Test
    void connectionsThatBreakOffDoNoHarm() {
        byte[] frame = Requests.produce(topic, Batches.good(), -1);
        for (int sent = 0; sent < frame.length; sent += 7) {
            RawConnection connection = RawConnection.open(broker);
            connection.send(Arrays.copyOf(frame, sent));
            connection.reset();
        }
        for (int half = 0; half < 20; half++) {
            try (RawConnection connection = RawConnection.open(broker)) {
                connection.send(Arrays.copyOf(frame, frame.length / 2));
                connection.endOutput();

                assertThat(connection.reply()).isInstanceOf(Closed.class);
            }
        }
    }

    private Errors produce(String name, byte[] batch, int acks) {
        try (RawConnection connection = RawConnection.open(broker)) {
            return Requests.errorOfProduce(connection.call(Requests.produce(name, batch, acks)));
        }
    }
}
