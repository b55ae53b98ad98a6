// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What a bucket itself says of its cluster and of the past, for those who check it or bring the metadata back from it. Reads,
 * but for the counter of a restore. Thread-safe.
 */
public final class BucketHistory {

    /** Of what a newer one wrote nobody knows here how it is to be read. */
    public static final int NEWEST_FORMAT = Halves.FORMAT_VERSION;

    private static final int SMALL_OBJECT_BYTES = 64 << 10;

    private final JanitorEnvironment environment;
    private final RootNames names;

    public BucketHistory(JanitorEnvironment environment) {
        this.environment = environment;
        this.names = new RootNames(environment.root());
    }

    /**
     * Whose the bucket is. Immutable.
     *
     * @param createdMillis 0 when it is not known
     */
    public record Owner(String uuid, int formatVersion, long createdMillis) {}

    /**
     * The newest counter. Immutable.
     *
     * @param value 0 when there is none
     * @param revision that the metadata had reached at least; 0 when it is not known
     */
    public record Counter(long value, long revision) {}

    /**
     * What was referred to at a time of the past. Immutable.
     *
     * @param counter of the cluster at that time
     * @param storedMillis by the bucket's clock
     * @param logStarts of the partitions that existed
     * @param sealed where the newest segments of those that had one end
     */
    public record Past(
            long counter,
            long storedMillis,
            Set<UUID> topics,
            Map<PartitionId, Long> logStarts,
            Map<PartitionId, Long> sealed) {
        public Past {
            topics = Set.copyOf(topics);
            logStarts = Map.copyOf(logStarts);
            sealed = Map.copyOf(sealed);
        }
    }

    /** What may be deleted although brokers live, unless the metadata refers to it now. Immutable. */
    public static final class Garbage {
        private final Optional<Basis> basis;

        private Garbage(Optional<Basis> basis) {
            this.basis = basis;
        }

        public boolean mayDrop(ObjectInfo sharedObject) {
            return basis.filter(known -> known.mayDrop(sharedObject)).isPresent();
        }

        public boolean mayDrop(ObjectInfo part, SegmentName segment) {
            return basis.filter(known -> known.mayDrop(part, segment)).isPresent();
        }
    }

    /**
     * Empty when the bucket has no identity.
     *
     * @throws StorageException of kind CORRUPT when it has one that cannot be read
     */
    public Optional<Owner> owner() {
        try {
            BucketIdentity identity = BucketIdentity.parse(
                            environment.objects().readTail(names.identity(), SMALL_OBJECT_BYTES))
                    .orElseThrow(() -> new StorageException(
                            StorageException.Kind.CORRUPT,
                            "object " + names.identity() + " cannot be read as the identity of a cluster"));
            return Optional.of(new Owner(identity.uuid(), identity.formatVersion(), millis(identity.created())));
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static long millis(String time) {
        try {
            return Instant.parse(time).toEpochMilli();
        } catch (DateTimeException e) {
            return 0;
        }
    }

    /** The bucket's own time, as it stamps an object that is put for that. */
    public long nowMillis() {
        ObjectKey probe = new ObjectKey(
                names.probes() + "time-%016x".formatted(environment.random().nextLong()));
        if (environment.objects().put(probe, List.of(ByteBuffer.allocate(1)))
                instanceof PutResult.Unknown(StorageException cause)) {
            throw cause;
        }
        long millis = list(probe.value()).stream()
                .mapToLong(ObjectInfo::lastModifiedMillis)
                .min()
                .orElseThrow(() -> new StorageException(
                        StorageException.Kind.UNAVAILABLE, "object " + probe + " was put, but is not listed"));
        environment.objects().delete(List.of(probe));
        return millis;
    }

    public Counter counter() {
        List<ObjectInfo> counters = counters();
        if (counters.isEmpty()) {
            return new Counter(0, 0);
        }
        ObjectKey newest = counters.getLast().key();
        long value = names.counterIn(newest).orElseThrow();
        long revision = FlatJson.parse(environment.objects().readTail(newest, SMALL_OBJECT_BYTES))
                .map(json -> json.number("revision").orElse(0))
                .orElse(0L);
        return new Counter(value, revision);
    }

    private List<ObjectInfo> counters() {
        return list(names.counters()).stream()
                .filter(info -> names.counterIn(info.key()).isPresent())
                .toList();
    }

    private List<ObjectInfo> list(String prefix) {
        List<ObjectInfo> all = new ArrayList<>();
        String after = "";
        while (true) {
            List<ObjectInfo> page = environment.objects().list(prefix, after, ObjectStore.MAX_LISTING);
            all.addAll(page);
            if (page.size() < ObjectStore.MAX_LISTING) {
                return all;
            }
            after = page.getLast().key().value();
        }
    }

    /**
     * Raises the bucket's counter ahead of the metadata's, so that no broker starts before the metadata has reached it.
     *
     * @return false when somebody else has that value
     */
    public boolean raise(String uuid, long value) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("uuid", uuid);
        fields.put("counter", Long.toString(value));
        fields.put("revision", "0");
        return switch (environment.objects().put(names.counter(value), List.of(new FlatJson(fields).toBytes()))) {
            case PutResult.Created created -> true;
            case PutResult.AlreadyExists taken -> false;
            case PutResult.Unknown(StorageException cause) -> throw cause;
        };
    }

    /** Removes the counters that a newer one has replaced. */
    public void dropOlderCounters() {
        List<ObjectKey> all = counters().stream().map(ObjectInfo::key).toList();
        if (all.size() > 1) {
            environment.objects().delete(all.subList(0, all.size() - 1));
        }
    }

    /** The newest snapshot of references that can be read; empty when there is none of this cluster. */
    public Optional<Past> newestReferences(String uuid) {
        List<ObjectInfo> snapshots = list(names.referenceSnapshots()).stream()
                .filter(info -> names.isReferenceSnapshot(info.key()))
                .sorted(Comparator.comparing(ObjectInfo::key).reversed())
                .toList();
        for (ObjectInfo snapshot : snapshots) {
            Optional<Past> past = References.parse(
                            environment.objects().read(snapshot.key(), 0, Math.toIntExact(snapshot.sizeBytes())))
                    .filter(read -> read.clusterUuid().equals(uuid))
                    .map(read -> past(read, snapshot));
            if (past.isPresent()) {
                return past;
            }
        }
        return Optional.empty();
    }

    private Past past(References read, ObjectInfo snapshot) {
        Map<PartitionId, Long> logStarts = new HashMap<>();
        Map<PartitionId, Long> sealed = new HashMap<>();
        read.partitions().forEach((id, kept) -> {
            logStarts.put(id, kept.logStart());
            SegmentName.parse(kept.newestSegment()).ifPresent(newest -> sealed.put(id, newest.endOffset()));
        });
        return new Past(
                names.referenceCounterIn(snapshot.key()).orElse(0),
                snapshot.lastModifiedMillis(),
                read.topics(),
                logStarts,
                sealed);
    }

    /** What the garbage collector would go by now, as far as the bucket's clock has come with the newest counter. */
    public Garbage garbage(String uuid, Duration grace) {
        Snapshots snapshots = new Snapshots(environment, names, JanitorSettings.withGrace(grace));
        List<ObjectInfo> counters = counters();
        return new Garbage(
                counters.isEmpty()
                        ? Optional.empty()
                        : snapshots.basis(
                                uuid, snapshots.list(), counters.getLast().lastModifiedMillis()));
    }
}
