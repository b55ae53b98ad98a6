// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames become requests, or are refused for a reason; nothing is thrown. */
class RequestDecoderTest {

    private static final RequestDecoder DECODER = new RequestDecoder(VersionTable.current(), RequestLimits.STANDARD);

    static Stream<Served> served() {
        return ServedVersions.all();
    }

    @ParameterizedTest
    @MethodSource("served")
    void readsBackWhatWasWritten(Served served) {
        for (int seed = 0; seed < 20; seed++) {
            ApiMessage message =
                    new RandomMessages(seed).fill(served.api().messageType.newRequest(), served.version());
            Decoded decoded = DECODER.decode(Frames.request(served.api(), served.version(), seed, message));

            assertThat(decoded).isInstanceOf(Decoded.Request.class);
            Decoded.Request request = (Decoded.Request) decoded;
            assertThat(request.header())
                    .isEqualTo(new RequestHeader(served.api(), served.version(), seed, Frames.CLIENT_ID));
            assertThat(Frames.bytes(request.message(), served.version()))
                    .isEqualTo(Frames.bytes(message, served.version()));
        }
    }

    @ParameterizedTest
    @MethodSource("served")
    void refusesAFrameCutOffAnywhere(Served served) {
        ApiMessage message =
                new RandomMessages(11).fill(served.api().messageType.newRequest(), served.version());
        ByteBuffer whole = Frames.request(served.api(), served.version(), 1, message);
        for (int length = 0; length < whole.limit(); length++) {
            assertThat(DECODER.decode(whole.slice(0, length)))
                    .as("%d of %d bytes", length, whole.limit())
                    .isInstanceOf(Decoded.Malformed.class);
        }
    }

    @Test
    void takesAFrameThatBeginsInTheMiddleOfAnArray() {
        ByteBuffer frame = Frames.request(ApiKeys.METADATA, 12, 5, new MetadataRequestData());
        ByteBuffer shifted = ByteBuffer.allocate(frame.remaining() + 20)
                .position(7)
                .put(frame)
                .flip()
                .position(7);

        assertThat(DECODER.decode(shifted)).isInstanceOf(Decoded.Request.class);
        assertThat(shifted.position()).isEqualTo(7);
    }

    @Test
    void keepsRecordsAsASliceOfTheFrame() {
        byte[] records = {9, 8, 7, 6};
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        TopicProduceData topic = new TopicProduceData().setName("orders");
        topic.partitionData()
                .add(new PartitionProduceData().setRecords(MemoryRecords.readableRecords(ByteBuffer.wrap(records))));
        topics.add(topic);
        ByteBuffer frame = Frames.request(
                ApiKeys.PRODUCE,
                9,
                1,
                new ProduceRequestData().setAcks((short) 1).setTopicData(topics));

        ProduceRequestData decoded = (ProduceRequestData) ((Decoded.Request) DECODER.decode(frame)).message();
        MemoryRecords kept = (MemoryRecords)
                decoded.topicData().iterator().next().partitionData().get(0).records();
        assertThat(kept.buffer()).isEqualTo(ByteBuffer.wrap(records));
        assertThat(kept.buffer().hasArray()).isTrue();
        // Three empty tag sections follow.
        int last = frame.limit() - 4;
        assertThat(frame.get(last)).isEqualTo((byte) 6);
        kept.buffer().put(3, (byte) 42);
        assertThat(frame.get(last)).isEqualTo((byte) 42);
    }

    @Test
    void ignoresBytesBehindTheBody() {
        ByteBuffer frame = Frames.request(ApiKeys.METADATA, 4, 5, new MetadataRequestData());
        ByteBuffer longer =
                ByteBuffer.allocate(frame.remaining() + 3).put(frame).rewind();

        assertThat(DECODER.decode(longer)).isInstanceOf(Decoded.Request.class);
    }

    @Test
    void takesAHeaderWithTags() {
        RequestHeaderData header = new RequestHeaderData()
                .setRequestApiKey(ApiKeys.METADATA.id)
                .setRequestApiVersion((short) 9)
                .setCorrelationId(3)
                .setClientId(null);
        header.unknownTaggedFields().add(new RawTaggedField(4, new byte[] {1, 2, 3}));
        ByteBuffer head = Frames.bytes(header, (short) 2);
        ByteBuffer body = Frames.bytes(new MetadataRequestData(), (short) 9);
        ByteBuffer frame = ByteBuffer.allocate(head.remaining() + body.remaining())
                .put(head)
                .put(body)
                .flip();

        assertThat(DECODER.decode(frame))
                .isInstanceOfSatisfying(
                        Decoded.Request.class,
                        request -> assertThat(request.header())
                                .isEqualTo(new RequestHeader(ApiKeys.METADATA, (short) 9, 3, "")));
    }

    @Test
    void refusesAClientIdBeyondTheLimit() {
        assertThat(DECODER.decode(withClientId(1024))).isInstanceOf(Decoded.Request.class);
        assertThat(reason(DECODER.decode(withClientId(1025)))).contains("a client id of 1025 bytes");
    }

    private static ByteBuffer withClientId(int length) {
        ByteBuffer head = Frames.bytes(
                new RequestHeaderData()
                        .setRequestApiKey(ApiKeys.METADATA.id)
                        .setRequestApiVersion((short) 0)
                        .setClientId("x".repeat(length)),
                (short) 1);
        return ByteBuffer.allocate(head.remaining() + 4).put(head).putInt(0).flip();
    }

    @Test
    void refusesKeysThatAreUnknownOrNotServed() {
        assertThat(reason(DECODER.decode(header(999, 0)))).contains("API key 999 is not served");
        assertThat(reason(DECODER.decode(header(-1, 0)))).contains("API key -1 is not served");
        for (ApiKeys api : new ApiKeys[] {ApiKeys.LEADER_AND_ISR, ApiKeys.VOTE, ApiKeys.SASL_HANDSHAKE}) {
            assertThat(reason(DECODER.decode(header(api.id, 0)))).contains("is not served");
        }
    }

    @Test
    void tellsVersionsThatAreNotServed() {
        VersionTable.current().served().forEach((api, range) -> {
            for (int version : new int[] {-1, range.first() - 1, range.last() + 1, Short.MAX_VALUE, Short.MIN_VALUE}) {
                if (api != ApiKeys.API_VERSIONS) {
                    assertThat(DECODER.decode(header(api.id, version)))
                            .as("%s %d", api, version)
                            .isEqualTo(new Decoded.UnsupportedVersion(new RequestHeader(api, (short) version, 77, "")));
                }
            }
        });
    }

    @Test
    void takesApiVersionsInAVersionToCome() {
        ByteBuffer frame = header(ApiKeys.API_VERSIONS.id, 99);

        assertThat(DECODER.decode(frame))
                .isEqualTo(new Decoded.Request(
                        new RequestHeader(ApiKeys.API_VERSIONS, (short) 99, 77, ""), new ApiVersionsRequestData()));
    }

    private static ByteBuffer header(int key, int version) {
        return ByteBuffer.allocate(30)
                .putShort((short) key)
                .putShort((short) version)
                .putInt(77)
                .putShort((short) -1)
                .rewind();
    }

    private static String reason(Decoded decoded) {
        assertThat(decoded).isInstanceOf(Decoded.Malformed.class);
        return ((Decoded.Malformed) decoded).reason();
    }
}
