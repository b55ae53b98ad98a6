// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.types.RawTaggedField;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The walk over a request agrees with the generated parser, and stops at every limit. */
class RequestScanTest {

    private static final int SEEDS = 60;
    private static final RequestLimits LIMITS = RequestLimits.STANDARD;

    static Stream<Served> served() {
        return ServedVersions.all();
    }

    @ParameterizedTest
    @MethodSource("served")
    void endsWhereTheMessageEnds(Served served) throws Exception {
        Set<Integer> lengths = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            ByteBuffer bytes = random(served, seed);
            lengths.add(bytes.remaining());
            RequestScan scan = new RequestScan(bytes, LIMITS);
            scan.walk(served.shape());
            assertThat(scan.position()).as("seed %d", seed).isEqualTo(bytes.limit());
        }
        // ApiVersions and ListGroups have versions without a field.
        assertThat(lengths).hasSizeGreaterThan(variesInLength(served) ? 1 : 0);
    }

    private static boolean variesInLength(Served served) {
        return !Set.of(ApiKeys.API_VERSIONS, ApiKeys.LIST_GROUPS).contains(served.api()) || served.version() >= 3;
    }

    @ParameterizedTest
    @MethodSource("served")
    void refusesAMessageCutOffAnywhere(Served served) {
        for (int seed = 0; seed < 5; seed++) {
            ByteBuffer whole = random(served, seed);
            for (int length = 0; length < whole.limit(); length++) {
                RequestScan scan = new RequestScan(whole.slice(0, length), LIMITS);
                assertThatExceptionOfType(MalformedRequestException.class)
                        .as("seed %d, %d of %d bytes", seed, length, whole.limit())
                        .isThrownBy(() -> scan.walk(served.shape()));
            }
        }
    }

    private static ByteBuffer random(Served served, long seed) {
        ApiMessage message = served.api().messageType.newRequest();
        return Frames.bytes(new RandomMessages(seed).fill(message, served.version()), served.version());
    }

    @Test
    void refusesCountsThatTheRestCannotHold() {
        for (int count : new int[] {3, 1_000, Integer.MAX_VALUE}) {
            assertMalformed(
                    ApiKeys.METADATA, 4, ByteBuffer.allocate(8).putInt(0, count), "more elements than it can hold");
        }
        ByteBuffer compact =
                ByteBuffer.allocate(8).put(new byte[] {-1, -1, -1, -1, 7}).rewind();
        assertMalformed(ApiKeys.METADATA, 9, compact, "more elements than it can hold");
    }

    @Test
    void refusesVarintsBeyond31Bits() {
        for (byte last : new byte[] {8, 0x0f, 0x10, 0x7f, -1}) {
            ByteBuffer bytes = ByteBuffer.allocate(8)
                    .put(new byte[] {-1, -1, -1, -1, last})
                    .rewind();
            assertMalformed(ApiKeys.METADATA, 9, bytes, "beyond 31 bits");
        }
    }

    @Test
    void refusesNothingWhereSomethingMustBe() {
        // FindCoordinator 0 is a text, 4 begins with a number and an array.
        assertMalformed(ApiKeys.FIND_COORDINATOR, 0, ByteBuffer.allocate(4).putShort(0, (short) -1), "absent");
        assertMalformed(ApiKeys.FIND_COORDINATOR, 4, ByteBuffer.allocate(4), "absent");
    }

    @Test
    void refusesATextThatIsTooLong() {
        ByteBuffer bytes = Frames.bytes(new FindCoordinatorRequestData().setKey("x".repeat(32_767)), (short) 3);
        assertThat(walks(ApiKeys.FIND_COORDINATOR, 3, bytes)).isTrue();

        ByteBuffer longer = ByteBuffer.allocate(40_000)
                .put(new byte[] {(byte) 0x81, (byte) 0x80, 0x02})
                .rewind();
        assertMalformed(ApiKeys.FIND_COORDINATOR, 3, longer, "a text of 32768 bytes");
    }

    @Test
    void refusesMoreTopicsAndPartitionsThanAllowed() {
        RequestLimits few = new RequestLimits(10, 100, 64, 100);
        assertThat(walks(few, ApiKeys.METADATA, 4, topics(10))).isTrue();
        assertMalformed(few, ApiKeys.METADATA, 4, topics(11), "more topics and partitions than 10");
    }

    private static ByteBuffer topics(int count) {
        MetadataRequestData request = new MetadataRequestData();
        for (int i = 0; i < count; i++) {
            request.topics().add(new MetadataRequestTopic().setName("t"));
        }
        return Frames.bytes(request, (short) 4);
    }

    @Test
    void countsThePartitionsOfAllTopicsTogether() {
        RequestLimits few = new RequestLimits(10, 100, 64, 100);
        FetchRequestData request = new FetchRequestData();
        for (int topic = 0; topic < 2; topic++) {
            FetchRequestData.FetchTopic fetched = new FetchRequestData.FetchTopic().setTopic("t");
            for (int partition = 0; partition < 5; partition++) {
                fetched.partitions().add(new FetchRequestData.FetchPartition());
            }
            request.topics().add(fetched);
        }
        assertMalformed(few, ApiKeys.FETCH, 4, Frames.bytes(request, (short) 4), "more topics and partitions than 10");
    }

    @Test
    void refusesMoreOtherElementsThanAllowed() {
        RequestLimits few = new RequestLimits(100, 10, 64, 100);
        assertThat(walks(few, ApiKeys.FIND_COORDINATOR, 4, keys(10))).isTrue();
        assertMalformed(few, ApiKeys.FIND_COORDINATOR, 4, keys(11), "more elements than allowed: 11");
    }

    private static ByteBuffer keys(int count) {
        List<String> keys = Stream.generate(() -> "group").limit(count).toList();
        return Frames.bytes(new FindCoordinatorRequestData().setCoordinatorKeys(keys), (short) 4);
    }

    @Test
    void refusesMoreTaggedFieldsThanAllowed() {
        assertThat(walks(ApiKeys.METADATA, 9, tagged(64))).isTrue();
        assertMalformed(ApiKeys.METADATA, 9, tagged(65), "more tagged fields than allowed: 65");
    }

    private static ByteBuffer tagged(int count) {
        MetadataRequestData request = new MetadataRequestData();
        for (int tag = 0; tag < count; tag++) {
            request.unknownTaggedFields().add(new RawTaggedField(1000 + tag, new byte[] {1}));
        }
        return Frames.bytes(request, (short) 9);
    }

    @Test
    void refusesTaggedFieldsOutOfOrder() {
        // No topics, two booleans and one more, then two tags.
        ByteBuffer twice = ByteBuffer.wrap(new byte[] {0, 0, 0, 0, 2, 5, 0, 5, 0});
        assertMalformed(ApiKeys.METADATA, 9, twice, "out of order");
    }

    @Test
    void refusesAKnownTaggedFieldOfAnotherSize() {
        FetchRequestData request = new FetchRequestData().setClusterId("abc");
        ByteBuffer bytes = Frames.bytes(request, (short) 12);
        assertThat(walks(ApiKeys.FETCH, 12, bytes)).isTrue();
        // The tag's size is the byte before the text's length, which comes before the text.
        int size = bytes.limit() - 5;
        assertThat(bytes.get(size)).isEqualTo((byte) 4);

        ByteBuffer longer =
                ByteBuffer.allocate(bytes.limit() + 1).put(bytes.duplicate()).rewind();
        assertMalformed(ApiKeys.FETCH, 12, longer.put(size, (byte) 5), "not of its announced size");
        assertMalformed(ApiKeys.FETCH, 12, longer.put(size, (byte) 3), "ends at byte");
        assertMalformed(ApiKeys.FETCH, 12, longer.put(size, (byte) 100), "ends at byte");
    }

    private static boolean walks(ApiKeys api, int version, ByteBuffer bytes) {
        return walks(LIMITS, api, version, bytes);
    }

    private static boolean walks(RequestLimits limits, ApiKeys api, int version, ByteBuffer bytes) {
        try {
            new RequestScan(bytes, limits).walk(SchemaReader.requestShape(api, (short) version));
            return true;
        } catch (MalformedRequestException malformed) {
            return false;
        }
    }

    private static void assertMalformed(ApiKeys api, int version, ByteBuffer bytes, String reason) {
        assertMalformed(LIMITS, api, version, bytes, reason);
    }

    private static void assertMalformed(
            RequestLimits limits, ApiKeys api, int version, ByteBuffer bytes, String reason) {
        assertThatExceptionOfType(MalformedRequestException.class)
                .isThrownBy(() -> new RequestScan(bytes, limits).walk(SchemaReader.requestShape(api, (short) version)))
                .withMessageContaining(reason);
    }
}
