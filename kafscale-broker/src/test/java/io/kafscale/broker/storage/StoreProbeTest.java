// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
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

    @BeforeEach
    void start() throws InterruptedException {
        answer();
        new StoreProbe(objects, watch, HealthLimits.DEFAULTS, clock, threads, new ObjectKey("root")).start();
        clock.awaitWaiting(1);
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

    /** Lets seconds pass; the probe may use less of them than it would, as on a busy machine. */
    private void pass(int seconds) throws InterruptedException {
        for (int i = 0; i < seconds; i++) {
            clock.advance(Duration.ofSeconds(1));
            clock.awaitWaiting(1);
        }
    }

    private void passUntil(StoreState state, int seconds) throws InterruptedException {
        for (int i = 0; i < seconds && watch.state() != state; i++) {
            pass(1);
        }
        assertThat(watch.state()).isEqualTo(state);
    }

    @Test
    void anOutageIsFoundAndItsEndTooWithoutTraffic() throws Exception {
        fail();
        passUntil(StoreState.UNAVAILABLE, 100);

        answer();
        passUntil(StoreState.DEGRADED, 10);
        passUntil(StoreState.HEALTHY, 30);
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
    void aHealthyStoreIsAskedAtMostFourTimesInAWindow() throws Exception {
        pass(62);

        assertThat(probes).hasValueBetween(3, 4);
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
        pass(90);
        assertThat(watch.state()).isEqualTo(StoreState.UNAVAILABLE);
        assertThat(probes).hasValue(1);

        hanging.countDown();
        assertThatThrownBy(() -> store.readTail(new ObjectKey("none"), 1)).isInstanceOf(StorageException.class);
        answer();
        while (watch.state() != StoreState.HEALTHY) {
            pass(1);
        }
        assertThat(probes).hasValueGreaterThan(10);
    }
}
