// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import io.kafscale.broker.metadata.PartitionId;

/**
 * A partition whose log is to be found. Immutable.
 *
 * @param topic its name, for messages
 * @param leaderEpoch the epoch of this ownership, above that of everything in the log
 * @param logStart first offset that is kept
 * @param sealedThrough exclusive end of what stands in sealed segments
 * @param newestSegment name of the last of these; empty for none
 */
public record RecoveryRequest(
        PartitionId id, String topic, int leaderEpoch, long logStart, long sealedThrough, String newestSegment) {

    /** The offset from which on chunks are wanted. */
    long start() {
        return Math.max(logStart, sealedThrough);
    }

    /** Nobody has owned the partition before, so nobody has written to it. */
    boolean isFirstOwnership() {
        return leaderEpoch == 0;
    }
}
