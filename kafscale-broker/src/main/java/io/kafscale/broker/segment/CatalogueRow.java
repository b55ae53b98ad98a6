// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.metadata.PartitionId;

/**
 * A sealed segment as a listing has it. Immutable.
 *
 * @param endOffset exclusive
 * @param sizeBytes length of the {@code .kfs}
 */
record CatalogueRow(long baseOffset, long endOffset, int leaderEpoch, long sizeBytes) {

    static CatalogueRow of(SegmentName name, long sizeBytes) {
        return new CatalogueRow(name.baseOffset(), name.endOffset(), name.leaderEpoch(), sizeBytes);
    }

    SegmentName name(String topic, PartitionId id) {
        return new SegmentName(topic, id, baseOffset, endOffset - 1, leaderEpoch);
    }

    /** Whether it is to be taken where both have the offset that is due: it reaches further, or has a higher epoch. */
    boolean isBefore(CatalogueRow other) {
        return endOffset != other.endOffset ? endOffset > other.endOffset : leaderEpoch > other.leaderEpoch;
    }
}
