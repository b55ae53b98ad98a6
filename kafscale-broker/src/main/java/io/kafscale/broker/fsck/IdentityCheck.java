// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.janitor.JanitorEnvironment;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.ClusterIdentity;
import java.util.List;
import java.util.Optional;

/** Whether both stores are those of one cluster, and the metadata is as new as the bucket. Confined to one thread. */
final class IdentityCheck {

    private final LogEnvironment environment;
    private final BucketHistory history;
    private String uuid = "";

    IdentityCheck(LogEnvironment environment) {
        this.environment = environment;
        this.history = history(environment);
    }

    static BucketHistory history(LogEnvironment environment) {
        return new BucketHistory(new JanitorEnvironment(
                environment.clock(),
                environment.threads(),
                environment.random(),
                environment.objects(),
                environment.metadata(),
                environment.keys(),
                environment.root()));
    }

    BucketHistory history() {
        return history;
    }

    /** The cluster's, once it has no problem. */
    String uuid() {
        return uuid;
    }

    /** What is wrong; empty when nothing is. */
    Optional<String> problem() {
        Optional<BucketHistory.Owner> bucket;
        try {
            bucket = history.owner();
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.CORRUPT) {
                throw e;
            }
            return Optional.of(String.valueOf(e.getMessage()));
        }
        // the bucket's counter first: the metadata's is raised before it
        BucketHistory.Counter counter = history.counter();
        String key = environment.keys().cluster();
        Snapshot seen = environment.metadata().get(List.of(key));
        Optional<KeyValue> metadata = seen.find(key);
        if (bucket.isEmpty()) {
            return Optional.of(
                    metadata.isEmpty()
                            ? "there is no cluster: neither store has an identity"
                            : "the metadata holds a cluster, but the object store has no identity: connect the one that"
                                    + " belongs to it");
        }
        if (metadata.isEmpty()) {
            return Optional.of("the objects belong to cluster " + bucket.get().uuid()
                    + ", but the metadata holds no cluster: connect the metadata store that belongs to them, or run"
                    + " 'fsck restore'");
        }
        try {
            return compare(ClusterIdentity.parseFrom(metadata.get().value()), seen.revision(), bucket.get(), counter);
        } catch (InvalidProtocolBufferException e) {
            return Optional.of("key " + key + " cannot be read");
        }
    }

    private Optional<String> compare(
            ClusterIdentity metadata, long revision, BucketHistory.Owner bucket, BucketHistory.Counter counter) {
        if (!metadata.getUuid().equals(bucket.uuid())) {
            return Optional.of("the metadata is that of cluster " + metadata.getUuid()
                    + ", but the objects belong to cluster " + bucket.uuid());
        }
        Optional<String> newer = newer(Math.max(metadata.getFormatVersion(), bucket.formatVersion()));
        if (newer.isPresent()) {
            return newer;
        }
        if (isBehind(metadata, revision, counter)) {
            return Optional.of("the metadata is older than the objects: its counter is " + metadata.getCounter()
                    + " at revision " + revision + ", that of the object store is " + counter.value() + " at revision "
                    + counter.revision() + "; stop all brokers, and run 'fsck restore'");
        }
        uuid = metadata.getUuid();
        return Optional.empty();
    }

    /** Why a format cannot be looked at; empty when it can. */
    static Optional<String> newer(int formatVersion) {
        return formatVersion <= BucketHistory.NEWEST_FORMAT
                ? Optional.empty()
                : Optional.of("the cluster has format version " + formatVersion + ", but this program knows none above "
                        + BucketHistory.NEWEST_FORMAT + ": use a newer one");
    }

    static boolean isBehind(ClusterIdentity metadata, long revision, BucketHistory.Counter counter) {
        return metadata.getCounter() < counter.value() || revision < counter.revision();
    }
}
