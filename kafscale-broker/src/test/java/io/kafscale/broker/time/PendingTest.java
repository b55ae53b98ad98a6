// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class PendingTest {

    private final ManualClock clock = new ManualClock();

    @Test
    void theFirstValueStays() {
        Pending<String> pending = new Pending<>();

        assertThat(pending.poll()).isEmpty();
        assertThat(pending.complete("first")).isTrue();
        assertThat(pending.complete("second")).isFalse();
        assertThat(pending.poll()).contains("first");
    }

    @Test
    void everyWaiterGetsTheValue() throws InterruptedException {
        Pending<String> pending = new Pending<>();
        Pending<String> seenByOne = new Pending<>();
        Pending<String> seenByTwo = new Pending<>();
        try (SystemThreads threads = new SystemThreads()) {
            forward(threads, pending, seenByOne);
            forward(threads, pending, seenByTwo);
            clock.awaitWaiting(2);

            pending.complete("value");

            assertThat(seenByOne.await(clock, Deadline.NEVER)).contains("value");
            assertThat(seenByTwo.await(clock, Deadline.NEVER)).contains("value");
        }
    }

    private void forward(SystemThreads threads, Pending<String> from, Pending<String> to) {
        threads.start("forward", () -> {
            try {
                from.await(clock, Deadline.afterMillis(clock, 1000)).ifPresent(to::complete);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void waitingEndsAtTheDeadline() throws InterruptedException {
        Pending<String> pending = new Pending<>();
        Deadline deadline = Deadline.afterMillis(clock, 10);
        clock.advance(Duration.ofMillis(10));

        assertThat(pending.await(clock, deadline)).isEmpty();
    }

    @Test
    void aValueThatIsThereNeedsNoTime() throws InterruptedException {
        Pending<String> pending = Pending.completed("there");

        assertThat(pending.await(clock, Deadline.afterMillis(clock, 0))).contains("there");
    }
}
