// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static io.kafscale.broker.storage.StoreState.DEGRADED;
import static io.kafscale.broker.storage.StoreState.HEALTHY;
import static io.kafscale.broker.storage.StoreState.UNAVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** How the state of a store follows from its calls, whatever they are. */
final class HealthJudgeTest {

    private static final long MS = 1_000_000;
    private static final HealthLimits LIMITS = HealthLimits.DEFAULTS;

    /** A call that ended, so long after the one before. */
    record Ended(Kind kind, long afterMs, long tookMs) {}

    enum Kind {
        ANSWERED,
        DONE,
        THROTTLED,
        FAILED
    }

    /** A judge and its time; each try of a property has its own. */
    private static final class Run {
        private long now = -5_000 * MS;
        private final HealthJudge judge = new HealthJudge(LIMITS, now);

        private StoreState state() {
            return judge.state();
        }

        private StoreState hear(Ended call) {
            now += call.afterMs() * MS;
            switch (call.kind()) {
                case ANSWERED -> judge.answered(now, call.tookMs() * MS);
                case DONE -> judge.done(now);
                case THROTTLED -> judge.throttled(now);
                case FAILED -> judge.failed(now);
            }
            return judge.state();
        }

        private StoreState hear(int times, Kind kind, long everyMs, long tookMs) {
            for (int i = 0; i < times; i++) {
                hear(new Ended(kind, everyMs, tookMs));
            }
            return judge.state();
        }
    }

    @Provide
    Arbitrary<List<Ended>> calls() {
        return calls(Kind.values());
    }

    private static Arbitrary<List<Ended>> calls(Kind... kinds) {
        return Combinators.combine(
                        Arbitraries.of(kinds),
                        Arbitraries.longs().between(0, 4_000),
                        Arbitraries.longs().between(0, 8_000))
                .as(Ended::new)
                .list()
                .ofMaxSize(300);
    }

    @Provide
    Arbitrary<List<Ended>> throttledOrQuick() {
        return calls(Kind.THROTTLED, Kind.DONE);
    }

    @Property(tries = 300)
    void fromUnavailableTheWayBackLeadsThroughDegraded(@ForAll("calls") List<Ended> calls) {
        Run run = new Run();
        StoreState before = run.state();
        long changed = run.now;
        for (Ended call : calls) {
            StoreState after = run.hear(call);
            if (after.compareTo(before) < 0) {
                assertThat(after).isEqualTo(before == UNAVAILABLE ? DEGRADED : HEALTHY);
                assertThat(run.now - changed).isGreaterThanOrEqualTo(2_000 * MS);
            }
            if (after != before) {
                assertThat(run.judge.sinceNanos()).isEqualTo(run.now);
                changed = run.now;
            }
            before = after;
        }
    }

    @Property(tries = 300)
    void oneQuickCallASecondMakesEveryStoreWellWithinTwentySeconds(@ForAll("calls") List<Ended> calls) {
        Run run = new Run();
        calls.forEach(run::hear);
        run.hear(2, Kind.ANSWERED, LIMITS.window().toMillis(), 5); // what was before is out of the window

        assertThat(run.hear(20, Kind.ANSWERED, 1_000, 5)).isEqualTo(HEALTHY);
    }

    @Property(tries = 300)
    void nothingButFailuresForTwoSecondsIsAnOutageWhateverWasBefore(@ForAll("calls") List<Ended> calls) {
        Run run = new Run();
        calls.forEach(run::hear);

        assertThat(run.hear(5, Kind.FAILED, 500, 0)).isEqualTo(UNAVAILABLE);
    }

    @Property(tries = 300)
    void theWishForFewerCallsIsNeverAnOutage(@ForAll("throttledOrQuick") List<Ended> calls) {
        Run run = new Run();
        calls.forEach(call -> assertThat(run.hear(call)).isNotEqualTo(UNAVAILABLE));
    }

