// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectStore;
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

    /** So many segments are listed with one call; of fewer no part is listed by itself. */
    private static final int LISTED_AT_ONCE = ObjectStore.MAX_LISTING / 2;

    /** Usual segments of a part, and how many it has more in front of the offset. */
    private static final int PART_SEGMENTS = 32;

    private static final int MORE_SEGMENTS = 2;

    /** How much larger or smaller segments are taken to be than usual, when a part does not have the offset. */
    private static final int OTHER_SIZE = 8;

    private static final int PART_ATTEMPTS = 3;

    /** Who looks at so many parts will look at more. */
    private static final int MANY_PARTS = 8;

    /** How long a hole is believed in before all is listed again. */
    private static final Duration GAP_MEMORY = Duration.ofSeconds(10);

    private final String topic;
    private final PartitionId id;
    private final Segments segments;

    /** How many offsets a segment usually has, 0 when that is not known. */
    private final long usualOffsets;

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Segments.CatalogueKey version;

    /** What came since the catalogue was listed, or before. */
    @GuardedBy("lock")
    private Catalogue recent = Catalogue.EMPTY;

    /** The hole that was found last, after all was listed. */
    @GuardedBy("lock")
    private Optional<KnownGap> knownGap = Optional.empty();

    /** Parts that were looked at since the version began. */
    @GuardedBy("lock")
    private int parts;

    private record KnownGap(Tiling.Gap gap, Deadline until) {}

    /** What is known without reading. Immutable. */
    private record Known(Segments.CatalogueKey key, Catalogue recent) {}

    /** @param newest the last segment, if it is known: the others are about as large as that */
    public PartitionSegments(String topic, PartitionId id, Optional<SegmentName> newest, Segments segments) {
        this.usualOffsets =
                newest.map(name -> name.endOffset() - name.baseOffset()).orElse(0L);
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
            parts = 0;
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
        Tiling tiling = around(offset, sealedThrough);
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
        SegmentIndex last = indexAt(sealedThrough - 1, sealedThrough);
        long from = fromOffset;
        while (from < sealedThrough && last.marks().maxBehind(from) >= timestamp) {
            SegmentIndex index = firstUpToWhich(from, last, timestamp, sealedThrough);
            Optional<Block> found =
                    index.firstAtOrAfter(timestamp, from).filter(block -> block.baseOffset() < sealedThrough);
            if (found.isPresent()) {
                return Optional.of(found.get().located(index.name().segmentKey(segments.root())));
            }
            from = Math.max(from, index.name().endOffset());
        }
        return Optional.empty();
    }

    /** The first segment up to whose end there is a time behind the offset; that of the last one is known to be. */
    private SegmentIndex firstUpToWhich(long from, SegmentIndex last, long timestamp, long sealedThrough)
            throws InterruptedException {
        SegmentIndex found = last;
        TimeProbe probe = new TimeProbe(from, timestamp);
        while (probe.isLeft(found.name().baseOffset())) {
            SegmentIndex next = indexAt(probe.next(found.name(), found.marks().maxBehind(from)), sealedThrough);
            long largest = next.marks().maxBehind(from);
            if (largest >= timestamp) {
                found = next;
            } else {
                probe.isBehind(next.name().endOffset(), largest);
            }
        }
        return found;
    }

    /**
     * The largest time of a record in the blocks that end behind log start; empty when there are none. Only that of the first
     * of them may be that of a record before log start. Whoever must know asks again from its end.
     */
    public Optional<Long> maxTimestamp(long logStart, long sealedThrough) throws InterruptedException {
        if (logStart >= sealedThrough) {
            return Optional.empty();
        }
        SegmentIndex first = indexAt(logStart, sealedThrough);
        SegmentIndex last = indexAt(sealedThrough - 1, sealedThrough);
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

    private SegmentIndex indexAt(long offset, long sealedThrough) throws InterruptedException {
        Tiling tiling = around(offset, sealedThrough);
        return segments.index(tiling.at(tiling.firstBehind(offset)).name(topic, id));
    }

    /**
     * A segment with an offset and some around it: what was sealed last, what is known when all was listed, or else a part of
     * that, since listing all takes long when there are many.
     */
    private Tiling around(long offset, long sealedThrough) throws InterruptedException {
        Known known = known();
        Tiling recently = new Tiling(Catalogue.EMPTY, known.recent());
        if (hasOffset(recently, offset)) {
            return recently;
        }
        boolean many = usualOffsets > 0 && sealedThrough / usualOffsets > LISTED_AT_ONCE;
        if (many && !segments.isListed(known.key())) {
            countPart(known.key(), sealedThrough);
            long usual = usualOffsets;
            for (int attempt = 0; attempt < PART_ATTEMPTS; attempt++) {
                long begin = offset - offset % (usual * PART_SEGMENTS) - usual * MORE_SEGMENTS;
                Catalogue part = segments.part(known.key(), Math.max(0, begin));
                Tiling tiling = Tiling.of(part, known.recent());
                if (hasOffset(tiling, offset)) {
                    return tiling;
                }
                boolean larger = part.count() == 0 || part.at(0).baseOffset() > offset;
                usual = larger ? usual * OTHER_SIZE : Math.max(1, usual / OTHER_SIZE);
            }
        }
        return covering(offset, offset + 1, sealedThrough);
    }

    private static boolean hasOffset(Tiling tiling, long offset) {
        return tiling.firstGap(offset, offset + 1).isEmpty();
    }

    /** Whoever goes through many parts is better off with all of them, when they are there. */
    private void countPart(Segments.CatalogueKey key, long sealedThrough) {
        boolean many;
        lock.lock();
        try {
            parts++;
            many = parts == MANY_PARTS;
        } finally {
            lock.unlock();
        }
        if (many) {
            segments.listAhead(key, sealedThrough);
        }
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

    private Known known() {
        lock.lock();
        try {
            return new Known(version, recent);
        } finally {
            lock.unlock();
        }
    }

    private Tiling tiling(long sealedThrough) throws InterruptedException {
        Known known = known();
        return Tiling.of(segments.catalogue(known.key(), sealedThrough), known.recent());
    }

    /** Lists what is behind all that was listed. */
    private void extend(Tiling tiling) throws InterruptedException {
        String base = tiling.base().lastKey();
        String last =
                tiling.recent().lastKey().compareTo(base) > 0 ? tiling.recent().lastKey() : base;
        SegmentListing.Listed listed = segments.listedBehind(known().key(), last);
        include(listed.rows(), listed.lastKey());
    }
}
