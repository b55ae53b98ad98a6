// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.recovery.RecoveryRequest;
import io.kafscale.proto.metadata.PartitionState;
import java.util.function.Supplier;

/**
 * A partition that is to be recovered and served. Immutable.
 *
 * @param state as the acquiring transaction wrote it, with the epoch of this ownership
 * @param acquiredRevision the revision of that transaction, which made the owner key
 * @param settings what is set for the topic, asked whenever it matters by any thread; must not block
 */
public record OpenRequest(
        PartitionId id, String topic, PartitionState state, long acquiredRevision, Supplier<LogSettings> settings) {

    public OpenRequest {
        if (state.getLeaderEpoch() < 0 || state.getLogStart() < 0 || state.getSealedThrough() < 0) {
            throw new IllegalArgumentException("partition " + id + ": " + state);
        }
    }

    int leaderEpoch() {
        return state.getLeaderEpoch();
    }

    RecoveryRequest recovery() {
        return new RecoveryRequest(
                id,
                topic,
                state.getLeaderEpoch(),
                state.getLogStart(),
                state.getSealedThrough(),
                state.getNewestSegment());
    }
}
