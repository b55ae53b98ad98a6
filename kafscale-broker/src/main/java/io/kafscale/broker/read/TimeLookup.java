// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.record.BatchDecompressor;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.RecordWalk;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Finds records by their time inside of a chunk: the batch by its header, the record by walking. A compressed batch that
 * cannot be opened answers with its first record, which is never too late. Thread-safe.
 */
public final class TimeLookup {

    private static final int NO_COMPRESSION = 0;

    private final BatchDecompressor decompressor;

    public TimeLookup(BatchDecompressor decompressor) {
        this.decompressor = decompressor;
    }

    /** The first record at or after a time, from an offset on. */
    Optional<TimestampedOffset> firstAtOrAfter(BatchRun run, long timestamp, long fromOffset) {
        for (int i = 0; i < run.count(); i++) {
            RecordBatch batch = run.batch(i);
            if (batch.maxTimestamp() >= timestamp && batch.nextOffset() > fromOffset) {
                Optional<TimestampedOffset> found = firstIn(batch, timestamp, fromOffset);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** The largest time of a record from an offset on; {@link Long#MIN_VALUE} when there is none. */
    long maxTimestamp(BatchRun run, long fromOffset) {
        long largest = Long.MIN_VALUE;
        for (int i = 0; i < run.count(); i++) {
            RecordBatch batch = run.batch(i);
            if (batch.baseOffset() >= fromOffset || (batch.nextOffset() > fromOffset && batch.hasLogAppendTime())) {
                largest = Math.max(largest, batch.maxTimestamp());
            } else if (batch.nextOffset() > fromOffset) {
                largest = Math.max(largest, maxIn(batch, fromOffset));
            }
        }
        return largest;
    }

    private long maxIn(RecordBatch batch, long fromOffset) {
        Optional<ByteBuffer> records = recordsOf(batch);
        if (records.isEmpty()) {
            return batch.baseTimestamp();
        }
        long largest = Long.MIN_VALUE;
        RecordWalk walk = RecordWalk.of(batch, records.get());
        while (walk.next()) {
            if (walk.offset() >= fromOffset) {
                largest = Math.max(largest, walk.timestamp());
            }
        }
        return largest;
    }

    private Optional<ByteBuffer> recordsOf(RecordBatch batch) {
        return batch.compression() == NO_COMPRESSION ? Optional.of(batch.records()) : decompressor.decompress(batch);
    }

    private Optional<TimestampedOffset> firstIn(RecordBatch batch, long timestamp, long fromOffset) {
        long firstOffset = Math.max(batch.baseOffset(), fromOffset);
        if (batch.hasLogAppendTime()) {
            return Optional.of(new TimestampedOffset(firstOffset, batch.maxTimestamp(), batch.leaderEpoch()));
        }
        Optional<ByteBuffer> records = recordsOf(batch);
        if (records.isEmpty()) {
            long time = Math.max(timestamp, batch.baseTimestamp());
            return Optional.of(new TimestampedOffset(firstOffset, time, batch.leaderEpoch()));
        }
        RecordWalk walk = RecordWalk.of(batch, records.get());
        while (walk.next()) {
            if (walk.timestamp() >= timestamp && walk.offset() >= fromOffset) {
                return Optional.of(new TimestampedOffset(walk.offset(), walk.timestamp(), batch.leaderEpoch()));
            }
        }
        return Optional.empty(); // the header promised a time that no record has
    }
}
