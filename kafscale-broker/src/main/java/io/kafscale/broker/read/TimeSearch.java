// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.PartitionSegments;
import io.kafscale.broker.segment.SegmentGapException;
import io.kafscale.broker.storage.StorageException;
import java.util.Optional;

/**
 * One search for a record by its time, through the sealed part of a log and the chunks behind it. What moves from one to the
 * other meanwhile is looked for again. Confined to one thread.
 */
final class TimeSearch {

    private final CommittedLog log;
    private final PartitionId id;
    private final PartitionSegments segments;
    private final TimeLookup times;

    TimeSearch(CommittedLog log, PartitionId id, PartitionSegments segments, TimeLookup times) {
        this.log = log;
        this.id = id;
        this.segments = segments;
        this.times = times;
    }

    /** The first record at or after a time. */
    Optional<TimestampedOffset> firstAtOrAfter(long timestamp) throws InterruptedException {
        long from = log.logStart();
        while (true) {
            Optional<Located> candidate = candidate(timestamp, from);
            if (candidate.isEmpty()) {
                return Optional.empty();
            }
            long offset = Math.max(from, candidate.get().baseOffset());
            BatchRun run = readable(offset); // in memory it may be a part of the candidate
            Optional<TimestampedOffset> found = times.firstAtOrAfter(run, timestamp, Math.max(offset, log.logStart()));
            if (found.isPresent()) {
                return found;
            }
            from = run.endOffset();
        }
    }

    private BatchRun readable(long offset) throws InterruptedException {
        try {
            return log.runAt(offset, false);
        } catch (StorageException e) {
            throw unreadable(offset, e);
        }
    }

    private LogReadException unreadable(long offset, RuntimeException cause) {
        return new LogReadException("partition " + id + " at offset " + offset + ": " + cause.getMessage(), cause);
    }

    /** The first place from an offset on that has a record at or after a time. */
    private Optional<Located> candidate(long timestamp, long from) throws InterruptedException {
        while (true) {
            long sealed = log.sealedThrough();
            Optional<Located> block = from < sealed ? inSegments(timestamp, from, sealed) : Optional.empty();
            if (block.isPresent()) {
                return block;
            }
            Optional<Optional<Located>> chunk = log.chunkAtOrAfter(timestamp, Math.max(from, sealed), sealed);
            if (chunk.isPresent()) {
                return chunk.get();
            }
        }
    }

    private Optional<Located> inSegments(long timestamp, long from, long sealed) throws InterruptedException {
        try {
            return segments.firstBlockAtOrAfter(timestamp, from, sealed);
        } catch (StorageException | SegmentGapException e) {
            throw unreadable(from, e);
        }
    }

    /** The first of the records that carry the largest time. */
    Optional<TimestampedOffset> maxTimestamp() throws InterruptedException {
        long start = log.logStart();
        if (start == log.highWatermark()) {
            return Optional.empty();
        }
        Optional<TimestampedOffset> found = firstAtOrAfter(maxTimestamp(start));
        if (found.isPresent()) {
            return found;
        }
        // that was the time of a record before the log start, in the chunk or block where that is
        long end = endOfPlace(start);
        long largest = maxTimestamp(end);
        for (long from = start; from < end; ) {
            BatchRun run = readable(from);
            largest = Math.max(largest, times.maxTimestamp(run, start));
            from = run.endOffset();
        }
        return firstAtOrAfter(largest);
    }

    private long endOfPlace(long offset) throws InterruptedException {
        try {
            return log.placeOf(offset).endOffset();
        } catch (StorageException e) {
            throw unreadable(offset, e);
        }
    }

    private long maxTimestamp(long from) throws InterruptedException {
        long sealed = log.sealedThrough();
        try {
            return Math.max(
                    log.chunksMaxTimestamp(from),
                    segments.maxTimestamp(from, sealed).orElse(Long.MIN_VALUE));
        } catch (StorageException | SegmentGapException e) {
            throw unreadable(from, e);
        }
    }
}
