// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.ChunkReader;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.EpochStart;
import io.kafscale.broker.segment.PartitionSegments;
import io.kafscale.broker.segment.SegmentGapException;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The committed part of one partition's log: what is sealed, an index of the chunks that are not, and the newest batches in
 * memory.
 *
 * <pre>
 * log start          sealed through                          high watermark
 *     │  segments          │  chunks of shared objects              │
 *     ├────────────────────┼───────────────────────┬────────────────┤
 *                                                  │  tail, too     │
 * </pre>
 *
 * <p>It grows at its end, is trimmed at its beginning, and its chunks move: into segments, and into merged objects. Whoever
 * finds that an object is gone looks again where the records are now, at last in the metadata. Thread-safe; guarded by {@code lock}, which is not
 * held while a store is read.
 */
public final class CommittedLog {

    private static final Logger LOG = LoggerFactory.getLogger(CommittedLog.class);

    /** Each time the records must have moved meanwhile, which takes a whole merge. */
    private static final int MOST_MOVES = 4;

    private final PartitionId id;
    private final PartitionSegments segments;
    private final ChunkReader reader;
    private final TimeLookup times;
    private final SecondLook secondLook;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final ChunkIndex index = new ChunkIndex();

    /** The newest chunks, by base offset, without a hole up to the end. */
    @GuardedBy("lock")
    private final TreeMap<Long, BatchRun> tail = new TreeMap<>();

    @GuardedBy("lock")
    private final LeaderEpochs epochs = new LeaderEpochs();

    /** Written under the lock, read by everybody; these never go back. */
    private volatile long logStart;

    private volatile long sealedThrough;
    private volatile long highWatermark;

    /**
     * Where a log stands when it is opened. Immutable.
     *
     * @param epochs where the epochs of what is sealed begin
     * @param millis wall time; chunks whose records carry no time age from then on
     * @param chunks what is committed behind the sealed part, in the order of offsets, without a hole; the first may begin
     *     before its end
     */
    public record Opening(
            long millis,
            long logStart,
            long sealedThrough,
            long highWatermark,
            List<EpochStart> epochs,
            List<StoredChunk> chunks) {
        public Opening {
            epochs = List.copyOf(epochs);
            chunks = List.copyOf(chunks);
        }
    }

