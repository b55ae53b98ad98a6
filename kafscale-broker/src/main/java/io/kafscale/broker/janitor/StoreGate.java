// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.cluster.ClusterGate;
import io.kafscale.broker.cluster.Identity;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.Witness;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.ClusterIdentity;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Compares the identity and the counter in the metadata and in the bucket, and makes them for a new cluster.
 *
 * <pre>
 *   nothing         put the key "cluster", if absent: uuid, counter 0
 *   key             put {root}/cluster.json, if absent, with that uuid; read it back
 *   both            raise the counter: first in the metadata, then in the bucket
 *   counter above 0 brokers may register
 * </pre>
 *
 * Who starts behind a crash goes on from where it happened. A refusal is looked at twice, since another broker may be making
 * the identity meanwhile. Thread-safe.
 */
public final class StoreGate implements ClusterGate {

    private static final int GROUP_SHARDS = 64;
    /** What was damaged on its way comes right some time; what is damaged where it is kept never does. */
    private static final int READS = 12;

    private static final int ATTEMPTS = 8;
    private static final int IDENTITY_BYTES = 64 << 10;

    private final JanitorEnvironment environment;
    private final RootNames names;
    private final RestoreCounter counter;
    private final String places;
    private final Consumer<RuntimeException> death;
    private final Supplier<Optional<Witness>> witness;

    /** The cluster, once it was seen whole: from then on nothing is made any more. */
    private final Pending<ClusterIdentity> known = new Pending<>();

    /**
     * A gate that has not been asked.
     *
     * @param places a sentence about where the stores are, for who reads a refusal
     * @param death told when a broker that has served must not go on
     * @param witness of what this process has seen applied
     */
    public StoreGate(
            JanitorEnvironment environment,
            String places,
            Consumer<RuntimeException> death,
            Supplier<Optional<Witness>> witness) {
        this.environment = environment;
        this.names = new RootNames(environment.root());
        this.counter = new RestoreCounter(environment, names);
        this.places = places;
        this.death = death;
        this.witness = witness;
    }

    /** Also raises the counter. */
    @Override
    public Verdict ask() {
        return verdict(() -> {
            ClusterIdentity identity = established();
            counter.raise();
            requireRemembered();
            if (known.complete(identity)) {
                // a bucket that does not honour conditions may have let two win: the later one shows by now
                established();
            }
            return identity;
        });
    }

    /** The same without raising the counter. */
    Verdict look() {
        return verdict(() -> {
            ClusterIdentity identity = established();
            counter.check();
            requireRemembered();
            return identity;
        });
    }

    RestoreCounter counter() {
        return counter;
    }

    @Override
    public void condemn(String reason) {
        death.accept(new RefusedException(reason));
    }

    private Verdict verdict(Supplier<ClusterIdentity> look) {
        for (int read = 1; ; read++) {
            try {
                ClusterIdentity identity = look.get();
                return new Verdict.Open(new Identity(identity.getUuid(), identity.getGroupShards()));
            } catch (RefusedException e) {
                return new Verdict.Shut(e.getMessage() + ". " + places);
            } catch (MetadataException e) {
                return new Verdict.Unclear(e, e.kind() == MetadataException.Kind.UNAVAILABLE);
            } catch (StorageException e) {
                if (e.kind() != StorageException.Kind.CORRUPT || read == READS) {
                    return new Verdict.Unclear(e, mayPass(e));
                }
            }
        }
    }

    private static boolean mayPass(StorageException e) {
        return e.kind() == StorageException.Kind.UNAVAILABLE || e.kind() == StorageException.Kind.THROTTLED;
    }

