// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.chunk.ByteCache;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one broker knows of sealed segments: their indexes and the catalogues of partitions, those that were asked for last,
 * up to a number of bytes. Nothing is loaded twice at once. Thread-safe: the caches are.
 */
public final class Segments {

    private static final Logger LOG = LoggerFactory.getLogger(Segments.class);

    private final ObjectStore objects;
    private final Clock clock;
    private final Threads threads;
    private final ObjectKey root;
    private final IndexReader reader;
    private final ByteCache<SegmentName, SegmentIndex> indexes;
    private final ByteCache<CatalogueKey, Catalogue> catalogues;
    private final AtomicLong versions = new AtomicLong();

    /**
     * A partition's catalogue as of one listing. Immutable.
     *
     * @param from base offset at which a part of it begins; {@link #WHOLE} for all of it
     */
    record CatalogueKey(String topic, PartitionId id, long version, long from) {
        private static final long WHOLE = -1;

        private CatalogueKey part(long baseOffset) {
            return new CatalogueKey(topic, id, version, baseOffset);
        }
    }

    /**
     * Nothing is known at first.
     *
     * @param root of the cluster's objects
     * @param cacheBytes a third of it is for catalogues
     */
    public Segments(ObjectStore objects, ObjectKey root, Clock clock, Threads threads, long cacheBytes) {
        this.objects = objects;
        this.clock = clock;
        this.threads = threads;
        this.root = root;
        this.reader = new IndexReader(objects, root);
        this.catalogues = new ByteCache<>(clock, cacheBytes / 3, Catalogue::sizeBytes);
        this.indexes = new ByteCache<>(clock, cacheBytes - cacheBytes / 3, SegmentIndex::sizeBytes);
    }

    public ObjectKey root() {
        return root;
    }

    /**
     * When a segment was written, by the wall clock of who wrote it; one small read.
     *
     * @return {@link Long#MAX_VALUE} when the segment is lost or damaged, so nobody can tell
     */
    long createdMillis(SegmentName name) {
        try {
            return SegmentFormat.createdMillis(
                    name, objects.read(name.segmentKey(root), 0, SegmentFormat.HEADER_BYTES));
        } catch (StorageException e) {
            return switch (e.kind()) {
                case NOT_FOUND, OUT_OF_RANGE, CORRUPT -> Long.MAX_VALUE;
                case UNAVAILABLE, THROTTLED, FULL, REFUSED, INTERRUPTED -> throw e;
            };
        }
    }

    /**
     * The index of a segment; one that is missing or damaged is made anew from the segment.
     *
     * @throws StorageException of kind NOT_FOUND when neither is there; of another kind when they cannot be read
     */
    public SegmentIndex index(SegmentName name) throws InterruptedException {
        return indexes.get(name, () -> {
            try {
                return reader.index(name);
            } catch (StorageException e) {
                return repaired(name, e).index();
            }
        });
    }

    /**
     * What is known of the partition as of a segment's end; read each time, since it may be large. Fails as {@link #index}
     * does.
     */
    public SealedState state(SegmentName name) throws InterruptedException {
        try {
            return reader.content(name).state();
        } catch (StorageException e) {
            return repaired(name, e).state();
        }
    }

    private IndexImage.Content repaired(SegmentName name, StorageException cause) throws InterruptedException {
        if (!IndexRepair.canBeRepaired(cause)) {
            throw cause;
        }
        // what is missing together with its segment was trimmed: there is nothing to list
        if (objects.list(name.segmentKey(root).value(), "", 1).isEmpty()) {
            throw cause;
        }
        SegmentListing listing = new SegmentListing(objects, threads, root, name.topic(), name.id());
        return new IndexRepair(
                        objects, root, reader, listing.all(name.endOffset()).rows())
                .repair(name, cause);
    }

    Clock clock() {
        return clock;
    }

    CatalogueKey newVersion(String topic, PartitionId id) {
        return new CatalogueKey(topic, id, versions.incrementAndGet(), CatalogueKey.WHOLE);
    }

    /** The catalogue as it was when the version was asked for first, or later. */
    Catalogue catalogue(CatalogueKey key, long through) throws InterruptedException {
        return catalogues.get(key, () -> listing(key).all(through));
    }

    /** Some segments of the catalogue, from one of a base offset on, as they were when they were asked for first, or later. */
    Catalogue part(CatalogueKey key, long from) throws InterruptedException {
        return catalogues.get(key.part(from), () -> listing(key).part(from));
    }

    /** Whether the catalogue is known. */
    boolean isListed(CatalogueKey key) {
        return catalogues.has(key);
    }

    /** Has the catalogue listed, for whoever will ask for it; waits for nothing. */
    void listAhead(CatalogueKey key, long through) {
        threads.start("listing of " + key.id(), () -> {
            try {
                catalogues.loadAhead(key, () -> listing(key).all(through));
            } catch (StorageException e) {
                LOG.atDebug().setCause(e).addKeyValue("partition", key.id()).log("segments were not listed ahead");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** What was put behind a key. */
    SegmentListing.Listed listedBehind(CatalogueKey key, String lastKey) throws InterruptedException {
        try {
            return listing(key).behind(lastKey);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            throw e;
        }
    }

    private SegmentListing listing(CatalogueKey key) {
        return new SegmentListing(objects, threads, root, key.topic(), key.id());
    }
}
