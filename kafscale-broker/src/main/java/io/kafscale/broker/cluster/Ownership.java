// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.Optional;

/** Who leads what, and what this broker does to lead it. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class Ownership {

    Ownership() {}

    /** The owner of a partition: this broker only while it serves it. */
    public Leadership leaderOf(PartitionId partition) {
        throw new UnsupportedOperationException(partition.toString());
    }

    public boolean ownsGroupShard(int shard) {
        return holdsGroupShard(shard).isPresent();
    }

    /**
     * The condition under which this broker still owns a group shard since it last acquired it; a write for the shard
     * compares it together with {@link Token#holds()}. Another condition means another ownership: state kept in memory
     * from an earlier one is stale.
     */
    public Optional<Compare> holdsGroupShard(int shard) {
        throw new UnsupportedOperationException("shard " + shard);
    }

    /** The newest registration of this broker, which may be lost already; every write compares it. */
    public Token token() {
        throw new UnsupportedOperationException();
    }

    /** Registered, and everything that was free at that time is served. */
    public boolean isReady() {
        throw new UnsupportedOperationException();
    }

    /** The lease was confirmed within 60 % of its time to live, so that nobody else can own what this broker owns. */
    public boolean isCertain() {
        throw new UnsupportedOperationException();
    }

    /** Waits until each of the partitions has an owner that serves it; false when the deadline has passed before. */
    public boolean awaitOwned(Collection<PartitionId> partitions, Deadline deadline) throws InterruptedException {
        throw new UnsupportedOperationException(partitions.toString() + deadline);
    }
}