    private ClusterIdentity established() {
        Optional<String> refusedBefore = Optional.empty();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            switch (halves().next(environment.keys().clusterId())) {
                case Halves.Next.Go(ClusterIdentity identity) -> {
                    return requireKnown(identity);
                }
                case Halves.Next.Refuse(String reason) -> {
                    if (refusedBefore.equals(Optional.of(reason))) {
                        throw new RefusedException(reason);
                    }
                    refusedBefore = Optional.of(reason);
                }
                case Halves.Next.MakeMetadata make -> {
                    requireNew();
                    makeMetadata();
                }
                case Halves.Next.MakeBucket(BucketIdentity half) -> {
                    requireNew();
                    // whatever the outcome, what is there then counts
                    environment.objects().put(names.identity(), List.of(half.toBytes()));
                }
            }
        }
        throw new MetadataException(
                MetadataException.Kind.UNAVAILABLE,
                "the identity of cluster " + environment.keys().clusterId() + " is not there although it was written");
    }

    private ClusterIdentity requireKnown(ClusterIdentity identity) {
        Optional<ClusterIdentity> before = known.poll();
        if (before.isPresent() && !before.get().getUuid().equals(identity.getUuid())) {
            throw new RefusedException("both stores were replaced: they are those of cluster " + identity.getUuid()
                    + ", but this broker has served cluster " + before.get().getUuid()
                    + ". Restart it if this is meant");
        }
        if (before.isPresent() && before.get().getRestored() < identity.getRestored()) {
            throw new RefusedException(
                    "cluster " + identity.getUuid()
                            + " was restored since this broker started: what it remembers may not be true any more. Restart it");
        }
        return identity;
    }

    /**
     * What this process has seen applied is not taken back. Neither the counter nor the revision must tell: metadata that was
     * set back by seconds may have the same counter, and a higher revision if that was bumped.
     */
    private void requireRemembered() {
        witness.get().ifPresent(seen -> {
            String clusterKey = environment.keys().cluster();
            String restoring = environment.keys().restoring();
            String ended = environment.keys().ended();
            Snapshot now = environment.metadata().get(List.of(seen.key(), ended, clusterKey, restoring));
            if (seen.isBorneOutBy(now, ended)) {
                return;
            }
            if (now.find(restoring).isPresent()) {
                throw new RefusedException("the cluster is being restored: a broker must not run meanwhile");
            }
            ClusterIdentity identity = now.find(clusterKey)
                    .map(StoreGate::read)
                    .map(this::requireKnown)
                    .orElseThrow(() -> new MetadataException(
                            MetadataException.Kind.UNAVAILABLE, "key " + clusterKey + " is gone since it was read"));
            counter.bar(identity, seen.revision());
            throw new RefusedException("the metadata of cluster " + identity.getUuid()
                    + " was restored to an older state: key " + seen.key() + " has lost what was committed at revision "
                    + seen.revision() + ". Stop all brokers, and run 'fsck restore'");
        });
    }

    private void requireNew() {
        known.poll().ifPresent(before -> {
            throw new RefusedException(
                    "cluster " + before.getUuid() + " is gone: neither the metadata nor the bucket knows it any"
                            + " more, although this broker has served it. Restart it if this is meant");
        });
    }

    /** The bucket first: its half is never there before that of the metadata. */
    private Halves halves() {
        Optional<BucketIdentity> bucket = bucketIdentity();
        Optional<ClusterIdentity> metadata = metadataIdentity();
        if (bucket.isPresent()) {
            return new Halves(names, metadata, bucket, Optional.empty(), false);
        }
        boolean everCommitted = metadata.isPresent()
                && !environment
                        .metadata()
                        .range(environment.keys().heads())
                        .all()
                        .isEmpty();
        return new Halves(names, metadata, bucket, stranger(), everCommitted);
    }

    private Optional<ClusterIdentity> metadataIdentity() {
        String key = environment.keys().cluster();
        return environment.metadata().get(List.of(key)).find(key).map(StoreGate::read);
    }

    /** What the key {@code cluster} says. */
    static ClusterIdentity read(KeyValue entry) {
        try {
            ClusterIdentity identity = ClusterIdentity.parseFrom(entry.value());
            if (identity.getUuid().isEmpty() || identity.getGroupShards() < 1 || identity.getCounter() < 0) {
                throw new MetadataException(
                        MetadataException.Kind.CORRUPT, "key " + entry.key() + " holds no cluster: " + identity);
            }
            return identity;
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }

    private Optional<BucketIdentity> bucketIdentity() {
        try {
            return Optional.of(BucketIdentity.parse(environment.objects().readTail(names.identity(), IDENTITY_BYTES))
                    .orElseThrow(() -> new RefusedException("object " + names.identity()
                            + " cannot be read as the identity of a cluster: nobody can tell whose the bucket is")));
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** An object below the root that no start leaves behind. */
    private Optional<ObjectKey> stranger() {
        String after = "";
        while (true) {
            List<ObjectInfo> page = environment.objects().list(names.all(), after, ObjectStore.MAX_LISTING);
            Optional<ObjectKey> stranger = page.stream()
                    .map(ObjectInfo::key)
                    .filter(key -> !key.value().startsWith(names.probes()))
                    .findFirst();
            if (stranger.isPresent() || page.size() < ObjectStore.MAX_LISTING) {
                return stranger;
            }
            after = page.getLast().key().value();
        }
    }

    /** Whatever the outcome, what is there then counts: the first writer wins. */
    private void makeMetadata() {
        String key = environment.keys().cluster();
        ClusterIdentity identity = ClusterIdentity.newBuilder()
                .setUuid(TopicIds.text(TopicIds.random(environment.random())))
                .setGroupShards(GROUP_SHARDS)
                .setFormatVersion(Halves.FORMAT_VERSION)
                .setCreatedMs(environment.clock().wallMillis())
                .build();
        environment
                .metadata()
                .commit(Transaction.when(Compare.absent(key))
                        .put(key, identity.toByteString())
                        .build());
    }
}
