// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.bounds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ByteBudgetTest {

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final ByteBudget budget = new ByteBudget(clock, 100);

    @AfterEach
    void stop() {
        threads.close();
    }

    private Deadline in(int millis) {
        return Deadline.afterMillis(clock, millis);
    }

    /** Takes on another thread; the result comes when it is known. */
    private Pending<Boolean> takeElsewhere(long bytes, int millis) {
        Pending<Boolean> result = new Pending<>();
        threads.start("taker", () -> {
            try {
                result.complete(budget.take(bytes, in(millis)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return result;
    }

    private static boolean resultOf(Pending<Boolean> taken) throws InterruptedException {
        SystemClock real = new SystemClock();
        return taken.await(real, Deadline.after(real, Duration.ofSeconds(30))).orElseThrow();
    }

    @Test
    void whatFitsIsHadAtOnce() throws Exception {
        assertThat(budget.take(60, in(0))).isTrue();
        assertThat(budget.take(40, in(0))).isTrue();
        assertThat(budget.take(1, in(0))).isFalse();
        assertThat(budget.used()).isEqualTo(100);
    }

    @Test
    void whoWaitsGetsWhatIsGivenBack() throws Exception {
        budget.take(100, in(0));
        Pending<Boolean> waiter = takeElsewhere(10, 1_000);
        clock.awaitWaiting(1);

        budget.give(50);

        assertThat(resultOf(waiter)).isTrue();
        assertThat(budget.used()).isEqualTo(60);
    }

    @Test
    void whoWaitsTooLongGetsNothing() throws Exception {
        budget.take(100, in(0));
        Pending<Boolean> waiter = takeElsewhere(10, 1_000);
        clock.awaitWaiting(1);

        clock.advance(Duration.ofSeconds(1));

        assertThat(resultOf(waiter)).isFalse();
        assertThat(budget.used()).isEqualTo(100);
    }

    @Test
    void aSmallShareDoesNotOvertakeALargeOne() throws Exception {
        budget.take(60, in(0));
        Pending<Boolean> large = takeElsewhere(90, 1_000);
        clock.awaitWaiting(1);

        assertThat(budget.take(10, in(0))).isFalse();
        budget.give(60);

        assertThat(resultOf(large)).isTrue();
    }

    @Test
    void whoGivesUpLetsTheNextOneIn() throws Exception {
        budget.take(60, in(0));
        Pending<Boolean> large = takeElsewhere(90, 100);
        clock.awaitWaiting(1);
        Pending<Boolean> small = takeElsewhere(10, 1_000);
        clock.awaitWaiting(2);

        clock.advance(Duration.ofMillis(100));

        assertThat(resultOf(large)).isFalse();
        assertThat(resultOf(small)).isTrue();
    }

    @Test
    void aShareAboveTheBudgetIsHadAlone() throws Exception {
        assertThat(budget.take(500, in(0))).isTrue();
        assertThat(budget.take(1, in(0))).isFalse();
        budget.give(500);
        assertThat(budget.take(1, in(0))).isTrue();
        assertThat(budget.take(500, in(0))).isFalse();
    }

    @Test
    void givingBackMoreThanWasTakenIsABug() {
        assertThatThrownBy(() -> budget.give(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aShareIsAsLargeAsThereIsRoomBetweenTheLeastAndTheMost() throws Exception {
        assertThat(budget.shareUpTo(10, 70, in(0)).orElseThrow().bytes()).isEqualTo(70);
        assertThat(budget.shareUpTo(10, 70, in(0)).orElseThrow().bytes()).isEqualTo(30);
        assertThat(budget.shareUpTo(10, 70, in(0))).isEmpty();
    }

    @Test
    void aShareIsGivenBackOnceHoweverOftenItIsClosed() throws Exception {
        Share first = budget.share(40, in(0)).orElseThrow();
        budget.take(20, in(0));
        first.close();
        first.close();

        assertThat(budget.used()).isEqualTo(20);
    }

    @Test
    void aShareShrinksAndGrowsAndMayOverdraw() throws Exception {
        Share share = budget.share(40, in(0)).orElseThrow();
        share.shrinkTo(10);
        assertThat(share.tryGrow(90)).isTrue();
        assertThat(share.tryGrow(1)).isFalse();
        share.overdraw(50);

        assertThat(share.bytes()).isEqualTo(150);
        assertThat(budget.used()).isEqualTo(150);
        share.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void nobodyOvertakesWhoWaits() throws Exception {
        budget.take(60, in(0));
        Pending<Boolean> large = takeElsewhere(90, 1_000);
        clock.awaitWaiting(1);

        assertThat(budget.tryShare(10)).isEmpty();
        assertThat(budget.waitingSinceNanos()).hasValue(clock.monotonicNanos());
        budget.give(60);

        assertThat(resultOf(large)).isTrue();
        assertThat(budget.waitingSinceNanos()).isEmpty();
    }
}
