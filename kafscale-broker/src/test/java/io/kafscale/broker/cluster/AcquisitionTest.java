// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.PartitionState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many free partitions, of which all states are read at once. */
@Timeout(60)
final class AcquisitionTest {

    private static final int MANY = 1000;

    private final ManualClock clock = new ManualClock();
    private final MetadataStore store = new MemoryMetadataStore(clock);

    @AfterEach
    void closeStore() {
        store.close();
    }

    private Topic created() throws InterruptedException {
        try (TestBroker first = new TestBroker(store, clock, 0).start()) {
            return first.create("orders", MANY);
        }
    }

    private void putState(PartitionId partition, PartitionState state) {
        assertThat(store.commit(Transaction.when()
                        .put(TestBroker.KEYS.partitionState(partition), state.toByteString())
                        .build()))
                .isInstanceOf(TransactionResult.Applied.class);
    }

    @Test
    void aStateThatChangesBehindTheLookIsReadAgain() throws InterruptedException {
        Topic topic = created();
        PartitionId changed = topic.partition(MANY - 1);
        AtomicReference<Optional<Runnable>> meanwhile = new AtomicReference<>(Optional.of(() ->
                putState(changed, PartitionState.newBuilder().setLeaderEpoch(6).build())));
        MetadataStore changing = new CountingStore(store) {
            @Override
            public Snapshot range(String prefix) {
                Snapshot seen = super.range(prefix);
                if (prefix.equals(TestBroker.KEYS.partitionStates())) {
                    meanwhile.getAndSet(Optional.empty()).ifPresent(Runnable::run);
                }
                return seen;
            }
        };
        try (TestBroker second = new TestBroker(changing, clock, 0).start()) {
            assertThat(meanwhile.get()).isEmpty();
            assertThat(second.cluster.ownership().leaderOf(changed)).isEqualTo(new Leadership(0, 7));
            assertThat(second.host.served).hasSize(MANY);
        }
    }

    @Test
    void aStoreThatAnswersNoMoreEndsTheBatchesAndWhatWasWonIsServed() throws InterruptedException {
        Topic topic = created();
        AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
        MetadataStore failing = new CountingStore(store) {
            @Override
            public TransactionResult commit(Transaction transaction) {
                boolean acquires = transaction.toString().contains(TestBroker.KEYS.partitionOwners());
                if (acquires && left.getAndDecrement() <= 0) {
                    transactions.incrementAndGet();
                    throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "no answer, made on purpose");
                }
                return super.commit(transaction);
            }
        };
        left.set(7);
        try (TestBroker second = new TestBroker(failing, clock, 0).start()) {
            List<KeyValue> owned =
                    store.range(TestBroker.KEYS.partitionOwners()).all();
            assertThat(owned).hasSizeBetween(7 * 40, 7 * 50);
            assertThat(second.host.served).hasSameSizeAs(owned);
            assertThat(left.get()).as("batches begun behind the failure").isGreaterThanOrEqualTo(-4);

            left.set(Integer.MAX_VALUE);
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            second.awaitServed(topic);
            assertThat(second.host.everServed).hasSize(MANY);
        }
    }

    @Test
    void whatIsWonIsServedWhenTheRestTakesLong() throws InterruptedException {
        Topic topic = created();
        AtomicInteger acquisitions = new AtomicInteger();
        CountDownLatch released = new CountDownLatch(1);
        MetadataStore slow = new CountingStore(store) {
            @Override
            public TransactionResult commit(Transaction transaction) {
                boolean acquires = transaction.toString().contains(TestBroker.KEYS.partitionOwners());
                if (acquires && acquisitions.incrementAndGet() > 2) {
                    awaitUninterruptibly(released);
                }
                return super.commit(transaction);
            }
        };
        try (TestBroker second = new TestBroker(slow, clock, 0)) {
            Pending<Boolean> started = new Pending<>();
            second.threads.start("start", () -> {
                try {
                    second.start();
                    started.complete(true);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            while (acquisitions.get() < 6) {
                Thread.onSpinWait(); // two batches are won, and four are under way
            }
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(2));
            assertThat(second.host.asked.take()).isLessThan(MANY);

            released.countDown();
            assertThat(started.await(clock, Deadline.NEVER)).contains(true);
            second.awaitServed(topic);
            assertThat(second.host.everServed).hasSize(MANY);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // the broker is being closed, which must not be what ends this
            }
        }
    }

    @Test
    void aRegistrationThatIsLostBetweenTwoBatchesEndsTheIncarnation() throws InterruptedException {
        Topic topic = created();
        AtomicInteger acquisitions = new AtomicInteger();
        List<TestBroker> brokers = new CopyOnWriteArrayList<>();
        MetadataStore losing = new CountingStore(store) {
            @Override
            public TransactionResult commit(Transaction transaction) {
                boolean acquires = transaction.toString().contains(TestBroker.KEYS.partitionOwners());
                if (acquires && acquisitions.incrementAndGet() == 6) {
                    store.revoke(brokers.getFirst().cluster.ownership().token().lease());
                }
                return super.commit(transaction);
            }
        };
        try (TestBroker second = new TestBroker(losing, clock, 0)) {
            brokers.add(second);
            second.start();
            assertThat(second.cluster
                            .ownership()
                            .awaitOwned(topic.allPartitions().toList(), Deadline.NEVER))
                    .isTrue();
            assertThat(second.host.begun).hasSize(2);
            assertThat(second.host.served).hasSize(MANY);
        }
    }
}
