// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.record.BatchValidator.Problem;
import io.kafscale.broker.record.BatchValidator.Validation;
import io.kafscale.broker.record.BatchValidator.Validation.Invalid;
import io.kafscale.broker.record.BatchValidator.Validation.Valid;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BatchValidatorTest {

    private static final int MIB = 1024 * 1024;
    private static final BatchLimits LIMITS = BatchLimits.anyTime(MIB);

    private static Validation validate(ByteBuffer bytes) {
        return BatchValidator.validate(bytes, LIMITS);
    }

    private static Problem problem(Validation validation) {
        return ((Invalid) validation).problem();
    }

    /** A valid batch with one header field changed, its checksum made right again. */
    private static ByteBuffer with(Consumer<ByteBuffer> change) {
        ByteBuffer bytes = TestBatch.of("a", "bb", "ccc").producer(7, 1, 10).bytes();
        change.accept(bytes);
        return TestBatch.sealed(bytes);
    }

    private static ByteBuffer copyOf(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.limit()).put(0, bytes, 0, bytes.limit());
    }

    @Test
    void acceptsABatchAndShowsItsHeader() {
        RecordBatch batch =
                ((Valid) validate(TestBatch.of("a", "bb").producer(7, 1, 10).bytes())).batch();

        assertThat(batch.recordCount()).isEqualTo(2);
        assertThat(batch.producerId()).isEqualTo(7);
        assertThat(batch.producerEpoch()).isEqualTo((short) 1);
        assertThat(batch.lastSequence()).isEqualTo(11);
        assertThat(batch.maxTimestamp()).isEqualTo(1_001);
    }

    @Test
    void leavesTheBufferAsItWas() {
        ByteBuffer frame = ByteBuffer.allocate(500);
        ByteBuffer batch = TestBatch.of("a").bytes();
        frame.put(100, batch, 0, batch.limit());
        frame.position(100).limit(100 + batch.limit());

        assertThat(validate(frame)).isInstanceOf(Valid.class);
        assertThat(frame.position()).isEqualTo(100);
        assertThat(frame.limit()).isEqualTo(100 + batch.limit());
    }

    static Stream<Compression> codecs() {
        return Stream.of(
                Compression.NONE,
                Compression.gzip().build(),
                Compression.lz4().build(),
                Compression.snappy().build(),
                Compression.zstd().build());
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void acceptsWhatKafkasOwnBuilderMakes(Compression codec) {
        ByteBuffer bytes = MemoryRecords.withIdempotentRecords(
                        codec,
                        5L,
                        (short) 3,
                        9,
                        new SimpleRecord(5_000, "key".getBytes(UTF_8), new byte[300]),
                        new SimpleRecord(4_000, null, "value".getBytes(UTF_8)),
                        new SimpleRecord(6_000, "gone".getBytes(UTF_8), null))
                .buffer();

        RecordBatch batch = ((Valid) validate(bytes)).batch();
        assertThat(batch.recordCount()).isEqualTo(3);
        assertThat(batch.baseSequence()).isEqualTo(9);
        assertThat(batch.compression()).isEqualTo(codec.type().id);
        assertThat(batch.maxTimestamp()).isEqualTo(6_000);
    }

    @Test
    void findsEveryFlippedBitBehindTheLeaderEpoch() {
        ByteBuffer good = TestBatch.of("a", "bb").producer(7, 1, 10).bytes();
        for (int bit = RecordBatch.MAGIC_AT * 8; bit < good.limit() * 8; bit++) {
            ByteBuffer bad = copyOf(good);
            bad.put(bit / 8, (byte) (bad.get(bit / 8) ^ (1 << (bit % 8))));

            Problem expected = bit / 8 == RecordBatch.MAGIC_AT ? Problem.UNSUPPORTED_MAGIC : Problem.CORRUPT;
            assertThat(problem(validate(bad))).as("bit %d", bit).isEqualTo(expected);
        }
    }

    @Test
    void findsEveryFlippedBitOfTheLength() {
        ByteBuffer good = TestBatch.of("a", "bb").bytes();
        for (int bit = 0; bit < 32; bit++) {
            ByteBuffer bad = copyOf(good);
            bad.putInt(RecordBatch.LENGTH_AT, good.getInt(RecordBatch.LENGTH_AT) ^ (1 << bit));

            assertThat(validate(bad)).as("bit %d", bit).isInstanceOf(Invalid.class);
        }
    }

    @Test
    void findsABatchThatIsCutAtAnyLength() {
        ByteBuffer good = TestBatch.of("a", "bb").bytes();
        for (int length = 0; length < good.limit(); length++) {
            Validation validation = validate(good.duplicate().limit(length));

            assertThat(problem(validation)).as("length %d", length).isEqualTo(Problem.CORRUPT);
        }
    }

    @Test
    void refusesASecondBatch() {
        ByteBuffer one = TestBatch.of("a").bytes();
        ByteBuffer two = ByteBuffer.allocate(one.limit() * 2);
        two.put(one.duplicate()).put(one.duplicate()).flip();

        assertThat(problem(validate(two))).isEqualTo(Problem.INVALID_RECORD);
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, 1, 3, -1})
    void refusesOtherMagic(byte magic) {
        assertThat(problem(validate(with(b -> b.put(RecordBatch.MAGIC_AT, magic)))))
                .isEqualTo(Problem.UNSUPPORTED_MAGIC);
    }

    @Test
    void refusesAnOldMessageThatIsShorterThanAHeader() {
        ByteBuffer old = ByteBuffer.allocate(34);
        old.putInt(8, 22).put(16, (byte) 1);

        assertThat(problem(validate(old))).isEqualTo(Problem.UNSUPPORTED_MAGIC);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 2, 4, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void refusesACountThatIsNotThatOfTheOffsets(int count) {
        assertThat(problem(validate(with(b -> b.putInt(RecordBatch.RECORD_COUNT_AT, count)))))
                .isEqualTo(Problem.INVALID_RECORD);
        assertThat(problem(validate(with(b -> b.putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1)))))
                .isEqualTo(Problem.INVALID_RECORD);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 1_000_000})
    void refusesACountThatIsNotThatOfTheRecords(int count) {
        ByteBuffer bytes = with(
                b -> b.putInt(RecordBatch.RECORD_COUNT_AT, count).putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1));

        assertThat(problem(validate(bytes))).isEqualTo(Problem.INVALID_RECORD);
    }

    @Test
    void refusesEveryByteChangeThatMakesARecordMalformed() {
        ByteBuffer good = TestBatch.of("a").bytes();
        int start = RecordBatch.HEADER_BYTES;
        // length, timestamp delta left out, offset delta, key length, value length, header count
        for (int at :
                IntStream.of(start, start + 3, start + 4, start + 5, start + 7).toArray()) {
            ByteBuffer bad = copyOf(good);
            bad.put(at, (byte) (bad.get(at) + 2));

            assertThat(problem(validate(TestBatch.sealed(bad))))
                    .as("byte %d", at)
                    .isEqualTo(Problem.INVALID_RECORD);
        }
    }

    @Test
    void refusesAVarintThatDoesNotEnd() {
        ByteBuffer bad = TestBatch.of("abcdefghijkl").bytes();
        for (int i = RecordBatch.HEADER_BYTES; i < bad.limit(); i++) {
            bad.put(i, (byte) 0xff);
        }

        assertThat(problem(validate(TestBatch.sealed(bad)))).isEqualTo(Problem.INVALID_RECORD);
    }

    @Test
    void doesNotLookIntoCompressedRecords() {
        assertThat(validate(with(b -> b.putShort(RecordBatch.ATTRIBUTES_AT, (short) 1))))
                .isInstanceOf(Valid.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 6, 7})
    void refusesACodecThatDoesNotExist(int codec) {
        assertThat(problem(validate(with(b -> b.putShort(RecordBatch.ATTRIBUTES_AT, (short) codec)))))
                .isEqualTo(Problem.UNSUPPORTED_COMPRESSION);
    }

    @Test
    void refusesControlAndTransactionalBatches() {
        for (int bits : List.of(0x20, 0x10, 0x30)) {
            assertThat(problem(validate(with(b -> b.putShort(RecordBatch.ATTRIBUTES_AT, (short) bits)))))
                    .isEqualTo(Problem.INVALID_RECORD);
        }
    }

    @Test
    void refusesAProducerWithoutEpochOrSequence() {
        assertThat(problem(validate(with(b -> b.putInt(RecordBatch.BASE_SEQUENCE_AT, -1)))))
                .isEqualTo(Problem.INVALID_RECORD);
        assertThat(problem(validate(with(b -> b.putShort(RecordBatch.PRODUCER_EPOCH_AT, (short) -1)))))
                .isEqualTo(Problem.INVALID_RECORD);
        assertThat(problem(validate(with(b -> b.putLong(RecordBatch.PRODUCER_ID_AT, -2)))))
                .isEqualTo(Problem.INVALID_RECORD);
    }

    @Test
    void refusesABatchAboveTheLimitBeforeItLooksFurther() {
        ByteBuffer bytes = TestBatch.of("x".repeat(1_000)).bytes();
        bytes.putInt(RecordBatch.CRC_AT, 0);

        assertThat(problem(BatchValidator.validate(bytes, BatchLimits.anyTime(bytes.limit() - 1))))
                .isEqualTo(Problem.TOO_LARGE);
        assertThat(BatchValidator.validate(TestBatch.sealed(bytes), BatchLimits.anyTime(bytes.limit())))
                .isInstanceOf(Valid.class);
    }

    @Test
    void refusesTimesOutsideOfTheWindow() {
        BatchLimits limits = BatchLimits.around(10_000, MIB, 500, 100);

        assertThat(BatchValidator.validate(timed(9_500, 10_100), limits)).isInstanceOf(Valid.class);
        assertThat(problem(BatchValidator.validate(timed(9_499, 10_000), limits)))
                .isEqualTo(Problem.INVALID_TIMESTAMP);
        assertThat(problem(BatchValidator.validate(timed(10_000, 10_101), limits)))
                .isEqualTo(Problem.INVALID_TIMESTAMP);
        assertThat(BatchValidator.validate(timed(-1, -1), limits)).isInstanceOf(Valid.class);
    }

    @Test
    void cutsTheWindowWhereNumbersEnd() {
        BatchLimits limits = BatchLimits.around(10_000, MIB, Long.MAX_VALUE, Long.MAX_VALUE);

        assertThat(BatchValidator.validate(timed(Long.MIN_VALUE / 4, Long.MAX_VALUE / 4), limits))
                .isInstanceOf(Valid.class);
    }

    @Test
    void refusesATimeTypeThatOnlyABrokerMaySet() {
        assertThat(problem(validate(with(b -> b.putShort(RecordBatch.ATTRIBUTES_AT, (short) 8)))))
                .isEqualTo(Problem.INVALID_TIMESTAMP);
    }

    @Test
    void refusesALittleEndianBuffer() {
        ByteBuffer bytes = TestBatch.of("a").bytes().order(ByteOrder.LITTLE_ENDIAN);

        assertThatThrownBy(() -> validate(bytes)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ByteBuffer timed(long first, long second) {
        return TestBatch.of().record(first, "a").record(second, "b").bytes();
    }

    private static ByteBuffer promising(ByteBuffer batch, long maxTimestamp) {
        batch.putLong(RecordBatch.MAX_TIMESTAMP_AT, maxTimestamp);
        return TestBatch.sealed(batch);
    }

    @Test
    void theRecordsTimesCountAndNotTheHeaders() {
        BatchLimits limits = BatchLimits.around(10_000, MIB, 500, 100);

        Valid far = (Valid) BatchValidator.validate(promising(timed(9_900, 10_000), 99_000), limits);
        Valid late = (Valid) BatchValidator.validate(promising(timed(10_000, 9_900), 0), limits);
        assertThat(far.maxTimestamp()).isEqualTo(10_000);
        assertThat(late.maxTimestamp()).isEqualTo(10_000);
        assertThat(problem(BatchValidator.validate(promising(timed(9_900, 99_000), 10_000), limits)))
                .isEqualTo(Problem.INVALID_TIMESTAMP);
        assertThat(problem(BatchValidator.validate(timed(9_900, 9_000), limits)))
                .isEqualTo(Problem.INVALID_TIMESTAMP);
    }

    @Test
    void aHeaderThatIsPutRightHasTheRightChecksum() {
        RecordBatch batch = RecordBatch.at(promising(timed(9_900, 10_000), 99_000), 0);

        batch.correctMaxTimestamp(10_000);

        assertThat(batch.maxTimestamp()).isEqualTo(10_000);
        assertThat(batch.computeCrc()).isEqualTo(batch.crc());
    }

    /** A batch that says to be compressed, with so many bytes of records, and to hold so many. */
    private static ByteBuffer claiming(int codec, int bytes, int count) {
        ByteBuffer batch = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + bytes);
        ByteBuffer header = TestBatch.of("a").bytes();
        batch.put(0, header, 0, RecordBatch.HEADER_BYTES)
                .putInt(RecordBatch.LENGTH_AT, batch.capacity() - RecordBatch.LENGTH_OVERHEAD)
                .putShort(RecordBatch.ATTRIBUTES_AT, (short) codec)
                .putInt(RecordBatch.LAST_OFFSET_DELTA_AT, count - 1)
                .putInt(RecordBatch.RECORD_COUNT_AT, count);
        return TestBatch.sealed(batch);
    }

    @ParameterizedTest
    @CsvSource({"1, 1032", "2, 22", "3, 255", "4, 32768"})
    void refusesMoreCompressedRecordsThanTheBytesCanHold(int codec, int growth) {
        int most = 70 * growth / 7;

        assertThat(validate(claiming(codec, 70, most))).isInstanceOf(Valid.class);
        assertThat(problem(validate(claiming(codec, 70, most + 1)))).isEqualTo(Problem.INVALID_RECORD);
        assertThat(problem(validate(claiming(codec, 70, Integer.MAX_VALUE)))).isEqualTo(Problem.INVALID_RECORD);
    }

    @Test
    void refusesMoreRecordsThanCanBeSealed() {
        assertThat(validate(claiming(4, 1_000_000, RecordBatch.MOST_RECORDS))).isInstanceOf(Valid.class);
        assertThat(problem(validate(claiming(4, 1_000_000, RecordBatch.MOST_RECORDS + 1))))
                .isEqualTo(Problem.INVALID_RECORD);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void acceptsTheSmallestRecordsHoweverWellTheyCompress(Compression codec) {
        SimpleRecord[] records = new SimpleRecord[300_000];
        java.util.Arrays.fill(records, new SimpleRecord(5_000, null, (byte[]) null));
        ByteBuffer bytes = MemoryRecords.withRecords(codec, records).buffer();

        Validation validation = BatchValidator.validate(bytes, BatchLimits.anyTime(100 * MIB));

        assertThat(((Valid) validation).batch().recordCount()).isEqualTo(300_000);
    }
}
