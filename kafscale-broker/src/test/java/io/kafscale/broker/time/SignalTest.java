// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class SignalTest {

    private final ManualClock clock = new ManualClock();
    private final Signal signal = new Signal();

    @Test
    void aRingBeforeTheWaitIsNotLost() throws InterruptedException {
        signal.raise();

        assertThat(signal.await(clock, Deadline.NEVER)).isTrue();
    }

    @Test
    void severalRingsCountAsOne() throws InterruptedException {
        signal.raise();
        signal.raise();

        assertThat(signal.await(clock, Deadline.afterMillis(clock, 0))).isTrue();
        assertThat(signal.await(clock, Deadline.afterMillis(clock, 0))).isFalse();
    }

    @Test
    void aRingWakesTheOneWhoWaits() throws InterruptedException {
        try (SystemThreads threads = new SystemThreads()) {
            Pending<Boolean> rang = new Pending<>();
            threads.start("waiter", () -> {
                try {
                    rang.complete(signal.await(clock, Deadline.afterMillis(clock, 1000)));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            clock.awaitWaiting(1);

            signal.raise();

            assertThat(rang.await(clock, Deadline.NEVER)).contains(true);
        }
    }
}
