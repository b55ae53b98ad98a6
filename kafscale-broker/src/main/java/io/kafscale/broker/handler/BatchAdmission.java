// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.LogSettings;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.TimestampType;
import io.kafscale.broker.record.BatchLimits;
import io.kafscale.broker.record.BatchValidator;
import io.kafscale.broker.record.BatchValidator.Validation;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Checks the batch that a produce request holds for one partition and hands it to the partition's log. Thread-safe. */
final class BatchAdmission {

    private static final int ZSTD = 4;
    private static final short FIRST_VERSION_WITH_ZSTD = 7;

    private final PartitionResolver partitions;
    private final Clock clock;

    BatchAdmission(PartitionResolver partitions, Clock clock) {
        this.partitions = partitions;
        this.clock = clock;
    }

    /**
     * Returns once the batch has its place in the log, or the append budget had no room until the deadline.
     *
     * @param version of the produce request
     */
    Admission admit(TopicKey topic, int partition, BaseRecords records, short version, Deadline deadline)
            throws InterruptedException {
        return switch (partitions.partition(topic, partition)) {
            case PartitionResolver.Resolution.Unknown unknown ->
                new Admission.Refused(unknown.error(), unknown.error().message());
            case PartitionResolver.Resolution.ServedElsewhere elsewhere -> new Admission.Misdirected(elsewhere.id());
            case PartitionResolver.Resolution.Served served -> validate(served.log(), records, version, deadline);
        };
    }

    private Admission validate(PartitionLog log, BaseRecords records, short version, Deadline deadline)
            throws InterruptedException {
        if (!(records instanceof MemoryRecords memory)) {
            return new Admission.Refused(Errors.INVALID_RECORD, "the request holds no records for the partition");
        }
        ByteBuffer bytes = memory.buffer();
        LogSettings settings = log.settings();
        return switch (BatchValidator.validate(bytes, limits(settings))) {
            case Validation.Invalid invalid ->
                new Admission.Refused(KnownErrors.of(invalid.problem()), invalid.message());
            case Validation.Valid valid -> {
                valid.batch().correctMaxTimestamp(valid.maxTimestamp());
                yield append(log, valid.batch(), settings.timestampType(), version, deadline);
            }
        };
    }

    private BatchLimits limits(LogSettings settings) {
        return settings.timestampType() == TimestampType.LOG_APPEND_TIME
                ? BatchLimits.anyTime(settings.maxMessageBytes())
                : BatchLimits.around(
                        clock.wallMillis(),
                        settings.maxMessageBytes(),
                        settings.timestampBeforeMaxMs(),
                        settings.timestampAfterMaxMs());
    }

    private static Admission append(
            PartitionLog log, RecordBatch batch, TimestampType timestampType, short version, Deadline deadline)
            throws InterruptedException {
        if (batch.compression() == ZSTD && version < FIRST_VERSION_WITH_ZSTD) {
            return new Admission.Refused(
                    Errors.UNSUPPORTED_COMPRESSION_TYPE,
                    "produce requests below version " + FIRST_VERSION_WITH_ZSTD + " cannot use zstd");
        }
        return switch (log.append(batch.keepsTooMuch() ? batch.copy() : batch, timestampType, deadline)) {
            case AppendResult.Accepted accepted -> new Admission.Accepted(accepted.outcome());
            case AppendResult.Refused refused ->
                refused.reason() == AppendResult.Reason.NOT_OWNER
                        ? new Admission.Misdirected(log.id())
                        : new Admission.Refused(KnownErrors.of(refused.reason()), refused.message());
        };
    }
}
