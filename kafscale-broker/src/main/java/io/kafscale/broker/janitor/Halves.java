// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.proto.metadata.ClusterIdentity;
import java.util.Optional;

/**
 * What the two stores say of a cluster's identity, and what follows from it. The metadata's half is made first, and no
 * broker registers before the bucket's half is there and the counter was raised from 0. So a counter of 0 says that nothing
 * was ever written, and the making may go on; any other absence is a loss. Immutable.
 *
 * @param metadata what the key {@code cluster} holds
 * @param bucket what {@code cluster.json} holds
 * @param stranger an object below the root, looked for when there is no {@code cluster.json}
 * @param everCommitted whether the metadata names a commit, looked for when there is no {@code cluster.json}
 */
record Halves(
        RootNames names,
        Optional<ClusterIdentity> metadata,
        Optional<BucketIdentity> bucket,
        Optional<ObjectKey> stranger,
        boolean everCommitted) {

    static final int FORMAT_VERSION = 1;

    /** What is to be done. Immutable. */
    sealed interface Next {

        /** Neither half is there, and nothing else either. */
        record MakeMetadata() implements Next {}

        /** The metadata's half is there, and the bucket's has not been made yet. */
        record MakeBucket(BucketIdentity half) implements Next {}

        /** Both are there, and the same. */
        record Go(ClusterIdentity identity) implements Next {}

        record Refuse(String reason) implements Next {}
    }

    Next next(String clusterId) {
        Optional<Next> newer = metadata.filter(half -> half.getFormatVersion() > FORMAT_VERSION)
                .map(half -> new Next.Refuse("cluster " + half.getUuid() + " has format version "
                        + half.getFormatVersion() + ", but this broker knows none above " + FORMAT_VERSION
                        + ": start a newer broker"));
        return newer.orElseGet(
                () -> bucket.map(half -> withBucket(clusterId, half)).orElseGet(() -> withoutBucket(clusterId)));
    }

    private Next withBucket(String clusterId, BucketIdentity half) {
        if (metadata.isEmpty()) {
            return new Next.Refuse("the metadata of this cluster is missing: object " + names.identity()
                    + " says that the objects belong to cluster " + half.uuid()
                    + ", but the metadata store holds no cluster " + clusterId
                    + ". Connect the metadata store that belongs to the objects, or bring the metadata back with"
                    + " 'fsck restore'; a new cluster needs another namespace or cluster id");
        }
        String uuid = metadata.get().getUuid();
        if (!half.uuid().equals(uuid)) {
            return new Next.Refuse("two clusters have the same name: object " + names.identity()
                    + " says that the objects belong to cluster " + half.uuid()
                    + ", but the metadata is that of cluster "
                    + uuid + ". Give one of them another namespace or cluster id, or connect the stores that belong"
                    + " together");
        }
        return new Next.Go(metadata.get());
    }

    private Next withoutBucket(String clusterId) {
        Optional<ClusterIdentity> served = metadata.filter(half -> half.getCounter() > 0 || everCommitted);
        if (served.isPresent()) {
            return new Next.Refuse("the objects of this cluster are missing: the metadata is that of cluster "
                    + served.get().getUuid() + ", but there is no object " + names.identity()
                    + ". The object store was emptied, or is not the one that belongs to the metadata: connect that one; a new"
                    + " cluster needs another cluster id");
        }
        if (stranger.isPresent()) {
            return new Next.Refuse("the identity of this cluster is missing: there are objects below " + names.all()
                    + ", such as " + stranger.get() + ", but no object " + names.identity()
                    + ". A new cluster needs another namespace or cluster id");
        }
        return metadata.<Next>map(half -> new Next.MakeBucket(BucketIdentity.of(half, clusterId)))
                .orElseGet(Next.MakeMetadata::new);
    }
}
