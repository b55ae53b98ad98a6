// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.TaskScope;
import io.kafscale.broker.time.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lists the segments of one partition. When they do not fit the first page, the rest is divided by offset and listed side
 * by side. Keys that are no segments are passed over. Thread-safe: it has no state.
 */
final class SegmentListing {

    private static final int SIDE_BY_SIDE = 8;

    /** Keys of a part: a store may have to look at all of a folder for a page, but at each key of the page anyway. */
    private static final int PART_KEYS = 128;

    private final ObjectStore objects;
    private final Threads threads;
    private final ObjectKey root;
    private final String topic;
    private final PartitionId id;
    private final String folder;

    /** Segments that were listed, and the largest key that was seen, empty when none was. Immutable. */
    record Listed(List<CatalogueRow> rows, String lastKey) {}

    /** A part of the keys is listed, into a value or a failure. Immutable. */
    private sealed interface Outcome {
        record Done(Listed listed) implements Outcome {}

        record Failed(StorageException cause) implements Outcome {}
    }

    SegmentListing(ObjectStore objects, Threads threads, ObjectKey root, String topic, PartitionId id) {
        this.objects = objects;
        this.threads = threads;
        this.root = root;
        this.topic = topic;
        this.id = id;
        this.folder = SegmentName.folder(root, topic, id);
    }

    /**
     * All segments.
     *
     * @param through about where they end: what lies there is listed too, only not as well divided
     */
    Catalogue all(long through) throws InterruptedException {
        List<ObjectInfo> first = page("");
        Listed listed = taken(first, "");
        if (first.size() < ObjectStore.MAX_LISTING) {
            return Catalogue.of(listed.rows(), listed.lastKey());
        }
        List<Long> bounds = bounds(listed.rows(), through);
        List<CatalogueRow> rows = new ArrayList<>(listed.rows());
        String lastKey = listed.lastKey();
        for (Listed part : parts(lastKey, bounds)) {
            rows.addAll(part.rows());
            lastKey = part.rows().isEmpty() ? lastKey : part.lastKey();
        }
        return Catalogue.of(rows, lastKey);
    }

    /** Some segments, from one of a base offset on. */
    Catalogue part(long from) {
        return Catalogue.of(
                taken(objects.list(folder, keysFrom(from), PART_KEYS), "").rows(), "");
    }

    /** Those with keys behind one. */
    Listed behind(String key) {
        return between(key, Optional.empty());
    }

    /** The base offsets at which the rest is divided, so that each part has a page if offsets are spread evenly. */
    private static List<Long> bounds(List<CatalogueRow> first, long through) {
        List<Long> bounds = new ArrayList<>();
        if (first.isEmpty()) {
            return bounds;
        }
        long from = first.getLast().baseOffset();
        long left = through - from;
        long offsetsOfPage = Math.max(1, from - first.getFirst().baseOffset());
        long parts = Math.min(SIDE_BY_SIDE, left / offsetsOfPage + 1);
        for (int part = 1; part < parts; part++) {
            bounds.add(from + left / parts * part);
        }
        return bounds;
    }

    private List<Listed> parts(String after, List<Long> bounds) throws InterruptedException {
        List<Pending<Outcome>> outcomes = new ArrayList<>();
        try (TaskScope scope = new TaskScope(threads, SIDE_BY_SIDE)) {
            for (int part = 0; part <= bounds.size(); part++) {
                String begin = part == 0 ? after : keysFrom(bounds.get(part - 1));
                Optional<String> end =
                        part == bounds.size() ? Optional.empty() : Optional.of(keysFrom(bounds.get(part)));
                Pending<Outcome> outcome = new Pending<>();
                outcomes.add(outcome);
                scope.fork("listing of " + id, () -> outcome.complete(outcome(begin, end)));
            }
            scope.awaitAll();
        }
        List<Listed> listed = new ArrayList<>();
        for (Pending<Outcome> outcome : outcomes) {
            switch (outcome.poll().orElseThrow(() -> new IllegalStateException("a listing of " + id + " has died"))) {
                case Outcome.Done done -> listed.add(done.listed());
                case Outcome.Failed failed -> throw failed.cause();
            }
        }
        return listed;
    }

    private Outcome outcome(String after, Optional<String> end) {
        try {
            return new Outcome.Done(between(after, end));
        } catch (StorageException e) {
            return new Outcome.Failed(e);
        }
    }

    private String keysFrom(long baseOffset) {
        return SegmentName.keysFrom(root, topic, id, baseOffset);
    }

    /** Those with keys behind one and before the other. */
    private Listed between(String after, Optional<String> end) {
        List<CatalogueRow> rows = new ArrayList<>();
        String lastKey = after;
        while (true) {
            List<ObjectInfo> page = page(lastKey);
            List<ObjectInfo> inside = page.stream()
                    .filter(info -> end.isEmpty() || info.key().value().compareTo(end.get()) < 0)
                    .toList();
            Listed taken = taken(inside, lastKey);
            rows.addAll(taken.rows());
            lastKey = taken.lastKey();
            if (page.size() < ObjectStore.MAX_LISTING || inside.size() < page.size()) {
                return new Listed(rows, lastKey);
            }
        }
    }

    private List<ObjectInfo> page(String after) {
        return objects.list(folder, after, ObjectStore.MAX_LISTING);
    }

    private Listed taken(List<ObjectInfo> page, String before) {
        List<CatalogueRow> rows = page.stream()
                .flatMap(info -> SegmentName.parseSegment(folder, topic, id, info.key()).stream()
                        .map(name -> CatalogueRow.of(name, info.sizeBytes())))
                .toList();
        return new Listed(rows, page.isEmpty() ? before : page.getLast().key().value());
    }
}
