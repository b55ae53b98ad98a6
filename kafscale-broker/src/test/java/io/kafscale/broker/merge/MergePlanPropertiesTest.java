// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.merge.MergePlan.Candidate;
import io.kafscale.broker.merge.MergePlan.Step;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class MergePlanPropertiesTest {

    private static final MergeLimits LIMITS =
            new MergeLimits(40, 8, 4, 1_000_000, 1_000, 200_000, Duration.ofSeconds(1));

    @Provide
    Arbitrary<List<Candidate>> records() {
        Arbitrary<Candidate> one = Combinators.combine(
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.longs().between(1, 400_000),
                        Arbitraries.doubles().between(0, 1),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, 20_000))
                .as((tier, bytes, share, kind, footer) -> kind == 0
                        ? new Candidate(tier, bytes, 0, 0, footer, true)
                        : new Candidate(tier, bytes, (long) (bytes * share), 1, footer, kind != 1));
        return one.list().ofMaxSize(120);
    }

    @Property(tries = 3_000)
    void whatIsDoneIsAllowed(@ForAll("records") List<Candidate> records) {
        switch (MergePlan.next(records, LIMITS)) {
            case Step.Nothing nothing -> {}
            case Step.Drop(List<Integer> places) -> {
                assertThat(places).isNotEmpty().hasSizeLessThanOrEqualTo(64).doesNotContain(records.size() - 1);
                assertThat(places).allMatch(place -> records.get(place).liveChunks() == 0);
            }
            case Step.Merge(int from, int end, int tier) -> {
                List<Candidate> run = records.subList(from, end);
                assertThat(end).isLessThan(records.size());
                assertThat(run.size()).isBetween(2, 64);
                assertThat(run).allMatch(Candidate::movable);
                assertThat(run.stream().mapToLong(Candidate::liveBytes).sum()).isLessThanOrEqualTo(1_000_000);
                assertThat(run.stream().mapToInt(Candidate::footerBytes).sum()).isLessThanOrEqualTo(100_000);
                assertThat(run).allMatch(record -> record.tier() <= tier);
                assertThat(tier).isPositive();
            }
            case Step.Relieve(int place) -> {
                assertThat(place).isLessThan(records.size() - 1);
                assertThat(records.size()).isGreaterThanOrEqualTo(26);
            }
        }
    }

    @Property(tries = 1_000)
    void itComesToAnEnd(@ForAll("records") List<Candidate> records) {
        List<Candidate> left = new ArrayList<>(records);
        int steps = 0;
        Step step = MergePlan.next(left, LIMITS);
        while (step instanceof Step.Drop || step instanceof Step.Merge) {
            apply(step, left);
            steps++;
            step = MergePlan.next(left, LIMITS);
        }
        assertThat(steps).isLessThanOrEqualTo(records.size());
    }

    private static void apply(Step step, List<Candidate> left) {
        if (step instanceof Step.Drop(List<Integer> places)) {
            places.reversed().forEach(place -> left.remove((int) place));
        } else if (step instanceof Step.Merge(int from, int end, int tier)) {
            List<Candidate> run = left.subList(from, end);
            long bytes = run.stream().mapToLong(Candidate::liveBytes).sum();
            int footer = run.stream().mapToInt(Candidate::footerBytes).sum();
            run.clear();
            left.add(from, new Candidate(tier, bytes, bytes, 1, footer, true));
        }
    }
}
