// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory for frames: who waits for whom, and that nobody does for ever. */
@Timeout(30)
class FrameBudgetTest {

    private static final int MIB = 1 << 20;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();

    /** As on a heap of 128 MiB. */
    private final FrameBudget budget = new FrameBudget(clock, 32 * MIB, 100 * MIB);

    @AfterEach
    void stop() {
        threads.close();
    }

    private Pending<FrameShare> elsewhere(FrameShare share) {
        return elsewhere(() -> {
            share.grow();
            return share;
        });
    }

    private interface Taking {
        FrameShare take() throws InterruptedException;
    }

    private Pending<FrameShare> elsewhere(Taking taking) {
        Pending<FrameShare> taken = new Pending<>();
        threads.start("taking", () -> {
            try {
                taken.complete(taking.take());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return taken;
    }

    private static FrameShare result(Pending<FrameShare> taken) throws InterruptedException {
        SystemClock real = new SystemClock();
        return taken.await(real, Deadline.after(real, Duration.ofSeconds(20))).orElseThrow();
    }

    @Test
    void givesBackOnceHoweverOftenAShareIsClosed() throws Exception {
        FrameShare first = budget.begin(10_000);
        FrameShare second = budget.begin(20_000);
        first.close();
        first.close();

        assertThat(budget.used()).isEqualTo(20_000);
        second.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void hasRoomForAUsualFrameBeforeItsBytesCome() throws Exception {
        assertThat(budget.begin(MIB).room()).isEqualTo(MIB);
    }

    /** What was announced costs nothing; three such frames used to keep out all others. */
    @Test
    void chargesALargeFrameAsItComes() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(budget.begin(20 * MIB).room()).isEqualTo(FrameBudget.FIRST_STEP);
        }

        assertThat(budget.used()).isEqualTo(3 * FrameBudget.FIRST_STEP);
        assertThat(budget.begin(MIB).room()).isEqualTo(MIB);
    }

    @Test
    void completesLargeFramesOneAfterTheOtherWhenAllAreShortOfRoom() throws Exception {
        List<Pending<FrameShare>> growing = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            FrameShare share = budget.begin(20 * MIB);
            growing.add(elsewhere(() -> {
                while (share.room() < 20 * MIB) {
                    share.grow();
                }
                share.close();
                return share;
            }));
        }

        for (Pending<FrameShare> share : growing) {
            assertThat(result(share).room()).isEqualTo(20 * MIB);
        }
        assertThat(budget.used()).isZero();
    }

    @Test
    void keepsUsualFramesOutOfWhatLargeOnesWaitFor() throws Exception {
        FrameShare holder = budget.begin(20 * MIB);
        while (holder.room() < 20 * MIB) {
            holder.grow();
        }
        List<Pending<FrameShare>> waiting = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            waiting.add(elsewhere(() -> {
                FrameShare share = budget.begin(20 * MIB);
                while (share.room() < 20 * MIB) {
                    share.grow();
                }
                share.close();
                return share;
            }));
        }

        for (int i = 0; i < 20; i++) {
            budget.begin(64 << 10).close();
        }
        holder.close();
        for (Pending<FrameShare> share : waiting) {
            result(share);
        }
    }

    @Test
    void keepsAPartForSmallFrames() throws Exception {
        List<FrameShare> taken = new ArrayList<>();
        long before = -1;
        while (budget.used() > before) {
            before = budget.used();
            if (budget.used() < 7 * MIB) {
                taken.add(budget.begin(64 << 10));
            }
        }

        budget.begin(8 << 10).close();
        taken.forEach(FrameShare::close);
        assertThat(budget.used()).isZero();
    }

    @Test
    void tellsSinceWhenSomebodyWaits() throws Exception {
        FrameShare holder = budget.begin(20 * MIB);
        while (holder.room() < 20 * MIB) {
            holder.grow();
        }
        assertThat(budget.waitingSinceNanos()).isEmpty();
        clock.advance(Duration.ofSeconds(5));
        FrameShare second = budget.begin(20 * MIB);
        while (second.room() < MIB) {
            second.grow();
        }
        Pending<FrameShare> waiting = elsewhere(second);
        while (budget.waitingSinceNanos().isEmpty()) {
            Thread.onSpinWait();
        }

        assertThat(budget.waitingSinceNanos()).hasValue(Duration.ofSeconds(5).toNanos());
        holder.close();
        assertThat(result(waiting).room()).isEqualTo(20 * MIB);
        assertThat(budget.waitingSinceNanos()).isEmpty();
    }

    @Test
    void refusesAFrameThatWouldNeverFit() {
        assertThat(budget.largestFrame()).isEqualTo(21 * MIB);
        assertThatThrownBy(() -> budget.begin(21 * MIB + 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(new FrameBudget(clock, 1L << 30, 100 * MIB).largestFrame()).isEqualTo(100 * MIB);
    }

    @Test
    void hasAFrameOfOneByteEvenWhenItIsTiny() throws Exception {
        FrameBudget tiny = new FrameBudget(clock, 1, 100);

        assertThat(tiny.largestFrame()).isEqualTo(1);
        tiny.begin(1).close();
        assertThat(tiny.used()).isZero();
    }
}
