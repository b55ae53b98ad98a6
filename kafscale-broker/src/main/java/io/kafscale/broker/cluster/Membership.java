// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.util.List;

/** Who takes part in the cluster, as clients are told. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class Membership {

    Membership() {}

    public BrokerNode self() {
        throw new UnsupportedOperationException();
    }

    /** All registered brokers in the order of their ids, this one always among them. */
    public List<BrokerNode> brokers() {
        throw new UnsupportedOperationException();
    }

    /** The id of one of {@link #brokers()}: the smallest. */
    public int controllerId() {
        throw new UnsupportedOperationException();
    }

    /** The cluster's id as Kafka shows ids: 22 characters, random, made with the cluster. */
    public String clusterUuid() {
        throw new UnsupportedOperationException();
    }

    public int groupShards() {
        throw new UnsupportedOperationException();
    }

    /** The shard of a group, the same for ever. */
    public int shardOf(String group) {
        throw new UnsupportedOperationException(group);
    }

    /** The broker that owns the group's shard, or the one that takes it next while nobody does. */
    public BrokerNode coordinatorOf(String group) {
        throw new UnsupportedOperationException(group);
    }
}
