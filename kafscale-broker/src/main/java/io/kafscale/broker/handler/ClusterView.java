// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Membership;
import java.util.List;

/**
 * The brokers as one answer shows them: taken once, so that every broker which the answer names is in its list.
 * Immutable.
 *
 * @param controllerId one of the brokers
 */
record ClusterView(List<BrokerNode> brokers, int controllerId) {

    ClusterView {
        brokers = List.copyOf(brokers);
    }

    static ClusterView of(Membership membership) {
        List<BrokerNode> known = membership.brokers();
        List<BrokerNode> brokers = known.isEmpty() ? List.of(membership.self()) : List.copyOf(known);
        int controller = membership.controllerId();
        boolean listed = brokers.stream().anyMatch(broker -> broker.id() == controller);
        return new ClusterView(brokers, listed ? controller : brokers.get(0).id());
    }

    boolean has(int brokerId) {
        return brokers.stream().anyMatch(broker -> broker.id() == brokerId);
    }
}
