// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.time.SystemThreads;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory for frames: who waits, and for whom a part is kept. */
@Timeout(30)
class FrameBudgetTest {

    private final FrameBudget budget = new FrameBudget(80_000);

    @Test
    void givesBackOnceHoweverOftenAShareIsClosed() throws Exception {
        FrameBudget.Share first = budget.take(10_000);
        FrameBudget.Share second = budget.take(20_000);
        assertThat(budget.used()).isEqualTo(30_000);
        first.close();
        first.close();

        assertThat(budget.used()).isEqualTo(20_000);
        second.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void keepsTheLastEighthForSmallFrames() throws Exception {
        FrameBudget.Share large = budget.take(70_000);
        FrameBudget.Share small = budget.take(8_192);
        FrameBudget.Share smaller = budget.take(1_000);

        assertThat(budget.used()).isEqualTo(79_192);
        large.close();
        small.close();
        smaller.close();
    }

    @Test
    void letsALargeFrameInWhenOthersAreOut() throws Exception {
        try (SystemThreads threads = new SystemThreads()) {
            FrameBudget.Share first = budget.take(60_000);
            CountDownLatch taken = new CountDownLatch(1);
            Thread waiting = threads.start("waiting", () -> {
                try (FrameBudget.Share share = budget.take(10_001)) {
                    assertThat(budget.used()).isEqualTo(10_001);
                    taken.countDown();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThat(taken.getCount()).isEqualTo(1);
            first.close();
            taken.await();
        }
    }

    @Test
    void refusesAFrameThatWouldNeverFit() {
        assertThat(budget.largestFrame()).isEqualTo(70_000);
        assertThatThrownBy(() -> budget.take(70_001)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void hasAFrameOfOneByteEvenWhenItIsTiny() throws Exception {
        FrameBudget tiny = new FrameBudget(1);

        assertThat(tiny.largestFrame()).isEqualTo(1);
        tiny.take(1).close();
        assertThat(tiny.used()).isZero();
    }
}
