// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.recovery.RecoveryRequest;

/**
 * A partition that is to be recovered and served. Immutable.
 *
 * @param leaderEpoch the epoch of this ownership, above that of everything in the log
 * @param logStart first offset that is kept
 * @param sealedThrough exclusive end of what stands in sealed segments
 */
public record OpenRequest(
        PartitionId id, String topic, int leaderEpoch, long logStart, long sealedThrough, LogSettings settings) {

    public OpenRequest {
        if (leaderEpoch < 0 || logStart < 0 || sealedThrough < 0) {
            throw new IllegalArgumentException("partition " + id + ": leader epoch " + leaderEpoch + ", log start "
                    + logStart + ", sealed through " + sealedThrough);
        }
    }

    RecoveryRequest recovery() {
        return new RecoveryRequest(id, topic, leaderEpoch, logStart, sealedThrough);
    }
}
