// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TaskScopeTest {

    private final SystemThreads threads = new SystemThreads();

    @AfterEach
    void stop() {
        threads.close();
    }

    @Test
    void leavingInterruptsWhatStillRunsAndWaitsForIt() throws Exception {
        AtomicInteger interrupted = new AtomicInteger();
        CountDownLatch running = new CountDownLatch(3);
        try (TaskScope scope = new TaskScope(threads, 3)) {
            for (int i = 0; i < 3; i++) {
                scope.fork("task", () -> {
                    running.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } finally {
                        interrupted.incrementAndGet();
                    }
                });
            }
            running.await();
        }

        assertThat(interrupted).hasValue(3);
    }

    @Test
    void roomComesWhenATaskEnds() throws Exception {
        AtomicInteger ended = new AtomicInteger();
        CountDownLatch first = new CountDownLatch(1);
        try (TaskScope scope = new TaskScope(threads, 2)) {
            for (int i = 0; i < 2; i++) {
                scope.fork("task", () -> {
                    first.await();
                    ended.incrementAndGet();
                });
            }
            first.countDown();
            scope.awaitRoom();

            assertThat(ended.get()).isPositive();
            scope.awaitAll();
            assertThat(ended).hasValue(2);
        }
    }

    @Test
    void aFullOrClosedScopeTakesNoTask() {
        TaskScope scope = new TaskScope(threads, 1);
        scope.fork("task", () -> new CountDownLatch(1).await());

        assertThatThrownBy(() -> scope.fork("second", () -> {})).isInstanceOf(IllegalStateException.class);
        scope.close();
        assertThat(scope.fork("third", () -> {})).isFalse();
    }

    @Test
    void cancellingEndsTheTasksAndTheWaitForRoom() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        try (TaskScope scope = new TaskScope(threads, 1)) {
            scope.fork("task", () -> {
                try {
                    new CountDownLatch(1).await();
                } finally {
                    interrupted.countDown();
                }
            });

            scope.cancel();

            assertThat(scope.awaitRoom()).isFalse();
            interrupted.await();
        }
    }

    @Test
    void aTaskThatCancelsItsScopeIsNotInterruptedItself() throws Exception {
        Pending<Boolean> wasInterrupted = new Pending<>();
        try (TaskScope scope = new TaskScope(threads, 1)) {
            scope.fork("task", () -> {
                scope.cancel();
                wasInterrupted.complete(Thread.currentThread().isInterrupted());
            });
            scope.awaitAll();
        }

        assertThat(wasInterrupted.poll()).contains(false);
    }

    @Test
    void aTaskThatFailsMakesRoomToo() throws Exception {
        AtomicInteger ended = new AtomicInteger();
        try (TaskScope scope = new TaskScope(threads, 1)) {
            scope.fork("task", () -> {
                throw new IllegalStateException("expected by the test");
            });
            assertThat(scope.awaitRoom()).isTrue();
            scope.fork("next", ended::incrementAndGet);
            assertThat(scope.awaitRoom()).isTrue();
        }
        assertThat(ended).hasValue(1);
    }

    @Test
    void whoWaitsForAllHearsThatOneHasDied() throws Exception {
        List<Throwable> deaths = List.of(
                new OutOfMemoryError("expected by the test"), new IllegalStateException("expected by the test"));
        for (Throwable death : deaths) {
            try (TaskScope scope = new TaskScope(threads, 2)) {
                scope.fork("task", () -> {
                    if (death instanceof Error error) {
                        throw error;
                    }
                    throw (RuntimeException) death;
                });
                scope.fork("next", () -> {});

                assertThatThrownBy(scope::awaitAll)
                        .hasMessageContaining("a task has died")
                        .hasCause(death);
            }
        }
    }

    @Test
    void aTaskThatIsInterruptedByStrangersHasDied() throws Exception {
        try (TaskScope scope = new TaskScope(threads, 1)) {
            scope.fork("task", () -> {
                throw new InterruptedException("expected by the test");
            });

            assertThatThrownBy(scope::awaitAll).hasCauseInstanceOf(InterruptedException.class);
        }
    }
}
