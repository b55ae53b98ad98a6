// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ClusterEndTest {

    private final ManualClock clock = new ManualClock();
    private final GatedStore store = new GatedStore(clock);

    @AfterEach
    void closeStore() {
        store.close();
    }

    /** Lets a test stop the second registration half-way. Thread-safe. */
    private static final class GatedStore extends CountingStore {
        private final AtomicInteger grants = new AtomicInteger();
        private final AtomicInteger revocations = new AtomicInteger();
        private final CountDownLatch registering = new CountDownLatch(1);
        private final CountDownLatch closing = new CountDownLatch(1);

        GatedStore(ManualClock clock) {
            super(new MemoryMetadataStore(clock));
        }

        @Override
        public Lease grantLease(Duration timeToLive) {
            if (grants.incrementAndGet() == 2) {
                registering.countDown();
                awaitUninterruptibly(closing);
            }
            return super.grantLease(timeToLive);
        }

        /** The first ends the incarnation, the second belongs to the end of the broker. */
        @Override
        public void revoke(Lease lease) {
            super.revoke(lease);
            if (revocations.incrementAndGet() == 2) {
                closing.countDown();
            }
        }

        private static void awaitUninterruptibly(CountDownLatch latch) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Test
    void noLeaseOutlivesABrokerThatIsClosedWhileItRegisters() throws InterruptedException {
        try (TestBroker broker = new TestBroker(store, clock, 0).start()) {
            broker.cluster.abdicate(broker.cluster.ownership().token(), "a test wants it");
            store.registering.await();
            Pending<Boolean> closed = new Pending<>();
            broker.threads.start("closer", () -> {
                broker.cluster.close();
                closed.complete(true);
            });

            assertThat(closed.await(clock, Deadline.NEVER)).contains(true);
            assertThat(store.range(TestBroker.KEYS.brokers()).all()).isEmpty();
        }
        assertThat(store.range(TestBroker.KEYS.brokers()).all()).isEmpty();
    }
}
