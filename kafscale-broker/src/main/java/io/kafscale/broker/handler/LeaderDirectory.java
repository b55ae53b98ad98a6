// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Leadership;
import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.metadata.PartitionId;
import java.util.Optional;

/** Tells clients that came to the wrong broker where to go. Thread-safe. */
public final class LeaderDirectory {

    private final Ownership ownership;
    private final Membership membership;

    public LeaderDirectory(Ownership ownership, Membership membership) {
        this.ownership = ownership;
        this.membership = membership;
    }

    Leadership leaderOf(PartitionId id) {
        return ownership.leaderOf(id);
    }

    Optional<BrokerNode> node(int brokerId) {
        return membership.brokers().stream()
                .filter(broker -> broker.id() == brokerId)
                .findFirst();
    }

    /** Whether this broker may still say that something does not exist. */
    boolean isCertain() {
        return ownership.isCertain();
    }
}
