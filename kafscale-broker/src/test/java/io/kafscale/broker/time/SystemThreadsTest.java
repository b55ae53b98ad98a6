// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class SystemThreadsTest {

    private final SystemClock clock = new SystemClock();

    @Test
    void startsNamedVirtualAndPlatformThreads() throws InterruptedException {
        try (SystemThreads threads = new SystemThreads()) {
            Pending<Boolean> virtual = new Pending<>();
            Pending<Boolean> platform = new Pending<>();

            Thread first = threads.start(
                    "first", () -> virtual.complete(Thread.currentThread().isVirtual()));
            Thread second = threads.startPlatform(
                    "second", () -> platform.complete(!Thread.currentThread().isVirtual()));

            assertThat(virtual.await(clock, Deadline.NEVER)).contains(true);
            assertThat(platform.await(clock, Deadline.NEVER)).contains(true);
            assertThat(first.getName()).isEqualTo("first");
            assertThat(second.getName()).isEqualTo("second");
        }
    }

    @Test
    void closingInterruptsWhatRunsAndLeavesNothing() {
        SystemThreads threads = new SystemThreads();
        Signal never = new Signal();
        Pending<Boolean> interrupted = new Pending<>();
        Thread thread = threads.start("waits for ever", () -> {
            try {
                never.await(clock, Deadline.NEVER);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
        });
        assertThat(threads.running()).containsExactly(thread);

        threads.close();

        assertThat(interrupted.poll()).contains(true);
        assertThat(thread.isAlive()).isFalse();
        assertThat(threads.running()).isEmpty();
    }

    @Test
    void forgetsAThreadThatEndedByABug() throws InterruptedException {
        SystemThreads threads = new SystemThreads();

        Thread thread = threads.start("buggy", () -> {
            throw new IllegalStateException("a bug, made on purpose");
        });
        thread.join();

        assertThat(threads.running()).isEmpty();
        threads.close();
    }

    @Test
    void refusesToStartAfterItWasClosed() {
        SystemThreads threads = new SystemThreads();
        threads.close();

        assertThatThrownBy(() -> threads.start("late", () -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("late");
        assertThat(threads.running()).isEmpty();
    }
}
