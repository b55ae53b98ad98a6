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

    /** The same with the size, by the number of offsets, of what lies between two of them. */
    CatalogueRow part(long from, long end) {
        long offsets = Math.min(end, endOffset) - Math.max(from, baseOffset);
        long all = endOffset - baseOffset;
        return offsets >= all
                ? this
                : new CatalogueRow(baseOffset, endOffset, leaderEpoch, Math.round((double) sizeBytes * offsets / all));
    }

    /** Whether it is to be taken where both have the offset that is due: it reaches further, or has a higher epoch. */
    boolean isBefore(CatalogueRow other) {
        return endOffset != other.endOffset ? endOffset > other.endOffset : leaderEpoch > other.leaderEpoch;
    }
}
