// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.proto.metadata.PartitionState;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nobody can read disturbs nothing but itself. */
@Timeout(60)
final class UnreadableTest {

    private static final ByteString NONSENSE = ByteString.copyFrom(new byte[] {-1, -1});

    private final ManualClock clock = new ManualClock();
    private final MetadataStore store = new MemoryMetadataStore(clock);
    private Topic topic = new Topic(new java.util.UUID(1, 2), "none", 1, Map.of());

    @BeforeEach
    void createTopic() throws InterruptedException {
        try (TestBroker first = new TestBroker(store, clock, 0).start()) {
            topic = first.create("orders", 3);
        }
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private void put(String key, ByteString value) {
        assertThat(store.commit(Transaction.when().put(key, value).build()))
                .isInstanceOf(TransactionResult.Applied.class);
    }

    private static Leadership leader(TestBroker broker, Topic of, int partition) {
        return broker.cluster.ownership().leaderOf(of.partition(partition));
    }

    @Test
    void aPartitionWithAnUnreadableStateAloneHasNoLeader() throws InterruptedException {
        put(TestBroker.KEYS.partitionState(topic.partition(1)), NONSENSE);
        try (TestBroker broker = new TestBroker(store, clock, 0).start()) {
            assertThat(leader(broker, topic, 0)).isEqualTo(new Leadership(0, 1));
            assertThat(leader(broker, topic, 1).isVacant()).isTrue();
            assertThat(leader(broker, topic, 2)).isEqualTo(new Leadership(0, 1));

            put(
                    TestBroker.KEYS.partitionState(topic.partition(1)),
                    PartitionState.newBuilder().setLeaderEpoch(6).build().toByteString());
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            broker.awaitServed(topic);

            assertThat(leader(broker, topic, 1)).isEqualTo(new Leadership(0, 7));
        }
    }

    @Test
    void aPartitionWithAnImpossibleStateAloneHasNoLeader() throws InterruptedException {
        PartitionState.Builder state = PartitionState.newBuilder();
        put(
                TestBroker.KEYS.partitionState(topic.partition(0)),
                state.clone().setLogStart(-1).build().toByteString());
        put(
                TestBroker.KEYS.partitionState(topic.partition(1)),
                state.clone().setLeaderEpoch(Integer.MAX_VALUE).build().toByteString());
        try (TestBroker broker = new TestBroker(store, clock, 0).start()) {
            assertThat(leader(broker, topic, 0).isVacant()).isTrue();
            assertThat(leader(broker, topic, 1).isVacant()).isTrue();
            assertThat(leader(broker, topic, 2)).isEqualTo(new Leadership(0, 1));
        }
    }

    @Test
    void aBugOfTheHostDoesNotKeepTheBrokerFromStarting() throws InterruptedException {
        try (TestBroker broker = new TestBroker(store, clock, 0)) {
            broker.host.failNext.set(true);
            broker.start();

            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            broker.awaitServed(topic);
        }
    }

    @Test
    void aSettingThatCannotBeReadCountsAsUnset() {
        TopicSettings defaults = TopicSettings.of(Map.of());

        TopicSettings settings = TopicSettings.of(Map.of(
                "max.message.bytes", "99999999999",
                "message.timestamp.type", "sometimes",
                "message.timestamp.before.max.ms", "long ago",
                "message.timestamp.after.max.ms", "-7"));

        assertThat(settings).isEqualTo(defaults);
    }

    @Test
    void nothingIsDeletedByASettingThatCannotBeRead() {
        TopicSettings settings = TopicSettings.of(
                Map.of("retention.ms", "a while", "retention.bytes", "a lot", "cleanup.policy", "shred"));

        assertThat(settings.keeping().retentionMs()).isEqualTo(-1);
        assertThat(settings.keeping().retentionBytes()).isEqualTo(-1);
        assertThat(settings.cleanupPolicies()).isEqualTo(Set.of());
    }
}
