// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The sealed part of one partition's log, as the store has it. Log start and sealed-through, its exclusive end, are the
 * caller's: both only rise, and what lies outside is never looked at. Methods that read throw {@link StorageException}, and
 * {@link SegmentGapException} when offsets in between are in no segment. Thread-safe; guarded by {@code lock}, which is not
 * held while a store is read.
 */
public final class PartitionSegments {

    /** So many may come behind the catalogue before it is listed anew. */
    private static final int MOST_RECENT = 256;

    /** How long a hole is believed in before all is listed again. */
    private static final Duration GAP_MEMORY = Duration.ofSeconds(10);

    private final String topic;
    private final PartitionId id;
    private final Segments segments;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Segments.CatalogueKey version;

    /** What came since the catalogue was listed, or before. */
    @GuardedBy("lock")
    private Catalogue recent = Catalogue.EMPTY;

    /** The hole that was found last, after all was listed. */
    @GuardedBy("lock")
    private Optional<KnownGap> knownGap = Optional.empty();

    private record KnownGap(Tiling.Gap gap, Deadline until) {}

    public PartitionSegments(String topic, PartitionId id, Segments segments) {
        this.topic = topic;
        this.id = id;
        this.segments = segments;
        this.version = segments.newVersion(topic, id);
    }

    /** A segment was sealed behind all others. */
    public void sealed(SegmentIndex index) {
        include(List.of(CatalogueRow.of(index.name(), index.segmentBytes())), "");
    }

