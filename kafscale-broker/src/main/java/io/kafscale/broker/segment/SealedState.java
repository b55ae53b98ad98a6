// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.proto.log.LeaderEpochStart;
import io.kafscale.proto.log.ProducerTail;
import io.kafscale.proto.log.SealedProducer;
import io.kafscale.proto.log.SegmentState;
import java.util.List;

/**
 * What is known of a partition as of the end of a sealed segment, and handed on from segment to segment: leader epochs, the
 * last batches of idempotent producers, and the largest times. Immutable.
 */
public final class SealedState {

    /** Of a partition that has no sealed segment. */
    public static final SealedState NONE = new SealedState(0, SegmentState.getDefaultInstance(), TimeMarks.NONE);

    private final long endOffset;
    private final SegmentState state;
    private final TimeMarks marks;

    SealedState(long endOffset, SegmentState state, TimeMarks marks) {
        this.endOffset = endOffset;
        this.state = state;
        this.marks = marks;
    }

    /** Exclusive end of the segment. */
    public long endOffset() {
        return endOffset;
    }

    /** All leader epochs with batches before the end, in order. */
    public List<EpochStart> epochs() {
        return state.getEpochsList().stream()
                .map(epoch -> new EpochStart(epoch.getLeaderEpoch(), epoch.getStartOffset()))
                .toList();
    }

    /** The last batches of each producer, the one that was silent for longest first. */
    public List<ProducerTail> producers() {
        return state.getProducersList().stream().map(SealedProducer::getTail).toList();
    }

    /** Largest time of a record in this segment and all before it; {@link Long#MIN_VALUE} when there is none. */
    public long maxTimestamp() {
        return marks.maxBehind(-1);
    }

    List<LeaderEpochStart> storedEpochs() {
        return state.getEpochsList();
    }

    List<SealedProducer> storedProducers() {
        return state.getProducersList();
    }

    TimeMarks marks() {
        return marks;
    }

    SegmentState message() {
        return state;
    }
}