    @Property(tries = 300)
    void theSameCallsLeadToTheSameState(@ForAll("calls") List<Ended> calls) {
        Run run = new Run();
        List<StoreState> here = new ArrayList<>();
        calls.forEach(call -> here.add(run.hear(call)));
        Run other = new Run();
        List<StoreState> there = new ArrayList<>();
        calls.forEach(call -> there.add(other.hear(call)));

        assertThat(there).isEqualTo(here);
    }

    @Property(tries = 100)
    void itTakesFiveCallsToMakeThingsWorse(@ForAll("calls") List<Ended> calls) {
        Run run = new Run();
        for (Ended call : calls.subList(0, Math.min(4, calls.size()))) {
            assertThat(run.hear(new Ended(call.kind(), 0, call.tookMs()))).isEqualTo(HEALTHY);
        }
    }

    @Example
    void theThresholdsOfErrorsAreKept() {
        Run run = new Run();
        run.hear(8, Kind.ANSWERED, 10, 5);
        assertThat(run.hear(1, Kind.FAILED, 10, 0)).isEqualTo(HEALTHY);
        assertThat(run.hear(2, Kind.FAILED, 10, 0)).isEqualTo(DEGRADED);

        run.hear(4, Kind.ANSWERED, 10, 5); // and one failure since the change
        assertThat(run.hear(4, Kind.FAILED, 10, 0)).isEqualTo(DEGRADED);
        assertThat(run.hear(1, Kind.FAILED, 10, 0)).isEqualTo(UNAVAILABLE);
    }

    @Example
    void theThresholdsOfLatencyAreKept() {
        Run run = new Run();
        assertThat(run.hear(20, Kind.ANSWERED, 10, 499)).isEqualTo(HEALTHY);
        assertThat(run.hear(1, Kind.ANSWERED, 10, 800)).isEqualTo(DEGRADED);
        assertThat(run.hear(20, Kind.ANSWERED, 10, 2_999)).isEqualTo(DEGRADED);
        assertThat(run.hear(1, Kind.ANSWERED, 10, 3_100)).isEqualTo(UNAVAILABLE);
    }

    @Example
    void aStoreThatIsJustBelowAThresholdDoesNotGoToAndFro() {
        Run run = new Run();
        assertThat(run.hear(10, Kind.ANSWERED, 10, 520)).isEqualTo(DEGRADED);

        assertThat(run.hear(100, Kind.ANSWERED, 1_000, 450)).isEqualTo(DEGRADED);
        assertThat(run.hear(100, Kind.ANSWERED, 1_000, 390)).isEqualTo(HEALTHY);
    }

    @Example
    void whatIsOutOfTheWindowDoesNotCount() {
        Run run = new Run();
        run.hear(4, Kind.FAILED, 10, 0);
        run.now += LIMITS.window().plus(Duration.ofSeconds(1)).toNanos();

        assertThat(run.hear(4, Kind.DONE, 10, 0)).isEqualTo(HEALTHY);
        assertThat(run.judge.sums(run.now).calls()).isEqualTo(4);
        assertThat(run.hear(1, Kind.FAILED, 10, 0)).isEqualTo(DEGRADED);
    }

    @Example
    void manyAnswersBeforeDoNotHideThatNoneComesAnyMore() {
        Run run = new Run();
        run.hear(10_000, Kind.ANSWERED, 5, 5);

        run.hear(2, Kind.FAILED, 900, 0);
        assertThat(run.state()).isEqualTo(HEALTHY);
        assertThat(run.hear(1, Kind.FAILED, 200, 0)).isEqualTo(UNAVAILABLE);
    }

    @Example
    void threeAnswersOverTwoSecondsEndAnOutage() {
        Run run = new Run();
        run.hear(100, Kind.FAILED, 1_000, 0);

        run.hear(2, Kind.ANSWERED, 1_000, 5);
        assertThat(run.state()).isEqualTo(UNAVAILABLE);
        assertThat(run.hear(1, Kind.ANSWERED, 1_000, 5)).isEqualTo(DEGRADED);
    }
}
