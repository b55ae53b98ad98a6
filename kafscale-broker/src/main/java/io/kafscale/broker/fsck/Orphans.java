// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.PartitionState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Objects that nobody refers to. What the listing shows and the metadata did not name is gathered, and judged by metadata that
 * is read after it was listed:
 *
 * <pre>
 *   shared object       no commit record names it, and its incarnation is over, or has committed a later flush already
 *   segment and index   the topic is gone, or the partition begins behind it; the newest segment's index stays
 * </pre>
 *
 * Deletes them if it is told to, by the rules of the garbage collector where a broker lives. Confined to one thread.
 */
final class Orphans {

    /** So many are judged by one reading of the metadata. */
    private static final int BATCH = 10_000;

    private final LogEnvironment environment;
    private final BucketNames names;
    private final Report report;
    private final Optional<Repair> repair;
    private final List<ObjectInfo> gathered = new ArrayList<>();
    private long count;
    private long bytes;
    private long removed;

    /**
     * How orphans are removed. Immutable.
     *
     * @param garbage what may go although a broker lives
     */
    record Repair(Runnable verifyIdentity, BucketHistory.Garbage garbage) {}

    Orphans(LogEnvironment environment, BucketNames names, Report report, Optional<Repair> repair) {
        this.environment = environment;
        this.names = names;
        this.report = report;
        this.repair = repair;
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
        repair.ifPresent(how -> how.verifyIdentity().run());
        ClusterMetadata now = new ClusterMetadata(
                environment.keys(),
                environment.metadata().range(environment.keys().root()).all());
        List<ObjectInfo> orphans = now.unreadable().isEmpty() ? orphans(now) : List.of();
        for (ObjectInfo orphan : orphans) {
            report.orphan(orphan);
            count++;
            bytes += orphan.sizeBytes();
        }
        repair.ifPresent(how -> remove(orphans.stream()
                .filter(orphan -> now.brokers().isEmpty() || isGarbage(how.garbage(), orphan))
                .map(ObjectInfo::key)
                .toList()));
        gathered.clear();
    }

    private List<ObjectInfo> orphans(ClusterMetadata now) {
        Set<String> living =
                now.brokers().stream().map(BrokerRegistration::getIncarnation).collect(Collectors.toSet());
        Set<String> referenced = new HashSet<>();
        now.commits().forEach(commit -> referenced.add(commit.value().getKey()));
        return gathered.stream()
                .filter(object -> switch (names.parse(object.key())) {
                    case ObjectName.Shared(String incarnation, long sequence) ->
                        !referenced.contains(object.key().value())
                                && (!living.contains(incarnation) || sequence <= head(now, incarnation));
                    case ObjectName.Sealed part -> isOver(now, part);
                    default -> false;
                })
                .toList();
    }

    private static long head(ClusterMetadata now, String incarnation) {
        return Optional.ofNullable(now.heads().get(incarnation))
                .map(ClusterMetadata.Stored::value)
                .map(Head::getSequence)
                .orElse(0L);
    }

    private static boolean isOver(ClusterMetadata now, ObjectName.Sealed part) {
        if (now.topic(part.segment().id().topicId()).isEmpty()) {
            return true;
        }
        Optional<PartitionState> state = now.state(part.segment().id());
        return state.filter(known -> part.segment().endOffset() <= known.getLogStart())
                .filter(known -> !part.isIndex()
                        || !known.getNewestSegment().equals(part.segment().toString()))
                .isPresent();
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
