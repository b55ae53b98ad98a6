// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.proto.log.LeaderEpochStart;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import io.kafscale.proto.log.SealedProducer;
import io.kafscale.proto.log.SegmentState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Carries a {@link SealedState} over the batches of the next segment. A producer is left out when its last batch was sealed
 * more than a day ago, or when there are very many; the times that producers write into their records do not count. Confined
 * to one thread.
 */
final class StateBuilder {

    /** As many as a log remembers. */
    static final int MOST_PRODUCERS = 50_000;

    static final long REMEMBERED_MS = Duration.ofDays(1).toMillis();

    private final SealedState before;
    private final long createdMillis;
    private final List<LeaderEpochStart> epochs;

    /** By producer id, the one that was silent for longest first. */
    private final Map<Long, Window> producers = new LinkedHashMap<>();

    private long maxTimestamp = Long.MIN_VALUE;

    /** The last batches of a producer, all of one epoch. */
    private static final class Window {
        private final int epoch;
        private final long sealedMillis;
        private final Deque<ProducerBatch> batches = new ArrayDeque<>();

        private Window(int epoch, long sealedMillis, Iterable<ProducerBatch> batches) {
            this.epoch = epoch;
            this.sealedMillis = sealedMillis;
            batches.forEach(this.batches::add);
        }
    }

    StateBuilder(SealedState before, long createdMillis) {
        this.before = before;
        this.createdMillis = createdMillis;
        this.epochs = new ArrayList<>(before.storedEpochs());
        for (SealedProducer producer : before.storedProducers()) {
            if (createdMillis - producer.getSealedMs() <= REMEMBERED_MS) {
                ProducerTail tail = producer.getTail();
                producers.put(
                        tail.getProducerId(),
                        new Window(tail.getProducerEpoch(), producer.getSealedMs(), tail.getBatchesList()));
            }
        }
    }

    void add(RecordBatch batch) {
        maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
        if (batch.nextOffset() <= before.endOffset()) {
            return; // segments that overlap: it is known already
        }
        if (epochs.isEmpty() || epochs.getLast().getLeaderEpoch() < batch.leaderEpoch()) {
            epochs.add(LeaderEpochStart.newBuilder()
                    .setLeaderEpoch(batch.leaderEpoch())
                    .setStartOffset(batch.baseOffset())
                    .build());
        }
        if (batch.hasProducer()) {
            addProducer(batch);
        }
    }

    private void addProducer(RecordBatch batch) {
        Window known = producers.remove(batch.producerId());
        Window window = new Window(
                batch.producerEpoch(),
                createdMillis,
                known != null && known.epoch == batch.producerEpoch() ? known.batches : List.of());
        if (window.batches.size() == SharedImage.PRODUCER_BATCHES) {
            window.batches.removeFirst();
        }
        window.batches.addLast(ProducerBatch.newBuilder()
                .setBaseSequence(batch.baseSequence())
                .setBaseOffset(batch.baseOffset())
                .setLastOffsetDelta(batch.lastOffsetDelta())
                .setMaxTimestamp(batch.maxTimestamp())
                .setLogAppendTime(batch.hasLogAppendTime())
                .build());
        producers.put(batch.producerId(), window);
        if (producers.size() > MOST_PRODUCERS) {
            producers.remove(producers.keySet().iterator().next());
        }
    }

    /** Largest time of a record that was added; {@link Long#MIN_VALUE} when none was. */
    long maxTimestamp() {
        return maxTimestamp;
    }

    /** The state as of the end of the segment. */
    SealedState build(long endOffset) {
        SegmentState.Builder state = SegmentState.newBuilder().addAllEpochs(epochs);
        producers.forEach((id, window) -> state.addProducers(SealedProducer.newBuilder()
                .setSealedMs(window.sealedMillis)
                .setTail(ProducerTail.newBuilder()
                        .setProducerId(id)
                        .setProducerEpoch(window.epoch)
                        .addAllBatches(window.batches))));
        return new SealedState(endOffset, state.build(), before.marks().with(endOffset, maxTimestamp));
    }
}