    private void include(List<CatalogueRow> rows, String lastKey) {
        lock.lock();
        try {
            List<CatalogueRow> all = new ArrayList<>(recent.rows());
            all.addAll(rows);
            if (all.size() > MOST_RECENT) {
                forget();
                return;
            }
            String last = lastKey.compareTo(recent.lastKey()) > 0 ? lastKey : recent.lastKey();
            recent = Catalogue.of(all, last);
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what was listed: all of it is listed again when it is needed. */
    public void forget() {
        lock.lock();
        try {
            recent = Catalogue.EMPTY;
            version = segments.newVersion(topic, id);
        } finally {
            lock.unlock();
        }
    }

    /** The block that holds an offset below sealed-through. */
    public Located blockAt(long offset, long sealedThrough) throws InterruptedException {
        return blocksFrom(offset, 1, sealedThrough).getFirst();
    }

    /**
     * The block that holds an offset below sealed-through, and those that follow it, for whoever reads on.
     *
     * @param most how many, at most
     */
    public List<Located> blocksFrom(long offset, int most, long sealedThrough) throws InterruptedException {
        if (offset < 0 || offset >= sealedThrough || most < 1) {
            throw new IllegalArgumentException(most + " blocks of partition " + id + " from offset " + offset
                    + ", sealed through " + sealedThrough);
        }
        Tiling tiling = covering(offset, offset + 1, sealedThrough);
        List<Located> blocks = new ArrayList<>();
        long next = offset;
        int place = tiling.firstBehind(offset);
        while (place < tiling.count() && next < sealedThrough && blocks.size() < most) {
            SegmentName name = tiling.at(place).name(topic, id);
            if (name.baseOffset() > next) {
                break; // what is missing is told to whoever asks for it first
            }
            SegmentIndex index = segments.index(name);
            while (next < Math.min(name.endOffset(), sealedThrough) && blocks.size() < most) {
                Block block = index.blockAt(next);
                blocks.add(block.located(name.segmentKey(segments.root())));
                next = block.endOffset();
            }
            place++;
        }
        return blocks;
    }

    /**
     * The first block that may have a record at or after a time, not before an offset. When it turns out to have none, the
     * caller goes on from its end.
     */
    public Optional<Located> firstBlockAtOrAfter(long timestamp, long fromOffset, long sealedThrough)
            throws InterruptedException {
        if (fromOffset >= sealedThrough) {
            return Optional.empty();
        }
        Tiling tiling = covering(fromOffset, sealedThrough, sealedThrough);
        int last = tiling.firstBehind(sealedThrough - 1);
        long from = fromOffset;
        int place = tiling.firstBehind(from);
        while (place <= last && indexAt(tiling, last).marks().maxBehind(from) >= timestamp) {
            place = firstUpToWhich(tiling, place, last, from, timestamp);
            SegmentIndex index = indexAt(tiling, place);
            Optional<Block> found =
                    index.firstAtOrAfter(timestamp, from).filter(block -> block.baseOffset() < sealedThrough);
            if (found.isPresent()) {
                return Optional.of(found.get().located(index.name().segmentKey(segments.root())));
            }
            from = Math.max(from, index.name().endOffset());
            place++;
        }
        return Optional.empty();
    }

    /** Place of the first segment up to whose end there is a time behind the offset; that of the last one is known to be. */
    private int firstUpToWhich(Tiling tiling, int first, int last, long from, long timestamp)
            throws InterruptedException {
        int low = first;
        int high = last;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (indexAt(tiling, middle).marks().maxBehind(from) >= timestamp) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /**
     * The largest time of a record in the blocks that end behind log start; empty when there are none. Only that of the first
     * of them may be that of a record before log start. Whoever must know asks again from its end.
     */
    public Optional<Long> maxTimestamp(long logStart, long sealedThrough) throws InterruptedException {
        if (logStart >= sealedThrough) {
            return Optional.empty();
        }
        Tiling tiling = covering(logStart, sealedThrough, sealedThrough);
        SegmentIndex first = indexAt(tiling, tiling.firstBehind(logStart));
        SegmentIndex last = indexAt(tiling, tiling.firstBehind(sealedThrough - 1));
        return Optional.of(Math.max(
                first.maxTimestampBehind(logStart),
                last.marks().maxBehind(first.name().lastOffset() + 1)));
    }

    /** About how many bytes the segments have that end behind log start; offsets that two of them have count once. */
    public long bytes(long logStart, long sealedThrough) throws InterruptedException {
        long bytes = 0;
        for (CatalogueRow row : live(logStart, sealedThrough)) {
            bytes += row.sizeBytes();
        }
        return bytes;
    }

    /** The first segments that end behind log start, at most so many. */
    public List<SegmentSummary> oldest(int most, long logStart, long sealedThrough) throws InterruptedException {
        List<SegmentSummary> oldest = new ArrayList<>();
        for (CatalogueRow row : live(logStart, sealedThrough)) {
            if (oldest.size() == most) {
                break;
            }
            SegmentName name = row.name(topic, id);
            long endOffset = Math.min(name.endOffset(), sealedThrough);
            long time = segments.index(name).maxTimestamp();
            oldest.add(new SegmentSummary(
                    name, endOffset, row.sizeBytes(), time >= 0 ? time : segments.createdMillis(name)));
        }
        return oldest;
    }

    /**
     * The segments of a range, with the bytes of what none before has. A hole is passed over: what is there is to be retained,
     * or not, all the same.
     */
    private List<CatalogueRow> live(long logStart, long sealedThrough) throws InterruptedException {
        List<CatalogueRow> rows = new ArrayList<>();
        if (logStart >= sealedThrough) {
            return rows;
        }
        Tiling tiling = upTo(logStart, sealedThrough, sealedThrough);
        long counted = 0;
        for (int place = tiling.firstBehind(logStart); place < tiling.count(); place++) {
            CatalogueRow row = tiling.at(place);
            if (row.baseOffset() >= sealedThrough) {
                break;
            }
            rows.add(row.part(counted, sealedThrough));
            counted = row.endOffset();
        }
        return rows;
    }

    private SegmentIndex indexAt(Tiling tiling, int place) throws InterruptedException {
        return segments.index(tiling.at(place).name(topic, id));
    }

    /** What is known, if it covers a range; else what is known when all was listed. */
    private Tiling covering(long from, long through, long sealedThrough) throws InterruptedException {
        Tiling tiling = upTo(from, through, sealedThrough);
        if (tiling.firstGap(from, through).isPresent()) {
            Tiling.Gap whole = tiling.firstGap(from, sealedThrough).orElseThrow();
            throw new SegmentGapException(topic, id, whole.fromOffset(), whole.endOffset());
        }
        return tiling;
    }

    private Tiling upTo(long from, long through, long sealedThrough) throws InterruptedException {
        Tiling tiling = tiling(sealedThrough);
        Optional<Tiling.Gap> gap = tiling.firstGap(from, through);
        if (gap.isEmpty() || isKnown(gap.get())) {
            return tiling;
        }
        extend(tiling);
        tiling = tiling(sealedThrough);
        if (tiling.firstGap(from, through).isEmpty()) {
            return tiling;
        }
        forget();
        tiling = tiling(sealedThrough);
        tiling.firstGap(from, sealedThrough).ifPresent(this::remember);
        return tiling;
    }

    private boolean isKnown(Tiling.Gap gap) {
        lock.lock();
        try {
            return knownGap.filter(known -> !known.until().passed(segments.clock()))
                    .filter(known -> known.gap().contains(gap))
                    .isPresent();
        } finally {
            lock.unlock();
        }
    }

    private void remember(Tiling.Gap gap) {
        lock.lock();
        try {
            knownGap = Optional.of(new KnownGap(gap, Deadline.after(segments.clock(), GAP_MEMORY)));
        } finally {
            lock.unlock();
        }
    }

    private Tiling tiling(long sealedThrough) throws InterruptedException {
        Segments.CatalogueKey key;
        Catalogue behind;
        lock.lock();
        try {
            key = version;
            behind = recent;
        } finally {
            lock.unlock();
        }
        return Tiling.of(segments.catalogue(key, sealedThrough), behind);
    }

    /** Lists what is behind all that was listed. */
    private void extend(Tiling tiling) throws InterruptedException {
        Segments.CatalogueKey key;
        lock.lock();
        try {
            key = version;
        } finally {
            lock.unlock();
        }
        String base = tiling.base().lastKey();
        String last =
                tiling.recent().lastKey().compareTo(base) > 0 ? tiling.recent().lastKey() : base;
        SegmentListing.Listed listed = segments.listedBehind(key, last);
        include(listed.rows(), listed.lastKey());
    }
}
