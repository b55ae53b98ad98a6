// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import io.kafscale.broker.record.BatchValidator.Validation.Invalid;
import io.kafscale.broker.record.BatchValidator.Validation.Valid;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.function.Function;

/** Judges what a producer sent for one partition, before anything is done with it. Stateless. */
public final class BatchValidator {

    private static final byte MAGIC = 2;
    private static final int NO_COMPRESSION = 0;
    private static final int LAST_CODEC = 4;
    private static final long NO_PRODUCER = -1;
    private static final long NO_TIMESTAMP = -1;

    /** A record is at least seven varints and bytes. */
    private static final int LEAST_RECORD_BYTES = 7;

    /**
     * How many bytes each byte can become at most, by codec: deflate has 258 for two bits, snappy copies 64 with three bytes, a
     * length in lz4 grows by 255 with each, and a block of zstd is 128 KiB for four.
     */
    private static final int[] LARGEST_GROWTH = {1, 1_032, 22, 255, 32_768};

    private BatchValidator() {}

    /** What a validation found. Immutable. */
    public sealed interface Validation {

        /**
         * The buffer holds exactly this batch.
         *
         * @param maxTimestamp the largest time of a record, whatever the header says; of compressed records the header's
         */
        record Valid(RecordBatch batch, long maxTimestamp) implements Validation {}

        /** The bytes are refused. */
        record Invalid(Problem problem, String message) implements Validation {}
    }

    /** Why bytes are refused. */
    public enum Problem {
        /** The frame of the batch or its checksum is wrong: the bytes are not those that the producer made. */
        CORRUPT,
        /** A format older than that of Kafka 0.11, or an unknown one. */
        UNSUPPORTED_MAGIC,
        /** A codec that does not exist. */
        UNSUPPORTED_COMPRESSION,
        /** The bytes are those that the producer made, but they break a rule. */
        INVALID_RECORD,
        /** The batch is larger than allowed. */
        TOO_LARGE,
        /** A time outside of what the topic allows. */
        INVALID_TIMESTAMP
    }

    /**
     * Judges the bytes between a big-endian buffer's position and limit, which it does not change: exactly one batch of
     * magic 2, as Apache Kafka accepts it from a producer. Compressed records are not looked at, but there cannot be more of
     * them than their bytes may become.
     */
    public static Validation validate(ByteBuffer records, BatchLimits limits) {
        if (records.order() != ByteOrder.BIG_ENDIAN) {
            throw new IllegalArgumentException("a little-endian buffer");
        }
        int available = records.remaining();
        if (available < RecordBatch.MAGIC_AT + 1) {
            return new Invalid(Problem.CORRUPT, "only " + available + " bytes");
        }
        byte magic = records.get(records.position() + RecordBatch.MAGIC_AT);
        if (magic != MAGIC) {
            return new Invalid(Problem.UNSUPPORTED_MAGIC, "batch of magic " + magic + "; 2 is supported");
        }
        return validateFrame(records, available, limits);
    }

    private static Validation validateFrame(ByteBuffer records, int available, BatchLimits limits) {
        if (available < RecordBatch.HEADER_BYTES) {
            return new Invalid(Problem.CORRUPT, "only " + available + " bytes");
        }
        int length = records.getInt(records.position() + RecordBatch.LENGTH_AT);
        if (length < RecordBatch.HEADER_BYTES - RecordBatch.LENGTH_OVERHEAD) {
            return new Invalid(Problem.CORRUPT, "batch length " + length);
        }
        long size = (long) length + RecordBatch.LENGTH_OVERHEAD;
        if (size > available) {
            return new Invalid(Problem.CORRUPT, "batch of " + size + " bytes in " + available);
        }
        if (size > limits.maxBytes()) {
            return new Invalid(Problem.TOO_LARGE, "batch of " + size + " bytes; " + limits.maxBytes() + " are allowed");
        }
        if (size < available) {
            return new Invalid(Problem.INVALID_RECORD, "more than one batch for a partition");
        }
        RecordBatch batch = RecordBatch.at(records, records.position());
        if (batch.computeCrc() != batch.crc()) {
            return new Invalid(Problem.CORRUPT, "checksum does not match");
        }
        return validateHeader(batch)
                .<Validation>map(Function.identity())
                .orElseGet(() -> batch.compression() == NO_COMPRESSION
                        ? validateRecords(batch, limits)
                        : validateTimes(batch, limits));
    }

    private static Optional<Invalid> validateHeader(RecordBatch batch) {
        int count = batch.recordCount();
        if (count < 1 || batch.lastOffsetDelta() != count - 1) {
            return invalid("record count " + count + " with last offset delta " + batch.lastOffsetDelta());
        }
        if (batch.isControl()) {
            return invalid("a control batch from a client");
        }
        if (batch.isTransactional()) {
            return invalid("a transactional batch; transactions are not supported");
        }
        if (batch.producerId() < NO_PRODUCER) {
            return invalid("producer id " + batch.producerId());
        }
        if (batch.hasProducer() && (batch.baseSequence() < 0 || batch.producerEpoch() < 0)) {
            return invalid("producer " + batch.producerId() + " with epoch " + batch.producerEpoch() + " and sequence "
                    + batch.baseSequence());
        }
        if (batch.hasLogAppendTime()) {
            return Optional.of(new Invalid(Problem.INVALID_TIMESTAMP, "a client may not set the log append time"));
        }
        if (batch.compression() > LAST_CODEC) {
            return Optional.of(new Invalid(Problem.UNSUPPORTED_COMPRESSION, "codec " + batch.compression()));
        }
        long bytes = (long) batch.records().remaining() * LARGEST_GROWTH[batch.compression()];
        if (count > Math.min(RecordBatch.MOST_RECORDS, bytes / LEAST_RECORD_BYTES)) {
            return invalid("record count " + count + " in " + batch.sizeBytes() + " bytes");
        }
        return Optional.empty();
    }

    /** The header's times must do for records that are not opened. */
    private static Validation validateTimes(RecordBatch batch, BatchLimits limits) {
        return limits.allow(batch.baseTimestamp()) && limits.allow(batch.maxTimestamp())
                ? new Valid(batch, batch.maxTimestamp())
                : outside(limits, batch.baseTimestamp(), batch.maxTimestamp());
    }

    private static Validation validateRecords(RecordBatch batch, BatchLimits limits) {
        RecordWalk walk = RecordWalk.of(batch, batch.records());
        long earliest = Long.MAX_VALUE;
        long latest = NO_TIMESTAMP;
        boolean allowed = true;
        while (walk.next()) {
            allowed &= limits.allow(walk.timestamp());
            earliest = Math.min(earliest, walk.timestamp());
            latest = Math.max(latest, walk.timestamp());
        }
        if (!walk.isComplete()) {
            return new Invalid(Problem.INVALID_RECORD, "records are not what the header says");
        }
        return allowed ? new Valid(batch, latest) : outside(limits, earliest, latest);
    }

    private static Invalid outside(BatchLimits limits, long earliest, long latest) {
        return new Invalid(
                Problem.INVALID_TIMESTAMP,
                "times from " + earliest + " to " + latest + "; " + limits.earliestMillis() + " to "
                        + limits.latestMillis() + " are allowed");
    }

    private static Optional<Invalid> invalid(String message) {
        return Optional.of(new Invalid(Problem.INVALID_RECORD, message));
    }
}
