// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an index that is missing or damaged anew from its segment, and those before it as far back as they are missing too,
 * since each goes on from the one before. What was made is written back if its name is free. Confined to one thread.
 */
final class IndexRepair {

    private static final Logger LOG = LoggerFactory.getLogger(IndexRepair.class);

    private final ObjectStore objects;
    private final ObjectKey root;
    private final IndexReader reader;

    /** The partition's segments. */
    private final List<CatalogueRow> rows;

    IndexRepair(ObjectStore objects, ObjectKey root, IndexReader reader, List<CatalogueRow> rows) {
        this.objects = objects;
        this.root = root;
        this.reader = reader;
        this.rows = rows;
    }

    /**
     * The content of a segment's index.
     *
     * @throws StorageException when the segment cannot be read
     */
    IndexImage.Content repair(SegmentName name, StorageException cause) {
        report(name, cause);
        Deque<SegmentName> broken = new ArrayDeque<>(List.of(name));
        SealedState before = SealedState.NONE;
        Optional<SegmentName> previous = before(name);
        while (previous.isPresent()) {
            SegmentName there = previous.get();
            try {
                before = reader.content(there).state();
                previous = Optional.empty();
            } catch (StorageException e) {
                if (!canBeRepaired(e)) {
                    throw e;
                }
                report(there, e);
                broken.addFirst(there);
                previous = before(there);
            }
        }
        IndexBuilder.Built built = repairOne(broken.removeFirst(), before);
        while (!broken.isEmpty()) {
            built = repairOne(broken.removeFirst(), built.content().state());
        }
        return built.content();
    }

    /** Whether the index is the matter, not the store. */
    static boolean canBeRepaired(StorageException e) {
        return e.kind() == Kind.NOT_FOUND || e.kind() == Kind.CORRUPT;
    }

    private static void report(SegmentName name, StorageException cause) {
        (cause.kind() == Kind.CORRUPT ? LOG.atError() : LOG.atWarn())
                .addKeyValue("segment", name)
                .addKeyValue("detail", cause.getMessage())
                .log("segment's index is made anew");
    }

    /** The segment that goes before: one that ends where this one begins, else one that overlaps it. */
    private Optional<SegmentName> before(SegmentName name) {
        Optional<CatalogueRow> best = Optional.empty();
        for (CatalogueRow row : rows) {
            boolean goesBefore = row.baseOffset() < name.baseOffset()
                    && row.endOffset() >= name.baseOffset()
                    && row.endOffset() <= name.endOffset();
            boolean isBetter = best.isEmpty()
                    || row.endOffset() < best.get().endOffset()
                    || (row.endOffset() == best.get().endOffset() && row.isBefore(best.get()));
            best = goesBefore && isBetter ? Optional.of(row) : best;
        }
        return best.map(row -> row.name(name.topic(), name.id()));
    }

    private IndexBuilder.Built repairOne(SegmentName name, SealedState before) {
        IndexBuilder.Built built = SegmentScan.index(objects, root, name, before);
        try {
            objects.put(name.indexKey(root), List.of(built.image()));
        } catch (StorageException e) {
            LOG.atWarn()
                    .addKeyValue("segment", name)
                    .addKeyValue("detail", e.getMessage())
                    .log("segment's index cannot be written");
        }
        return built;
    }
}
