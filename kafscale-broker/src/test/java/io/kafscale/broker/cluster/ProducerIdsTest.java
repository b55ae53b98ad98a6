// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ProducerIdsTest {

    private final ManualClock clock = new ManualClock();
    private final CountingStore store = new CountingStore(new MemoryMetadataStore(clock));
    private final SystemThreads threads = new SystemThreads();

    @AfterEach
    void close() {
        threads.close();
        store.close();
    }

    private ProducerIds ids() {
        return new ProducerIds(new ClusterEnvironment(store, TestBroker.KEYS, clock, threads, new Random(1)));
    }

    @Test
    void countsUpWithOneTransactionForAThousand() {
        ProducerIds ids = ids();
        for (long expected = 0; expected < 2_500; expected++) {
            assertThat(ids.next()).isEqualTo(expected);
        }

        assertThat(store.transactions).hasValue(3);
    }

    @Test
    void aRestartNeverGivesAnIdAgain() {
        long last = ids().next();

        assertThat(ids().next()).isEqualTo(last + 1_000);
    }

    /** Reads wait for permits. Thread-safe. */
    private static final class GatedStore extends CountingStore {
        private final AtomicInteger reading = new AtomicInteger();
        private final Semaphore permits = new Semaphore(0);

        GatedStore(ManualClock clock) {
            super(new MemoryMetadataStore(clock));
        }

        @Override
        public Snapshot get(Collection<String> keys) {
            reading.incrementAndGet();
            permits.acquireUninterruptibly();
            return super.get(keys);
        }
    }

    @Test
    void oneTakesABlockForAllWhoWait() throws InterruptedException {
        try (GatedStore gated = new GatedStore(clock)) {
            ProducerIds ids =
                    new ProducerIds(new ClusterEnvironment(gated, TestBroker.KEYS, clock, threads, new Random(1)));
            Set<Long> seen = ConcurrentHashMap.newKeySet();
            List<Thread> takers = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                takers.add(threads.start("taker", () -> seen.add(ids.next())));
            }
            while (gated.reading.get() + clock.waiting() < 8) {
                Thread.onSpinWait();
            }
            gated.permits.release(1000);
            for (Thread taker : takers) {
                taker.join();
            }

            assertThat(seen).hasSize(8);
            assertThat(gated.transactions).hasValue(1);
        }
    }

    @Test
    void whoWaitsForABlockGivesUpSomeTime() throws InterruptedException {
        try (GatedStore gated = new GatedStore(clock)) {
            ProducerIds ids =
                    new ProducerIds(new ClusterEnvironment(gated, TestBroker.KEYS, clock, threads, new Random(1)));
            Pending<MetadataException> failure = new Pending<>();
            for (int i = 0; i < 2; i++) {
                threads.start("taker", () -> {
                    try {
                        ids.next();
                    } catch (MetadataException e) {
                        failure.complete(e);
                    }
                });
            }
            clock.awaitWaiting(1);
            clock.advance(Duration.ofSeconds(10));

            assertThat(failure.await(clock, Deadline.NEVER).orElseThrow().kind())
                    .isEqualTo(MetadataException.Kind.UNAVAILABLE);
            gated.permits.release();
        }
    }

    @Test
    void aFailureToTakeABlockIsNotForEver() {
        FaultPlan plan = FaultPlan.none().failing(1, new Fault.FailBefore());
        ProducerIds ids = new ProducerIds(new ClusterEnvironment(
                new FaultyMetadataStore(store, plan, clock), TestBroker.KEYS, clock, threads, new Random(1)));

        assertThatThrownBy(ids::next).isInstanceOf(MetadataException.class);
        assertThat(ids.next()).isZero();
    }

    @Test
    void twoBrokersAndManyThreadsNeverGetTheSame() throws InterruptedException {
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        List<Thread> running = new ArrayList<>();
        for (ProducerIds ids : List.of(ids(), ids())) {
            for (int thread = 0; thread < 4; thread++) {
                running.add(threads.start("taker", () -> {
                    for (int i = 0; i < 1_500; i++) {
                        seen.add(ids.next());
                    }
                }));
            }
        }
        for (Thread thread : running) {
            thread.join();
        }

        assertThat(seen).hasSize(2 * 4 * 1_500);
    }
}
