// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.metadata.PartitionId;

/** Sealed offsets of a partition are in no segment that the store has: an alarm, not the end of the log. Immutable. */
public final class SegmentGapException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final long fromOffset;
    private final long endOffset;

    SegmentGapException(String topic, PartitionId id, long fromOffset, long endOffset) {
        super("partition " + id + " of topic " + topic + ": no segment has offsets " + fromOffset + " to "
                + (endOffset - 1));
        this.fromOffset = fromOffset;
        this.endOffset = endOffset;
    }

    /** The first offset that is missing. */
    public long fromOffset() {
        return fromOffset;
    }

    /** The first one behind those that are missing. */
    public long endOffset() {
        return endOffset;
    }
}
