// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.proto.metadata.PartitionState;

/**
 * A partition that this broker has become the owner of, as the metadata said at that moment. Immutable.
 *
 * @param topic its topic
 * @param state as the acquiring transaction wrote it, with the epoch of this ownership
 * @param revision the revision of that transaction, which made the owner key
 */
public record AcquiredPartition(PartitionId id, Topic topic, PartitionState state, long revision) {

    /** The epoch of this ownership. */
    public int leaderEpoch() {
        return state.getLeaderEpoch();
    }
}