    public CommittedLog(
            PartitionId id,
            Opening opening,
            PartitionSegments segments,
            ChunkReader reader,
            TimeLookup times,
            SecondLook secondLook) {
        this.id = id;
        this.segments = segments;
        this.reader = reader;
        this.times = times;
        this.secondLook = secondLook;
        this.logStart = opening.logStart();
        this.sealedThrough = opening.sealedThrough();
        this.highWatermark = opening.highWatermark();
        for (EpochStart start : opening.epochs()) {
            epochs.begin(start.leaderEpoch(), start.startOffset());
        }
        for (StoredChunk stored : opening.chunks()) {
            index.add(stored.chunk(), stored.object(), opening.millis());
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

    public long sealedThrough() {
        return sealedThrough;
    }

    public long highWatermark() {
        return highWatermark;
    }

    /**
     * Takes in the chunk that was committed next; readers see it from now on.
     *
     * @param nowMillis wall time
     */
    public void add(Chunk chunk, ObjectKey object, BatchRun run, long nowMillis) {
        lock.lock();
        try {
            if (chunk.baseOffset() != highWatermark
                    || run.baseOffset() != chunk.baseOffset()
                    || run.endOffset() != chunk.endOffset()) {
                throw new IllegalStateException("partition " + id + ": chunk of offsets " + chunk.baseOffset() + " to "
                        + chunk.lastOffset() + " with batches from " + run.baseOffset() + " to " + run.endOffset()
                        + " was committed at high watermark " + highWatermark);
            }
            index.add(chunk, object, nowMillis);
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

    /**
     * Chunks have been merged: from now on they are read where they stand together.
     *
     * @return false when a merged chunk is not made of those that are known here; it is left as it was
     */
    public boolean replace(StoredChunk merged) {
        lock.lock();
        try {
            return index.replace(merged);
        } finally {
            lock.unlock();
        }
    }

    /** What ends at an offset or before is sealed, and the metadata says so. */
    public void sealedTo(long offset) {
        lock.lock();
        try {
            sealedThrough = Math.max(sealedThrough, checkedEnd(offset));
            index.dropBefore(Math.max(sealedThrough, logStart));
        } finally {
            lock.unlock();
        }
    }

    /** What is before an offset is not kept any more, and the metadata says so. */
    public void trimTo(long offset) {
        lock.lock();
        try {
            logStart = Math.max(logStart, checkedEnd(offset));
            index.dropBefore(Math.max(sealedThrough, logStart));
        } finally {
            lock.unlock();
        }
    }

    private long checkedEnd(long offset) {
        if (offset > highWatermark) {
            throw new IllegalStateException(
                    "partition " + id + ": offset " + offset + " is above the high watermark " + highWatermark);
        }
        return offset;
    }

    /**
     * Whole batches from the one that holds an offset.
     *
     * @param enough whether what has been collected must do, since reading on may take long
     */
    public ReadResult read(long offset, int maxBytes, boolean firstWhole, BooleanSupplier enough)
            throws InterruptedException {
        if (offset < logStart || offset > highWatermark) {
            return outOfRange();
        }
        BatchRun.Collector out = new BatchRun.Collector(maxBytes, firstWhole);
        try {
            collect(offset, out, enough);
        } catch (StorageException e) {
            if (out.batches().isEmpty() && offset < logStart) {
                return outOfRange();
            }
            report(e);
            if (out.batches().isEmpty()) {
                return new ReadResult.Failed("partition " + id + " at offset " + offset + ": " + e.getMessage());
            }
        }
        return new ReadResult.Records(out.batches(), highWatermark, logStart);
    }

    /** What is gone the second look has told, and of a store that is not well others tell. */
    private void report(StorageException e) {
        switch (e.kind()) {
            case CORRUPT, OUT_OF_RANGE ->
                LOG.atError().setCause(e).addKeyValue("partition", id).log("records cannot be read");
            case UNAVAILABLE, THROTTLED, FULL, REFUSED -> {
                if (reader.mayRead()) {
                    LOG.atWarn().setCause(e).addKeyValue("partition", id).log("records cannot be read now");
                }
            }
            case NOT_FOUND, INTERRUPTED -> {}
        }
    }

    private ReadResult outOfRange() {
        return new ReadResult.OffsetOutOfRange(logStart, highWatermark);
    }

    private void collect(long offset, BatchRun.Collector out, BooleanSupplier enough) throws InterruptedException {
        long next = offset;
        while (next < highWatermark && !out.isFull()) {
            if (next > offset && enough.getAsBoolean()) {
                return;
            }
            long behind = runAt(next).collect(next, out);
            if (behind == next) {
                return;
            }
            next = behind;
        }
    }

    /**
     * The batches of the chunk or block that holds an offset, for somebody who reads on from there.
     *
     * @throws StorageException when they cannot be had, also because the offset has been trimmed away
     */
    public BatchRun runAt(long offset) throws InterruptedException {
        return runAt(offset, true);
    }

    /** @param onwards whether what follows will probably be read next */
    BatchRun runAt(long offset, boolean onwards) throws InterruptedException {
        Optional<Located> gone = Optional.empty();
        boolean isLast = false;
        for (int moves = 0; ; moves++) {
            Optional<BatchRun> inMemory = inTail(offset);
            if (inMemory.isPresent()) {
                return inMemory.get();
            }
            Located place = placeOf(offset);
            try {
                return runIn(place, onwards && offset == place.baseOffset());
            } catch (StorageException e) {
                boolean moved = !gone.equals(Optional.of(place)) && moves < MOST_MOVES;
                if (e.kind() != StorageException.Kind.NOT_FOUND
                        || (!moved && (isLast || !isElsewhere(offset, place, e)))) {
                    throw e;
                }
                isLast |= !moved;
                gone = Optional.of(place);
            }
        }
    }

    private BatchRun runIn(Located place, boolean onwards) throws InterruptedException {
        BatchRun run = reader.read(place);
        if (onwards && reader.mayReadAhead()) {
            reader.readAhead(behind(place));
        }
        return run;
    }

    /** Whether the metadata knows of another place. */
    private boolean isElsewhere(long offset, Located gone, StorageException cause) throws InterruptedException {
        return offset >= logStart
                && secondLook.finds(
                        this, cause, () -> offset < logStart || !placeOf(offset).equals(gone));
    }

    /** What stands behind a place and is not in memory; the index of the next segment may be read for that. */
    private List<Located> behind(Located place) throws InterruptedException {
        long sealed = sealedThrough;
        if (place.endOffset() < sealed) {
            try {
                return segments.blocksFrom(place.endOffset(), reader.aheadCount(), sealed);
            } catch (StorageException | SegmentGapException e) {
                return List.of(); // whoever reads it is told
            }
        }
        lock.lock();
        try {
            List<Located> next = index.behind(place.baseOffset(), reader.aheadCount());
            long inMemoryFrom = tail.isEmpty() ? Long.MAX_VALUE : tail.firstKey();
            return next.stream()
                    .filter(found -> found.baseOffset() < inMemoryFrom)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    private Optional<BatchRun> inTail(long offset) {
        lock.lock();
        try {
            return Optional.ofNullable(tail.floorEntry(offset))
                    .map(Map.Entry::getValue)
                    .filter(run -> offset < run.endOffset());
        } finally {
            lock.unlock();
        }
    }

    Located placeOf(long offset) throws InterruptedException {
        Optional<Located> chunk = findChunk(offset);
        if (chunk.isPresent()) {
            return chunk.get();
        }
        if (offset < sealedThrough) {
            return block(offset);
        }
        throw new StorageException(
                StorageException.Kind.NOT_FOUND,
                "offset " + offset + " is in no object any more: log start " + logStart);
    }

    private Located block(long offset) throws InterruptedException {
        try {
            return segments.blockAt(offset, sealedThrough);
        } catch (SegmentGapException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, String.valueOf(e.getMessage()), e);
        }
    }

    private Optional<Located> findChunk(long offset) {
        lock.lock();
        try {
            return index.find(offset);
        } finally {
            lock.unlock();
        }
    }

    public Optional<TimestampedOffset> firstAtOrAfter(long timestamp) throws InterruptedException {
        return new TimeSearch(this, id, segments, times).firstAtOrAfter(timestamp);
    }

    public Optional<TimestampedOffset> maxTimestamp() throws InterruptedException {
        return new TimeSearch(this, id, segments, times).maxTimestamp();
    }

    /**
     * The first chunk from an offset on that has a record at or after a time.
     *
     * @param sealed what the caller takes for the end of the sealed part
     * @return empty when that has moved meanwhile; then chunks may have become a segment
     */
    Optional<Optional<Located>> chunkAtOrAfter(long timestamp, long from, long sealed) {
        lock.lock();
        try {
            return sealed == sealedThrough ? Optional.of(inChunks(timestamp, from)) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private Optional<Located> inChunks(long timestamp, long from) {
        int first = index.contains(from) ? index.placeOf(from) : 0;
        int found = index.firstAtOrAfter(timestamp, first);
        return found < index.count() && index.at(found).endOffset() > from
                ? Optional.of(index.at(found))
                : Optional.empty();
    }

    /** The largest time in a chunk that ends behind an offset; {@link Long#MIN_VALUE} when there is none. */
    long chunksMaxTimestamp(long from) {
        lock.lock();
        try {
            return index.maxTimestampBehind(from);
        } finally {
            lock.unlock();
        }
    }

    /** About how many bytes stand behind an offset, at most {@code cap}; of what is sealed nobody counts them. */
    public long readableBytes(long offset, long cap) {
        lock.lock();
        try {
            if (offset < logStart || offset >= highWatermark) {
                return 0;
            }
            if (!index.contains(offset)) {
                return cap;
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

    /** Bytes that are not sealed. */
    public long unsealedBytes() {
        lock.lock();
        try {
            return index.bytes();
        } finally {
            lock.unlock();
        }
    }

    /** The chunks that are not sealed, oldest first. */
    public List<LogUnit> unsealed() {
        lock.lock();
        try {
            List<LogUnit> units = new ArrayList<>(index.count());
            for (int place = 0; place < index.count(); place++) {
                units.add(new LogUnit(index.at(place).endOffset(), index.length(place), index.agesFromMillis(place)));
            }
            return units;
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
