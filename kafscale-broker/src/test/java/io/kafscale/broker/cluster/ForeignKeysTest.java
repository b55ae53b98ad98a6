// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.ManualClock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Keys that this program would not write, among its own: no view stops, nor takes one for another. */
@Timeout(60)
final class ForeignKeysTest {

    private static final List<String> FOREIGN = List.of(
            TestBroker.KEYS.partitionOwners() + "x",
            TestBroker.KEYS.partitionOwners() + "1-1-1-1-1/+0",
            TestBroker.KEYS.groupShardOwners() + "x",
            TestBroker.KEYS.groupShardOwners() + "+3",
            TestBroker.KEYS.groupShardOwners() + "3/x",
            TestBroker.KEYS.brokers() + "3/x",
            TestBroker.KEYS.brokers() + "x",
            TestBroker.KEYS.topics() + "a/b");

    private final ManualClock clock = new ManualClock();
    private final MetadataStore store = new MemoryMetadataStore(clock);

    @AfterEach
    void closeStore() {
        store.close();
    }

    private void commit(Transaction transaction) {
        assertThat(store.commit(transaction)).isInstanceOf(TransactionResult.Applied.class);
    }

    private void putForeignKeys() {
        Transaction.Builder builder = Transaction.when();
        FOREIGN.forEach(key -> builder.put(key, ByteString.EMPTY));
        commit(builder.build());
    }

    private void deleteForeignKeys() {
        Transaction.Builder builder = Transaction.when();
        FOREIGN.forEach(builder::delete);
        commit(builder.build());
    }

    /** A second broker's keys come and go: every view must have followed them. */
    private void assertFollows(TestBroker broker, String topicName) throws InterruptedException {
        Topic topic;
        try (TestBroker other = new TestBroker(store, clock, 7).start()) {
            topic = other.create(topicName, 1);
            assertThat(broker.cluster
                            .ownership()
                            .awaitOwned(List.of(topic.partition(0)), io.kafscale.broker.time.Deadline.NEVER))
                    .isTrue();
        }
        broker.awaitServed(topic);
    }

    @Test
    void aBrokerStartsAmongForeignKeys() throws InterruptedException {
        putForeignKeys();
        try (TestBroker broker = new TestBroker(store, clock, 1).start()) {
            assertThat(broker.cluster.ownership().ownsGroupShard(3)).isTrue();
            assertThat(broker.cluster.membership().brokers())
                    .extracting(BrokerNode::id)
                    .containsExactly(1);
            assertThat(broker.cluster.catalog().all()).isEmpty();

            assertFollows(broker, "before");
            deleteForeignKeys();
            assertFollows(broker, "after");
        }
    }

    @Test
    void foreignKeysThatComeAndGoStopNothing() throws InterruptedException {
        try (TestBroker broker = new TestBroker(store, clock, 1).start()) {
            putForeignKeys();
            assertFollows(broker, "before");
            deleteForeignKeys();
            assertFollows(broker, "after");
        }
    }

    @Test
    void aWatchThatEndsAtOnceIsNotBegunAgainWithoutAPause() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        for (int call = 1; call <= 10_000; call++) {
            plan.failing(StoreCall.METADATA_WATCH, call, new Fault.FailAfter());
        }
        try (TestBroker broker = new TestBroker(new FaultyMetadataStore(store, plan, clock), clock, 1).start()) {
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);

            assertThat(plan.calls(StoreCall.METADATA_WATCH)).isLessThanOrEqualTo(8);
            assertThat(broker.cluster.catalog().create("orders", 1, Map.of(), true))
                    .isInstanceOf(CreateResult.Created.class);
        }
    }
}
