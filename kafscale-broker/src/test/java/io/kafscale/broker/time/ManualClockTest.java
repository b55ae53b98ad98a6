// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class ManualClockTest {

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();

    @AfterEach
    void closeThreads() {
        threads.close();
    }

    @Test
    void standsStillUntilMoved() {
        long nanos = clock.monotonicNanos();
        long millis = clock.wallMillis();

        assertThat(clock.monotonicNanos()).isEqualTo(nanos);
        clock.advance(Duration.ofMillis(7));
        assertThat(clock.monotonicNanos() - nanos).isEqualTo(7_000_000);
        assertThat(clock.wallMillis() - millis).isEqualTo(7);
    }

    @Test
    void sleepEndsWithTheMoveThatReachesItsEnd() throws InterruptedException {
        Pending<Long> wokenAt = new Pending<>();
        threads.start("sleeper", () -> {
            try {
                clock.sleep(Duration.ofSeconds(10));
                wokenAt.complete(clock.monotonicNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });

        clock.awaitWaiting(1);
        clock.advance(Duration.ofSeconds(9));
        assertThat(clock.waiting()).isEqualTo(1);
        assertThat(wokenAt.poll()).isEmpty();

        clock.advance(Duration.ofSeconds(2));
        assertThat(wokenAt.await(clock, Deadline.NEVER)).contains(11_000_000_000L);
        assertThat(clock.waiting()).isZero();
    }

    @Test
    void wakesOnlyThoseWhoseMomentHasCome() throws InterruptedException {
        Signal late = new Signal();
        Signal soon = new Signal();
        Pending<Boolean> soonRang = new Pending<>();
        Pending<Boolean> lateRang = new Pending<>();
        waitFor(soon, Duration.ofSeconds(1), soonRang);
        waitFor(late, Duration.ofSeconds(5), lateRang);
        clock.awaitWaiting(2);

        clock.advance(Duration.ofSeconds(1));

        assertThat(soonRang.await(clock, Deadline.NEVER)).contains(false);
        assertThat(lateRang.poll()).isEmpty();
        late.raise();
        assertThat(lateRang.await(clock, Deadline.NEVER)).contains(true);
    }

    private void waitFor(Signal signal, Duration limit, Pending<Boolean> result) {
        threads.start("waiter", () -> {
            try {
                result.complete(signal.await(clock, Deadline.after(clock, limit)));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
