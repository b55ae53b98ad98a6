// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.util.Optional;

/** The log of one partition that this broker owns. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class PartitionLog {

    PartitionLog() {}

    public PartitionId id() {
        throw new UnsupportedOperationException();
    }

    /** The epoch of this ownership. */
    public int leaderEpoch() {
        throw new UnsupportedOperationException();
    }

    public LogSettings settings() {
        throw new UnsupportedOperationException();
    }

    /** First offset that is kept; never goes back. */
    public long logStartOffset() {
        throw new UnsupportedOperationException();
    }

    /** Exclusive end of what is committed; never goes back. */
    public long highWatermark() {
        throw new UnsupportedOperationException();
    }

    /**
     * Gives a valid batch its offsets and sends it on its way. The batch and its bytes belong to the log from now on.
     *
     * @param deadline how long to wait for room in the append budget; nothing else is waited for
     */
    public AppendResult append(RecordBatch batch, Deadline deadline) throws InterruptedException {
        throw new UnsupportedOperationException(batch.toString() + deadline);
    }

    /**
     * Reads whole batches from the one that holds the offset, never beyond the high watermark.
     *
     * @param maxBytes most bytes in all
     * @param firstWhole to return the first batch although it is larger than that
     */
    public ReadResult read(long offset, int maxBytes, boolean firstWhole) throws InterruptedException {
        throw new UnsupportedOperationException("offset " + offset + maxBytes + firstWhole);
    }

    /** About how many bytes a read from the offset would find, at most {@code cap}; cheap. */
    public long readableBytes(long offset, long cap) {
        throw new UnsupportedOperationException("offset " + offset + cap);
    }

    /** Has the signal rung whenever the high watermark moves, and when the log closes. */
    public void subscribe(Signal signal) {
        throw new UnsupportedOperationException("signal " + signal.hashCode());
    }

    public void unsubscribe(Signal signal) {
        throw new UnsupportedOperationException("signal " + signal.hashCode());
    }

    /**
     * The first record at or after a time. In a compressed batch that cannot be opened it is the batch's first record.
     *
     * @throws LogReadException when the store failed or the log is closed
     */
    public Optional<TimestampedOffset> firstAtOrAfter(long timestampMillis) throws InterruptedException {
        throw new UnsupportedOperationException("time " + timestampMillis);
    }

    /**
     * The first of the records that carry the largest time; empty for an empty log.
     *
     * @throws LogReadException when the store failed or the log is closed
     */
    public Optional<TimestampedOffset> maxTimestamp() throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /** Where an epoch ends, by Kafka's rule. */
    public EpochEnd endOfEpoch(int leaderEpoch) {
        throw new UnsupportedOperationException("epoch " + leaderEpoch);
    }
}
