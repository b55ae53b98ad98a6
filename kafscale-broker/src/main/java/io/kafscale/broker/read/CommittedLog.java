// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.ChunkReader;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The committed part of one partition's log: an index of all its chunks, the newest of which are in memory too. Only grows
 * at its end. Thread-safe; guarded by {@code lock}, which is not held while a store is read.
 */
public final class CommittedLog {

    private final PartitionId id;
    private final ChunkReader reader;
    private final TimeLookup times;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final ChunkIndex index = new ChunkIndex();

    /** The newest chunks, by base offset, without a hole up to the end. */
    @GuardedBy("lock")
    private final TreeMap<Long, BatchRun> tail = new TreeMap<>();

    @GuardedBy("lock")
    private final LeaderEpochs epochs = new LeaderEpochs();

    /** Never goes back. */
    private final long logStart;

    /** Written under the lock, read by everybody; never goes back. */
    private volatile long highWatermark;

    /**
     * A log that is to grow.
     *
     * @param chunks what is committed from the log start on, in the order of offsets, without a hole
     * @param highWatermark exclusive end of that
     */
    public CommittedLog(
            PartitionId id,
            long logStart,
            List<StoredChunk> chunks,
            long highWatermark,
            ChunkReader reader,
            TimeLookup times) {
        this.id = id;
        this.reader = reader;
        this.times = times;
        this.logStart = logStart;
        this.highWatermark = highWatermark;
        for (StoredChunk stored : chunks) {
            index.add(stored.chunk(), stored.object());
            epochs.begin(stored.chunk().leaderEpoch(), stored.chunk().baseOffset());
        }
    }

    /** From the high watermark on, all chunks are of that leader epoch. */
    public void beginEpoch(int leaderEpoch) {
        lock.lock();
        try {
            epochs.begin(leaderEpoch, highWatermark);
        } finally {
            lock.unlock();
        }
    }

    public long logStart() {
        return logStart;
    }

    public long highWatermark() {
        return highWatermark;
    }

    /** Takes in the chunk that was committed next; readers see it from now on. */
    public void add(Chunk chunk, ObjectKey object, BatchRun run) {
        lock.lock();
        try {
            if (chunk.baseOffset() != highWatermark
                    || run.baseOffset() != chunk.baseOffset()
                    || run.endOffset() != chunk.endOffset()) {
                throw new IllegalStateException("partition " + id + ": chunk of offsets " + chunk.baseOffset() + " to "
                        + chunk.lastOffset() + " with batches from " + run.baseOffset() + " to " + run.endOffset()
                        + " was committed at high watermark " + highWatermark);
            }
            index.add(chunk, object);
            tail.put(run.baseOffset(), run);
            highWatermark = chunk.endOffset();
        } finally {
            lock.unlock();
        }
    }

    /** Drops the oldest chunk of the tail, or nothing if it has gone already. */
    public void dropFromTail(BatchRun run) {
        lock.lock();
        try {
            tail.remove(run.baseOffset(), run);
        } finally {
            lock.unlock();
        }
    }

    public ReadResult read(long offset, int maxBytes, boolean firstWhole) throws InterruptedException {
        if (offset < logStart || offset > highWatermark) {
            return new ReadResult.OffsetOutOfRange(logStart, highWatermark);
        }
        BatchRun.Collector out = new BatchRun.Collector(maxBytes, firstWhole);
        try {
            collect(offset, out);
        } catch (StorageException e) {
            if (out.batches().isEmpty()) {
                return new ReadResult.Failed("partition " + id + " at offset " + offset + ": " + e.getMessage());
            }
        }
        return new ReadResult.Records(out.batches(), highWatermark, logStart);
    }

    private void collect(long offset, BatchRun.Collector out) throws InterruptedException {
        long next = offset;
        while (next < highWatermark && !out.isFull()) {
            long behind = runAt(next).collect(next, out);
            if (behind == next) {
                return;
            }
            next = behind;
        }
    }

    /** The chunk that holds a committed offset. */
    private BatchRun runAt(long offset) throws InterruptedException {
        Located located;
        lock.lock();
        try {
            Map.Entry<Long, BatchRun> inMemory = tail.floorEntry(offset);
            if (inMemory != null && offset < inMemory.getValue().endOffset()) {
                return inMemory.getValue();
            }
            located = index.at(index.placeOf(offset));
        } finally {
            lock.unlock();
        }
        return reader.read(located);
    }

    public Optional<TimestampedOffset> firstAtOrAfter(long timestamp) throws InterruptedException {
        int place = 0;
        while (true) {
            long base;
            lock.lock();
            try {
                place = index.firstAtOrAfter(timestamp, place);
                if (place == index.count()) {
                    return Optional.empty();
                }
                base = Math.max(logStart, index.at(place).baseOffset());
            } finally {
                lock.unlock();
            }
            Optional<TimestampedOffset> found = search(base, timestamp);
            if (found.isPresent()) {
                return found;
            }
            place++;
        }
    }

    public Optional<TimestampedOffset> maxTimestamp() throws InterruptedException {
        long largest;
        lock.lock();
        try {
            if (index.count() == 0) {
                return Optional.empty();
            }
            largest = index.maxTimestamp();
        } finally {
            lock.unlock();
        }
        return firstAtOrAfter(largest);
    }

    private Optional<TimestampedOffset> search(long offset, long timestamp) throws InterruptedException {
        try {
            return times.firstAtOrAfter(runAt(offset), timestamp, logStart);
        } catch (StorageException e) {
            throw new LogReadException("partition " + id + " at offset " + offset + ": " + e.getMessage(), e);
        }
    }

    public long readableBytes(long offset, long cap) {
        lock.lock();
        try {
            if (offset < logStart || offset >= highWatermark) {
                return 0;
            }
            long bytes = 0;
            for (int place = index.placeOf(offset); place < index.count() && bytes < cap; place++) {
                bytes += index.length(place);
            }
            return Math.min(bytes, cap);
        } finally {
            lock.unlock();
        }
    }

    public int logStartEpoch() {
        lock.lock();
        try {
            return epochs.epochAt(logStart);
        } finally {
            lock.unlock();
        }
    }

    public EpochEnd endOfEpoch(int leaderEpoch) {
        lock.lock();
        try {
            return epochs.endOf(leaderEpoch, highWatermark);
        } finally {
            lock.unlock();
        }
    }
}
