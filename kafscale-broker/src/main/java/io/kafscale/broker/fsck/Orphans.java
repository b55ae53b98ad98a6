// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.janitor.SegmentNeeds;
import io.kafscale.broker.janitor.SharedNeeds;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Objects that nobody refers to. What the listing shows and the metadata did not name is gathered, and judged by metadata that
 * is read after it was listed, with the rules of the garbage collector. Deletes them when it is told to, which is after all was
 * looked at: where anything is wrong, an orphan may be what is missing. Confined to one thread.
 */
final class Orphans {

    /** So many are judged by one reading of the metadata. */
    private static final int BATCH = 10_000;

    /** So many are deleted at most, as many as may be kept in memory. */
    private static final int MOST_REMOVED = 200_000;

    private final LogEnvironment environment;
    private final BucketNames names;
    private final Report report;
    private final List<ObjectInfo> gathered = new ArrayList<>();
    private final List<ObjectInfo> found = new ArrayList<>();
    private long count;
    private long bytes;
    private long removed;

    /**
     * How orphans are removed. Immutable.
     *
     * @param garbage what may go although a broker lives
     * @param oldMillis nothing that was written later goes, by the bucket's clock
     */
    record Repair(Runnable verifyIdentity, BucketHistory.Garbage garbage, long oldMillis) {}

    Orphans(LogEnvironment environment, BucketNames names, Report report) {
        this.environment = environment;
        this.names = names;
        this.report = report;
    }

    long count() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    long removed() {
        return removed;
    }

    /** Takes in an object that nobody seems to need. */
    void gather(ObjectInfo object) {
        gathered.add(object);
        if (gathered.size() >= BATCH) {
            judge();
        }
    }

    /** Judges what was gathered. */
    void judge() {
        if (gathered.isEmpty()) {
            return;
        }
        for (ObjectInfo orphan : among(gathered, metadata(), any -> true)) {
            report.orphan(orphan);
            count++;
            bytes += orphan.sizeBytes();
            if (found.size() < MOST_REMOVED) {
                found.add(orphan);
            }
        }
        gathered.clear();
    }

    private List<KeyValue> metadata() {
        return environment.metadata().range(environment.keys().root()).all();
    }

    private List<ObjectInfo> among(List<ObjectInfo> objects, List<KeyValue> metadata, Predicate<ObjectInfo> mayBe) {
        if (!new ClusterMetadata(environment.keys(), metadata).unreadable().isEmpty()) {
            return List.of();
        }
        SharedNeeds shared = SharedNeeds.of(environment.keys(), metadata);
        SegmentNeeds segments = SegmentNeeds.of(environment.keys(), metadata);
        return objects.stream()
                .filter(object -> switch (names.parse(object.key())) {
                    case ObjectName.Shared(String incarnation, long sequence) ->
                        !shared.isNeeded(object.key(), incarnation, sequence);
                    case ObjectName.Sealed part -> !segments.isNeeded(object.key(), part.segment());
                    default -> false;
                })
                .filter(mayBe)
                .toList();
    }

    /** Deletes what still is an orphan and may go. */
    void remove(Repair how) {
        for (int from = 0; from < found.size(); from += BATCH) {
            how.verifyIdentity().run();
            List<KeyValue> metadata = metadata();
            boolean isAnybodyThere = metadata.stream()
                    .anyMatch(entry -> entry.key().startsWith(environment.keys().brokers()));
            remove(among(
                            found.subList(from, Math.min(found.size(), from + BATCH)),
                            metadata,
                            orphan -> orphan.lastModifiedMillis() <= how.oldMillis()
                                    && (!isAnybodyThere || isGarbage(how.garbage(), orphan)))
                    .stream()
                    .map(ObjectInfo::key)
                    .toList());
        }
    }

    private boolean isGarbage(BucketHistory.Garbage garbage, ObjectInfo object) {
        return switch (names.parse(object.key())) {
            case ObjectName.Shared shared -> garbage.mayDrop(object);
            case ObjectName.Sealed part -> garbage.mayDrop(object, part.segment());
            default -> false;
        };
    }

    private void remove(List<ObjectKey> keys) {
        for (int from = 0; from < keys.size(); from += ObjectStore.MAX_LISTING) {
            List<ObjectKey> page = keys.subList(from, Math.min(keys.size(), from + ObjectStore.MAX_LISTING));
            environment.objects().delete(page);
            removed += page.size();
        }
    }
}
