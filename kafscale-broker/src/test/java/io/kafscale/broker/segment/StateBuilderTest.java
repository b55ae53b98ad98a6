// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.record.RecordBatch;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StateBuilderTest {

    private static SealedState over(Log log, long from, long end, SealedState before, long createdMillis) {
        StateBuilder state = new StateBuilder(before, createdMillis);
        for (RecordBatch batch : log.batches()) {
            if (batch.baseOffset() >= from && batch.baseOffset() < end) {
                state.add(batch);
            }
        }
        return state.build(end);
    }

    private static List<Integer> sequences(ProducerTail tail) {
        return tail.getBatchesList().stream()
                .map(ProducerBatch::getBaseSequence)
                .toList();
    }

    @Test
    void theLastFiveBatchesOfAProducerAreCarriedOn() {
        Log log = new Log();
        for (int i = 0; i < 12; i++) {
            log.batch(1, 10, 1_000, 7, 0, i);
        }
        SealedState first = over(log, 0, 3, SealedState.NONE, 1);
        SealedState second = over(log, 3, 6, first, 2);
        SealedState third = over(log, 6, 12, second, 3);

        assertThat(sequences(first.producers().getFirst())).containsExactly(0, 1, 2);
        assertThat(sequences(second.producers().getFirst())).containsExactly(1, 2, 3, 4, 5);
        assertThat(sequences(third.producers().getFirst())).containsExactly(7, 8, 9, 10, 11);
        assertThat(third.producers().getFirst().getBatches(4).getBaseOffset()).isEqualTo(11);
    }

    @Test
    void aNewEpochOfAProducerBeginsAnew() {
        Log log = new Log().batch(1, 10, 1, 7, 0, 50).batch(1, 10, 1, 7, 1, 0);

        ProducerTail tail = over(log, 0, 2, SealedState.NONE, 1).producers().getFirst();

        assertThat(tail.getProducerEpoch()).isEqualTo(1);
        assertThat(sequences(tail)).containsExactly(0);
    }

    @Test
    void theProducerThatWasSilentForLongestComesFirst() {
        Log log = new Log()
                .batch(1, 10, 1, 7, 0, 0)
                .batch(1, 10, 1, 8, 0, 0)
                .batch(1, 10, 1, 9, 0, 0)
                .batch(1, 10, 1, 7, 0, 1);
        SealedState first = over(log, 0, 3, SealedState.NONE, 1);

        assertThat(over(log, 3, 4, first, 1).producers())
                .extracting(ProducerTail::getProducerId)
                .containsExactly(8L, 9L, 7L);
    }

    @Test
    void aProducerIsForgottenADayAfterItsLastBatchWasSealedWhateverItsRecordsSay() {
        Log log = new Log()
                .batch(1, 10, Long.MAX_VALUE, 7, 0, 0)
                .batch(1, 10, 0, 8, 0, 0)
                .batch(1, 10, 0);
        SealedState first = over(log, 0, 1, SealedState.NONE, 1_000);
        SealedState second = over(log, 1, 2, first, 5_000);

        assertThat(over(log, 2, 3, second, 1_000 + StateBuilder.REMEMBERED_MS).producers())
                .hasSize(2);
        assertThat(over(log, 2, 3, second, 1_001 + StateBuilder.REMEMBERED_MS).producers())
                .extracting(ProducerTail::getProducerId)
                .containsExactly(8L);
    }

    @Test
    void thereAreNotMoreProducersThanALogRemembers() {
        Log log = new Log();
        for (int i = 0; i < StateBuilder.MOST_PRODUCERS + 3; i++) {
            log.batch(1, 0, 1, i, 0, 0);
        }

        List<ProducerTail> producers =
                over(log, 0, log.endOffset(), SealedState.NONE, 1).producers();

        assertThat(producers).hasSize(StateBuilder.MOST_PRODUCERS);
        assertThat(producers.getFirst().getProducerId()).isEqualTo(3);
    }

    @Test
    void batchesThatAreKnownAlreadyChangeNothing() {
        Log log = new Log()
                .batch(1, 10, 1, 7, 0, 0)
                .batch(1, 10, 1, 7, 0, 1)
                .epoch(1)
                .batch(1, 10, 1, 7, 0, 2);
        SealedState first = over(log, 0, 2, SealedState.NONE, 1);

        SealedState overlapping = over(log, 1, 3, first, 1);

        assertThat(sequences(overlapping.producers().getFirst())).containsExactly(0, 1, 2);
        assertThat(overlapping.epochs()).containsExactly(new EpochStart(0, 0), new EpochStart(1, 2));
    }
}
