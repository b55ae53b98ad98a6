// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.PartitionLog;
import org.apache.kafka.common.protocol.Errors;

/** Compares the leader epoch that a client knows with the one that is served (KIP-320). Stateless. */
final class EpochFence {
    private EpochFence() {}

    /** NONE also when the client states no epoch. */
    static Errors check(int clientEpoch, PartitionLog log) {
        if (clientEpoch < 0 || clientEpoch == log.leaderEpoch()) {
            return Errors.NONE;
        }
        return clientEpoch < log.leaderEpoch() ? Errors.FENCED_LEADER_EPOCH : Errors.UNKNOWN_LEADER_EPOCH;
    }
}
