// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;

/**
 * A partition that this broker has become the owner of, as the metadata said at that moment. Immutable.
 *
 * @param topic its topic
 * @param leaderEpoch the epoch of this ownership
 * @param logStart first offset that is kept
 * @param sealedThrough exclusive end of what stands in sealed segments
 * @param revision the revision of the acquiring transaction, which made the owner key
 */
public record AcquiredPartition(
        PartitionId id, Topic topic, int leaderEpoch, long logStart, long sealedThrough, long revision) {}
