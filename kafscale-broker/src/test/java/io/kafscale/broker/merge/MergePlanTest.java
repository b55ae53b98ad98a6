// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.merge.MergePlan.Candidate;
import io.kafscale.broker.merge.MergePlan.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MergePlanTest {

    private static final MergeLimits LIMITS = MergeLimits.forHeap(1L << 30);
    private static final int MIB = 1 << 20;

    private static Candidate record(int tier, long bytes, long liveBytes) {
        return new Candidate(tier, bytes, liveBytes, liveBytes == 0 ? 0 : 10, 1_000, true);
    }

    private static List<Candidate> records(int count, int tier, long bytes) {
        return new ArrayList<>(Collections.nCopies(count, record(tier, bytes, bytes)));
    }

    @SafeVarargs
    private static Step next(List<Candidate>... parts) {
        List<Candidate> all = new ArrayList<>();
        for (List<Candidate> part : parts) {
            all.addAll(part);
        }
        return MergePlan.next(all, LIMITS);
    }

    @Test
    void sixtyFourFreshOnesBecomeOneWhenThereIsOneBehind() {
        assertThat(next(records(64, 0, 100_000))).isEqualTo(new Step.Nothing());
        assertThat(next(records(65, 0, 100_000))).isEqualTo(new Step.Merge(0, 64, 1));
    }

    @Test
    void largeFreshOnesWaitUntilTheirPartitionsAreSealed() {
        assertThat(next(records(65, 0, MIB))).isEqualTo(new Step.Merge(0, 64, 1));
        assertThat(next(records(65, 0, MIB + 1))).isEqualTo(new Step.Nothing());
        assertThat(next(records(131, 0, 8 * MIB))).isEqualTo(new Step.Relieve(0));
        assertThat(next(records(145, 0, 8 * MIB))).isInstanceOf(Step.Merge.class);
    }

    @Test
    void sixteenOfATierBecomeOneOfTheNext() {
        assertThat(next(records(3, 2, 100 * MIB), records(16, 1, MIB), records(2, 0, 100)))
                .isEqualTo(new Step.Merge(3, 19, 2));
    }

    @Test
    void aLowerOneAmongThemGoesAlong() {
        assertThat(next(records(8, 1, MIB), records(1, 0, 100), records(8, 1, MIB), records(1, 0, 100)))
                .isEqualTo(new Step.Merge(0, 17, 2));
    }

    @Test
    void fewerAreEnoughWhenTheNextWouldBeTooMuch() {
        assertThat(next(records(5, 2, 100 * MIB), records(2, 0, 100))).isEqualTo(new Step.Nothing());
        assertThat(next(records(6, 2, 100 * MIB), records(2, 0, 100))).isEqualTo(new Step.Merge(0, 5, 3));
    }

    @Test
    void aLargeOneIsNotRewrittenForALittle() {
        assertThat(next(
                        records(1, 2, 400 * MIB),
                        records(1, 2, 50 * MIB),
                        records(1, 2, 400 * MIB),
                        records(1, 0, 100)))
                .isEqualTo(new Step.Nothing());
    }

    @Test
    void emptyOnesAreDroppedButForTheLast() {
        assertThat(next(
                        List.of(record(0, 100, 0)),
                        records(1, 0, 100),
                        List.of(record(1, 100, 0)),
                        List.of(record(0, 100, 0))))
                .isEqualTo(new Step.Drop(List.of(0, 2)));
    }

    @Test
    void adjacentOnesWithLittleLeftAreRewrittenTogether() {
        List<Candidate> little = Collections.nCopies(4, record(3, 100 * MIB, 20 * MIB));
        assertThat(next(records(1, 3, 500 * MIB), little, records(1, 0, 100))).isEqualTo(new Step.Merge(1, 5, 3));
        assertThat(next(records(1, 3, 500 * MIB), little.subList(0, 3), records(1, 0, 100)))
                .isEqualTo(new Step.Nothing());
    }

    @Test
    void aDamagedOneIsNeverPartOfARun() {
        List<Candidate> damaged = List.of(new Candidate(0, 100, 100, 1, 1_000, false));
        assertThat(next(records(40, 0, 100), damaged, records(40, 0, 100))).isEqualTo(new Step.Nothing());
        assertThat(next(damaged, records(65, 0, 100))).isEqualTo(new Step.Merge(1, 65, 1));
    }

    @Test
    void underPressureTheCheapestRunGoes() {
        List<Candidate> large = records(100, 3, 500 * MIB);
        assertThat(next(large, records(14, 2, 10 * MIB), records(8, 1, MIB), records(25, 0, 100_000)))
                .isEqualTo(new Step.Merge(122, 146, 1));
        assertThat(next(large, records(26, 4, 500 * MIB), records(15, 1, MIB), records(3, 0, 100_000)))
                .isEqualTo(new Step.Merge(127, 143, 1));
    }

    @Test
    void whatCannotBeMergedIsRelievedFromTheOldestOn() {
        assertThat(next(records(129, 3, 500 * MIB))).isEqualTo(new Step.Nothing());
        assertThat(next(records(130, 3, 500 * MIB))).isEqualTo(new Step.Relieve(0));
        assertThat(next(records(250, 3, 500 * MIB))).isEqualTo(new Step.Relieve(0));
    }

    @Test
    void pausesGrowWithTheLastQuarterOfTheCap() {
        assertThat(LIMITS.stretch(0)).isEqualTo(1);
        assertThat(LIMITS.stretch(150)).isEqualTo(1);
        assertThat(LIMITS.stretch(175)).isEqualTo(5.5);
        assertThat(LIMITS.stretch(200)).isEqualTo(10);
        assertThat(LIMITS.stretch(250)).isEqualTo(19);
        assertThat(LIMITS.stretch(100_000)).isEqualTo(50);
    }
}
