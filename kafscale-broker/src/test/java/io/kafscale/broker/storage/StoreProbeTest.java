// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that comes back is noticed although nobody asks it for anything. */
@Timeout(60)
final class StoreProbeTest {

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final HookedObjects objects = new HookedObjects(new MemoryObjectStore(clock));
    private final StoreWatch watch = new StoreWatch("objects", clock, HealthLimits.DEFAULTS);
    private final ObjectStore store = new WatchedObjectStore(objects, watch, clock);
    private final AtomicInteger probes = new AtomicInteger();
    private final Semaphore asleep = new Semaphore(0);

    /** The clock of the test, which also tells it when the probe has done all that it does in a second. */
    private final Clock probeClock = new Clock() {
        @Override
        public long monotonicNanos() {
            return clock.monotonicNanos();
        }

        @Override
        public long wallMillis() {
            return clock.wallMillis();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            asleep.release();
            clock.sleep(duration);
        }

        @Override
        public boolean await(Lock lock, Condition condition, Deadline deadline) throws InterruptedException {
            return clock.await(lock, condition, deadline);
        }
    };

    @BeforeEach
    void start() throws InterruptedException {
        answer();
        new StoreProbe(objects, watch, HealthLimits.DEFAULTS, probeClock, threads, new ObjectKey("root")).start();
        asleep.acquire();
    }

    @AfterEach
    void stop() {
        threads.close();
    }

    private void answer() {
        objects.onRead((key, real) -> {
            probes.incrementAndGet();
            return real.get();
        });
    }

    private void fail() {
        objects.onRead((key, real) -> {
            probes.incrementAndGet();
            throw new StorageException(Kind.UNAVAILABLE, "expected by the test");
        });
    }

    /** Lets seconds pass, and the probe do all that it does in each. */
    private void pass(int seconds) throws InterruptedException {
        for (int i = 0; i < seconds; i++) {
            clock.awaitWaiting(1);
            clock.advance(Duration.ofSeconds(1));
            asleep.acquire();
        }
    }

    /** Lets time pass, in which the probe may hang. */
    private void passUntil(StoreState state) throws InterruptedException {
        while (watch.state() != state) {
            clock.awaitWaiting(1);
            clock.advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void anOutageIsFoundAndItsEndTooWithoutTraffic() throws Exception {
        fail();
        pass(44);
        assertThat(watch.state()).isEqualTo(StoreState.HEALTHY); // two probes
        pass(1);
        assertThat(watch.state()).isEqualTo(StoreState.UNAVAILABLE);

        answer();
        pass(2);
        assertThat(watch.state()).isEqualTo(StoreState.UNAVAILABLE);
        pass(1);
        assertThat(watch.state()).isEqualTo(StoreState.DEGRADED);
        pass(9);
        assertThat(watch.state()).isEqualTo(StoreState.DEGRADED);
        pass(1);
        assertThat(watch.state()).isEqualTo(StoreState.HEALTHY);
    }

    @Test
    void whoIsAskedAnywayIsNotProbed() throws Exception {
        for (int i = 0; i < 100; i++) {
            pass(1);
            store.list("", "", 1);
        }

        assertThat(probes).hasValue(0);
    }

    @Test
    void aHealthyStoreIsAskedFourTimesInAWindow() throws Exception {
        pass(60);

        assertThat(probes).hasValue(4);
    }

    @Test
    void anAnswerThatDoesNotComeIsAFailureAndNotAskedForTwice() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        objects.onRead((key, real) -> {
            probes.incrementAndGet();
            try {
                hanging.await();
            } catch (InterruptedException e) {
                throw new StorageException(Kind.INTERRUPTED, "interrupted", e);
            }
            return real.get();
        });
        passUntil(StoreState.UNAVAILABLE);
        assertThat(probes).hasValue(1);

        hanging.countDown();
        assertThatThrownBy(() -> store.readTail(new ObjectKey("none"), 1)).isInstanceOf(StorageException.class);
        answer();
        passUntil(StoreState.HEALTHY);
        assertThat(probes).hasValueGreaterThan(5);
    }
}
