// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Reason;
import io.kafscale.broker.log.ProducerWindows.Verdict;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ProducerWindowsTest {

    private final ProducerWindows windows = new ProducerWindows();
    private final Deque<RecordBatch> pending = new ArrayDeque<>();
    private final ProducerTail.Builder tail =
            ProducerTail.newBuilder().setProducerId(9).setProducerEpoch(1);
    private long nextOffset;
    private long nowMillis = 1_000_000;

    private static RecordBatch batch(int epoch, int sequence, int records) {
        String[] values = new String[records];
        Arrays.fill(values, "v");
        return TestBatch.of(values).producer(9, epoch, sequence).batch();
    }

    private Pending<Outcome> append(RecordBatch batch) {
        assertThat(windows.judge(batch, nowMillis)).isInstanceOf(Verdict.Fresh.class);
        batch.assign(nextOffset, 0);
        nextOffset = batch.nextOffset();
        Pending<Outcome> outcome = new Pending<>();
        windows.appended(batch, outcome, nowMillis);
        pending.addLast(batch);
        return outcome;
    }

    private void commitOldest() {
        windows.committed(pending.removeFirst());
    }

    private Reason refusal(RecordBatch batch) {
        return ((Verdict.Refused) windows.judge(batch, nowMillis)).reason();
    }

    @Test
    void aProducerWithoutStateIsAcceptedAtAnySequence() {
        assertThat(windows.judge(batch(3, 12_345, 1), nowMillis)).isInstanceOf(Verdict.Fresh.class);
    }

    @Test
    void aGapIsOutOfOrder() {
        append(batch(0, 0, 3));

        assertThat(refusal(batch(0, 4, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        assertThat(windows.judge(batch(0, 3, 1), nowMillis)).isInstanceOf(Verdict.Fresh.class);
    }

    @Test
    void aDuplicateJoinsTheOneThatIsPending() {
        append(batch(0, 0, 1));
        Pending<Outcome> second = append(batch(0, 1, 2));

        assertThat(windows.judge(batch(0, 1, 2), nowMillis)).isEqualTo(new Verdict.Duplicate(second));
    }

    @Test
    void allPendingAndTheLastFiveCommittedAreRemembered() {
        List<Pending<Outcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            outcomes.add(append(batch(0, i, 1)));
        }
        for (int i = 0; i < 12; i++) {
            commitOldest();
        }

        for (int i = 7; i < 20; i++) {
            assertThat(windows.judge(batch(0, i, 1), nowMillis)).isEqualTo(new Verdict.Duplicate(outcomes.get(i)));
        }
        for (int i = 0; i < 7; i++) {
            assertThat(refusal(batch(0, i, 1))).isEqualTo(Reason.DUPLICATE_SEQUENCE);
        }
    }

    @Test
    void aBatchThatOverlapsTheEndIsOutOfOrder() {
        append(batch(0, 0, 3));

        assertThat(refusal(batch(0, 2, 2))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
    }

    @Test
    void whatLiesBeforeTheFirstKnownSequenceIsNotCalledADuplicate() {
        append(batch(0, 100, 1));

        assertThat(refusal(batch(0, 99, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        assertThat(refusal(batch(0, 0, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
    }

    @Test
    void otherBoundsInsideOfWhatIsKnownAreADuplicate() {
        append(batch(0, 10, 4));

        assertThat(refusal(batch(0, 11, 2))).isEqualTo(Reason.DUPLICATE_SEQUENCE);
        assertThat(refusal(batch(0, 9, 2))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
    }

    @Test
    void anOlderEpochIsRefused() {
        append(batch(2, 0, 1));

        assertThat(refusal(batch(1, 1, 1))).isEqualTo(Reason.INVALID_PRODUCER_EPOCH);
    }

    @Test
    void aNewerEpochBeginsAtZero() {
        append(batch(2, 7, 1));

        assertThat(refusal(batch(3, 8, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        append(batch(3, 0, 1));
        assertThat(refusal(batch(2, 8, 1))).isEqualTo(Reason.INVALID_PRODUCER_EPOCH);
        assertThat(windows.judge(batch(3, 1, 1), nowMillis)).isInstanceOf(Verdict.Fresh.class);
    }

    @Test
    void batchesOfAnOlderEpochMayBeCommittedBehindANewOne() {
        append(batch(2, 7, 1));
        Pending<Outcome> newer = append(batch(3, 0, 1));

        commitOldest();
        commitOldest();

        assertThat(windows.judge(batch(3, 0, 1), nowMillis)).isEqualTo(new Verdict.Duplicate(newer));
    }

    @Test
    void sequencesGoOnAtZeroBehindTheLargest() {
        append(batch(0, Integer.MAX_VALUE - 1, 1));
        Pending<Outcome> around = append(batch(0, Integer.MAX_VALUE, 3));

        assertThat(windows.judge(batch(0, Integer.MAX_VALUE, 3), nowMillis)).isEqualTo(new Verdict.Duplicate(around));
        assertThat(refusal(batch(0, 3, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        append(batch(0, 2, 1));
        assertThat(refusal(batch(0, 1, 1))).isEqualTo(Reason.DUPLICATE_SEQUENCE);
    }

    @Test
    void aProducerThatIsSilentForADayIsForgottenWhenAnotherComes() {
        append(batch(0, 5, 1));
        commitOldest();
        nowMillis += 86_400_001;
        append(TestBatch.of("v").producer(10, 0, 0).batch());

        assertThat(windows.count()).isEqualTo(1);
    }

    @Test
    void aProducerWithSomethingPendingIsNotForgotten() {
        append(batch(0, 5, 1));
        nowMillis += 86_400_001;
        append(TestBatch.of("v").producer(10, 0, 0).batch());

        assertThat(windows.count()).isEqualTo(2);
    }

    private static ProducerBatch found(int sequence, int lastOffsetDelta) {
        return ProducerBatch.newBuilder()
                .setBaseSequence(sequence)
                .setLastOffsetDelta(lastOffsetDelta)
                .setBaseOffset(sequence)
                .build();
    }

    @Test
    void recoveredBatchesAreDuplicatesAndRemainInOrder() {
        for (int i = 0; i < 7; i++) {
            tail.addBatches(found(i * 2, 1));
        }
        windows.recover(List.of(tail.build()), 0, nowMillis);

        Verdict verdict = windows.judge(batch(1, 6, 2), nowMillis);
        assertThat(((Verdict.Duplicate) verdict).outcome().poll()).contains(new Outcome.Committed(6, -1, 0));
        assertThat(refusal(batch(1, 0, 2))).isEqualTo(Reason.DUPLICATE_SEQUENCE);
        assertThat(windows.judge(batch(1, 14, 1), nowMillis)).isInstanceOf(Verdict.Fresh.class);
    }

    @Test
    void whatWasRecoveredWithAGapIsKnownOnlyBehindIt() {
        tail.addBatches(found(0, 0));
        for (int i = 10; i < 16; i++) {
            tail.addBatches(found(i, 0));
        }
        windows.recover(List.of(tail.build()), 0, nowMillis);

        assertThat(refusal(batch(1, 10, 1))).isEqualTo(Reason.DUPLICATE_SEQUENCE);
        assertThat(refusal(batch(1, 9, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
    }

    @Test
    void nothingOvertakesTheFirstBatchOfAProducerThatWasTurnedAway() {
        windows.turnedAway(batch(0, 0, 10), nowMillis);

        assertThat(refusal(batch(0, 10, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        append(batch(0, 0, 10));
        append(batch(0, 10, 1));
    }

    @Test
    void aProducerThatWasTurnedAwayMayBeginANewEpoch() {
        windows.turnedAway(batch(0, 5, 10), nowMillis);

        append(batch(1, 0, 1));
        assertThat(refusal(batch(0, 5, 10))).isEqualTo(Reason.INVALID_PRODUCER_EPOCH);
    }

    @Test
    void whatWasTurnedAwayIsForgottenAfterAWhile() {
        windows.turnedAway(batch(0, 0, 10), nowMillis);
        nowMillis += Duration.ofMinutes(5).toMillis() - 1;
        assertThat(refusal(batch(0, 10, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        nowMillis++;

        append(batch(0, 10, 1));
    }

    @Test
    void aKnownProducersStateIsNotTouchedByARefusal() {
        append(batch(0, 0, 10));

        windows.turnedAway(batch(0, 10, 1), nowMillis);

        assertThat(refusal(batch(0, 11, 1))).isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        append(batch(0, 10, 1));
    }

    @Test
    void onlySoManyThatWereTurnedAwayAreRemembered() {
        for (int id = 0; id <= 10_000; id++) {
            windows.turnedAway(TestBatch.of("v").producer(id, 0, 0).batch(), nowMillis);
        }

        assertThat(windows.judge(TestBatch.of("v").producer(0, 0, 1).batch(), nowMillis))
                .isInstanceOf(Verdict.Fresh.class);
        assertThat(windows.judge(TestBatch.of("v").producer(1, 0, 1).batch(), nowMillis))
                .isInstanceOf(Verdict.Refused.class);
    }
}
