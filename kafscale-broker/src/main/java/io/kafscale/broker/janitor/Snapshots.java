// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The reference snapshots of a bucket, so that a restart does not begin the grace anew. Their ages are told by the bucket's
 * own clock, with the newest counter object for now. Confined to the janitor's thread.
 */
final class Snapshots {

    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

    /** From the first reading of the metadata to the put; else there is no snapshot. */
    private static final Duration TAKING_LIMIT = Duration.ofMinutes(1);

    /**
     * How much older than a snapshot an object must be: for the taking of the snapshot and its put, and for the commit that
     * follows the object, which may come late.
     */
    private static final Duration MARGIN = Duration.ofHours(1);

    private final JanitorEnvironment environment;
    private final RootNames names;
    private final JanitorSettings settings;

    Snapshots(JanitorEnvironment environment, RootNames names, JanitorSettings settings) {
        this.environment = environment;
        this.names = names;
        this.settings = settings;
    }

    /** All of them, the oldest first. */
    List<ObjectInfo> list() {
        List<ObjectInfo> all = new ArrayList<>();
        String after = "";
        while (true) {
            List<ObjectInfo> page =
                    environment.objects().list(names.referenceSnapshots(), after, ObjectStore.MAX_LISTING);
            page.stream().filter(info -> names.isReferenceSnapshot(info.key())).forEach(all::add);
            if (page.size() < ObjectStore.MAX_LISTING) {
                all.sort(
                        Comparator.comparingLong(ObjectInfo::lastModifiedMillis).thenComparing(ObjectInfo::key));
                return all;
            }
            after = page.getLast().key().value();
        }
    }

    private static boolean isAged(ObjectInfo snapshot, long nowMillis, Duration age) {
        return nowMillis - snapshot.lastModifiedMillis() >= age.toMillis();
    }

    /** Whether it is time for another one. One from the future, taken while the bucket's clock was wrong, puts it not off. */
    boolean isDue(List<ObjectInfo> listed, long nowMillis) {
        return listed.stream()
                .filter(info -> info.lastModifiedMillis() <= nowMillis)
                .allMatch(info -> isAged(info, nowMillis, settings.snapshotInterval()));
    }

    /**
     * Puts a snapshot of what the metadata refers to now.
     *
     * @param counter a value that no other snapshot is named by
     */
    void take(String clusterUuid, long counter) {
        Deadline limit = Deadline.after(environment.clock(), TAKING_LIMIT);
        References now = References.now(clusterUuid, environment.metadata(), environment.keys());
        if (limit.passed(environment.clock())) {
            LOG.atWarn().log("references took too long to read; another snapshot is taken later");
            return;
        }
        environment.objects().put(names.referenceSnapshot(counter), List.of(now.toBytes()));
    }

    /** What may be decided by; empty while there are no snapshots of the right ages. */
    Optional<Basis> basis(String clusterUuid, List<ObjectInfo> listed, long nowMillis) {
        Optional<ObjectInfo> old = newestAged(listed, nowMillis, settings.grace());
        Optional<ObjectInfo> recent = newestAged(listed, nowMillis, settings.settling())
                .filter(found ->
                        !isAged(found, nowMillis, settings.snapshotInterval().multipliedBy(2)));
        if (old.isEmpty() || recent.isEmpty()) {
            return Optional.empty();
        }
        Optional<References> then = load(clusterUuid, old.get());
        Optional<References> lately = load(clusterUuid, recent.get());
        return then.isEmpty() || lately.isEmpty()
                ? Optional.empty()
                : Optional.of(new Basis(then.get(), lately.get(), old.get().lastModifiedMillis() - MARGIN.toMillis()));
    }

    private static Optional<ObjectInfo> newestAged(List<ObjectInfo> listed, long nowMillis, Duration age) {
        return listed.reversed().stream()
                .filter(snapshot -> isAged(snapshot, nowMillis, age))
                .findFirst();
    }

    /** A damaged one, or one of another cluster, is of no use; the next one takes its place in time. */
    private Optional<References> load(String clusterUuid, ObjectInfo snapshot) {
        try {
            Optional<References> references = References.parse(
                            environment.objects().read(snapshot.key(), 0, Math.toIntExact(snapshot.sizeBytes())))
                    .filter(read -> read.clusterUuid().equals(clusterUuid));
            if (references.isEmpty()) {
                LOG.atError().addKeyValue("object", snapshot.key()).log("reference snapshot cannot be used");
            }
            return references;
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NOT_FOUND) {
                return Optional.empty(); // another janitor has deleted it since it was listed
            }
            throw e;
        }
    }

    /** Deletes those that no sweep will decide by any more: all that are older than the newest one past the grace. */
    void prune(List<ObjectInfo> listed, long nowMillis) {
        int needed = newestAged(listed, nowMillis, settings.grace())
                .map(listed::indexOf)
                .orElse(0);
        List<ObjectKey> older =
                listed.subList(0, needed).stream().map(ObjectInfo::key).toList();
        if (!older.isEmpty()) {
            environment.objects().delete(older);
        }
    }
}
