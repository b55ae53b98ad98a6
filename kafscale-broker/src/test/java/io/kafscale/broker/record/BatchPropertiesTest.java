// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.record.BatchValidator.Validation;
import io.kafscale.broker.record.BatchValidator.Validation.Valid;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;

final class BatchPropertiesTest {

    private static final BatchLimits LIMITS = BatchLimits.anyTime(64 * 1024 * 1024);

    @Provide
    Arbitrary<List<SimpleRecord>> records() {
        Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(200);
        Arbitrary<Header[]> headers = Combinators.combine(
                        Arbitraries.strings().alpha().ofMaxLength(10), bytes.injectNull(0.2))
                .as((key, value) -> (Header) new RecordHeader(key, value))
                .array(Header[].class)
                .ofMaxSize(3);
        return Combinators.combine(
                        Arbitraries.longs().between(0, 4_000_000_000_000L),
                        bytes.injectNull(0.2),
                        bytes.injectNull(0.2),
                        headers)
                .as(SimpleRecord::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(40);
    }

    @Property(tries = 300)
    void whatKafkasBuilderMakesIsValidAndReadAlike(
            @ForAll("records") List<SimpleRecord> records,
            @ForAll @LongRange(min = 0) long baseOffset,
            @ForAll @IntRange(min = 0) int sequence) {
        MemoryRecords made = kafkaBatch(records, sequence);
        long assigned = baseOffset >>> 1;

        Validation validation = BatchValidator.validate(made.buffer(), LIMITS);
        assertThat(validation).isInstanceOf(Valid.class);
        RecordBatch batch = ((Valid) validation).batch();
        batch.assign(assigned, 42);

        var theirs = made.batches().iterator().next();
        theirs.ensureValid();
        assertThat(theirs.baseOffset()).isEqualTo(batch.baseOffset()).isEqualTo(assigned);
        assertThat(theirs.lastOffset()).isEqualTo(batch.lastOffset());
        assertThat(theirs.partitionLeaderEpoch()).isEqualTo(batch.leaderEpoch()).isEqualTo(42);
        assertThat(theirs.lastSequence()).isEqualTo(batch.lastSequence());
        assertThat(theirs.maxTimestamp()).isEqualTo(batch.maxTimestamp());
        assertThat(theirs.sizeInBytes()).isEqualTo(batch.sizeBytes());
        assertThat(walked(batch)).isEqualTo(read(theirs));
    }

    @Property(tries = 100)
    void aStampedBatchIsReadByKafkaWithTheBrokersTime(
            @ForAll("records") List<SimpleRecord> records, @ForAll @LongRange(min = 0) long now) {
        MemoryRecords made = kafkaBatch(records, 0);
        RecordBatch batch = RecordBatch.at(made.buffer(), 0);

        batch.stampLogAppendTime(now);

        var theirs = made.batches().iterator().next();
        theirs.ensureValid();
        assertThat(theirs.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(theirs).allSatisfy(record -> assertThat(record.timestamp()).isEqualTo(now));
    }

    @Property(tries = 300)
    void bytesOfAnyKindAreJudgedWithoutFailing(@ForAll byte[] bytes, @ForAll boolean plausible) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes.clone());
        if (plausible && bytes.length >= RecordBatch.HEADER_BYTES) {
            buffer.putInt(RecordBatch.LENGTH_AT, bytes.length - 12).put(RecordBatch.MAGIC_AT, (byte) 2);
            TestBatch.sealed(buffer);
        }
        assertThat(BatchValidator.validate(buffer, LIMITS)).isNotNull();
    }

    private static MemoryRecords kafkaBatch(List<SimpleRecord> records, int sequence) {
        try (MemoryRecordsBuilder builder = MemoryRecords.builder(
                ByteBuffer.allocate(1024), Compression.NONE, 0L, 9L, (short) 1, sequence, false)) {
            records.forEach(builder::append);
            return builder.build();
        }
    }

    private static List<String> walked(RecordBatch batch) {
        List<String> out = new ArrayList<>();
        RecordWalk walk = RecordWalk.of(batch, batch.records());
        while (walk.next()) {
            out.add(walk.offset() + "@" + walk.timestamp());
        }
        assertThat(walk.isComplete()).isTrue();
        return out;
    }

    private static List<String> read(Iterable<Record> records) {
        List<String> out = new ArrayList<>();
        records.forEach(record -> out.add(record.offset() + "@" + record.timestamp()));
        return out;
    }
}
