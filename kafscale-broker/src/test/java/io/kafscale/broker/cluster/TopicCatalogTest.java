// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.time.ManualClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TopicCatalogTest {

    private final ManualClock clock = new ManualClock();
    private final CountingStore store = new CountingStore(new MemoryMetadataStore(clock));
    private final TestBroker broker = new TestBroker(store, clock, 0);
    private final TopicCatalog catalog = broker.cluster.catalog();

    @BeforeEach
    void start() throws InterruptedException {
        broker.start();
    }

    @AfterEach
    void close() {
        broker.close();
        store.close();
    }

    private Topic created(String name, int partitions) {
        CreateResult result = catalog.create(name, partitions, Map.of(), false);
        assertThat(result).isInstanceOf(CreateResult.Created.class);
        return ((CreateResult.Created) result).topic();
    }

    @Test
    void aTopicIsSeenWhenItsCreationReturns() {
        Topic topic = created("orders", 3);

        assertThat(catalog.find("orders")).contains(topic);
        assertThat(catalog.find(topic.id())).contains(topic);
        assertThat(catalog.all()).containsExactly(topic);
    }

    @Test
    void topicsAreListedByName() {
        List<Topic> topics = List.of(created("b", 1), created("c", 1), created("a", 1));

        assertThat(catalog.all()).containsExactlyInAnyOrderElementsOf(topics);
        assertThat(catalog.all()).extracting(Topic::name).containsExactly("a", "b", "c");
    }

    @Test
    void deletingAndCreatingANameGivesANewIdAndEpochZero() throws InterruptedException {
        Topic before = broker.create("orders", 1);

        assertThat(catalog.delete("orders")).isEqualTo(new DeleteResult.Deleted(before));
        assertThat(catalog.find("orders")).isEmpty();
        assertThat(catalog.find(before.id())).isEmpty();
        Topic after = broker.create("orders", 1);

        assertThat(after.id()).isNotEqualTo(before.id());
        assertThat(broker.cluster.ownership().leaderOf(after.partition(0))).isEqualTo(new Leadership(0, 0));
    }

    @Test
    void whatIsDeletedIsReleasedAndLeavesNoKeys() throws InterruptedException {
        Topic topic = broker.create("orders", 150);

        assertThat(catalog.delete(topic.id())).isEqualTo(new DeleteResult.Deleted(topic));
        for (int partition = 0; partition < 150; partition++) {
            assertThat(broker.host.released.take().topicId()).isEqualTo(topic.id());
        }
        // the next topic is acquired by the same thread, after it has deleted the keys
        Topic next = broker.create("next", 1);

        assertThat(store.range(TestBroker.KEYS.partitionStates(topic.id())).all())
                .isEmpty();
        assertThat(store.range(TestBroker.KEYS.partitionOwners()).all())
                .extracting(KeyValue::key)
                .containsExactly(TestBroker.KEYS.partitionOwner(next.partition(0)));
        assertThat(broker.cluster.ownership().leaderOf(topic.partition(0))).isEqualTo(new Leadership(-1, -1));
    }

    @Test
    void whatIsDeletedKeepsItsKeyUntilAllOfItIsDecided() throws InterruptedException {
        Topic topic = broker.create("orders", 2);
        PartitionId pending = topic.partition(1);
        broker.host.undecided.add(pending);

        assertThat(catalog.delete(topic.id())).isEqualTo(new DeleteResult.Deleted(topic));
        assertThat(broker.host.released.take()).isEqualTo(topic.partition(0));
        // other topics are served meanwhile, and keys without an owner are tidied away
        Topic next = broker.create("next", 1);
        clock.awaitWaiting(TestBroker.THREADS_AT_REST);
        clock.advance(Duration.ofSeconds(1));
        clock.awaitWaiting(TestBroker.THREADS_AT_REST);

        assertThat(store.range(TestBroker.KEYS.partitionOwners()).all())
                .extracting(KeyValue::key)
                .containsExactlyInAnyOrder(
                        TestBroker.KEYS.partitionOwner(pending), TestBroker.KEYS.partitionOwner(next.partition(0)));
        assertThat(broker.cluster.ownership().leaderOf(pending).isVacant()).isTrue();
        broker.host.undecided.clear();
        clock.advance(Duration.ofSeconds(1));
        assertThat(broker.host.released.take()).isEqualTo(pending);
        broker.create("last", 1);
        assertThat(store.range(TestBroker.KEYS.partitionOwners()).all())
                .extracting(KeyValue::key)
                .doesNotContain(TestBroker.KEYS.partitionOwner(pending));
    }

    @Test
    void aThousandPartitionsAreAcquiredInFewTransactions() throws InterruptedException {
        int before = store.transactions.get();

        Topic topic = broker.create("wide", 1000);

        assertThat(store.transactions.get() - before).isLessThanOrEqualTo(1 + 21);
        assertThat(broker.host.served).hasSize(1000);
        assertThat(broker.cluster.ownership().leaderOf(topic.partition(999))).isEqualTo(new Leadership(0, 0));
    }

    @Test
    void aDeletedTopicDoesNotComeBackWhenTheAnswerToItsCreationWasLost() {
        AtomicReference<ByteString> deleted = new AtomicReference<>(ByteString.EMPTY);
        String key = TestBroker.KEYS.topic("orders");
        store.loseNextAnswer(() -> {
            deleted.set(store.get(List.of(key)).find(key).orElseThrow().value());
            store.commit(Transaction.when()
                    .delete(key)
                    .deletePrefix(TestBroker.KEYS.partitionStates())
                    .build());
        });

        Topic topic = created("orders", 1);

        ByteString stored = store.get(List.of(key)).find(key).orElseThrow().value();
        assertThat(stored).isNotEqualTo(deleted.get());
        assertThat(catalog.all()).containsExactly(topic);
    }

    @Test
    void aTopicIsCreatedOnceWhenTheAnswerWasLost() {
        int before = store.transactions.get();
        store.loseNextAnswer(() -> {});

        Topic topic = created("orders", 1);

        assertThat(catalog.all()).containsExactly(topic);
        assertThat(store.transactions.get() - before).isLessThanOrEqualTo(2);
    }

    @Test
    void refusesANameThatExists() {
        created("orders", 1);

        assertThat(catalog.create("orders", 1, Map.of(), false)).isInstanceOf(CreateResult.Exists.class);
    }

    @Test
    void refusesANameThatDiffersOnlyInDotsAndUnderscores() {
        created("orders.new", 1);

        assertThat(catalog.create("orders_new", 1, Map.of(), false))
                .isEqualTo(new CreateResult.InvalidName("Topic 'orders_new' collides with existing topic: orders.new"));
        assertThat(catalog.delete("orders.new")).isInstanceOf(DeleteResult.Deleted.class);
        created("orders_new", 1);
    }

    @Test
    void refusesNamesThatKafkaRefuses() {
        for (String name : List.of("", ".", "..", "a/b", "a b", "ä", "x".repeat(250))) {
            assertThat(catalog.create(name, 1, Map.of(), false)).as(name).isInstanceOf(CreateResult.InvalidName.class);
        }
        created("x".repeat(249), 1);
    }

    @Test
    void refusesNumbersOfPartitionsOutOfBounds() {
        for (int partitions : List.of(0, -1, 10_001)) {
            assertThat(catalog.create("orders", partitions, Map.of(), false))
                    .isInstanceOf(CreateResult.InvalidPartitions.class);
        }
    }

    @Test
    void refusesUnknownSettingsByName() {
        assertThat(catalog.create("orders", 1, Map.of("retention.weeks", "1"), false))
                .isEqualTo(new CreateResult.InvalidConfig("Unknown topic config name: retention.weeks"));
    }

    @Test
    void validatingCreatesNothing() {
        assertThat(catalog.create("orders", 1, Map.of(), true)).isInstanceOf(CreateResult.Created.class);

        assertThat(catalog.find("orders")).isEmpty();
        assertThat(store.range(TestBroker.KEYS.topics()).all()).isEmpty();
    }

    @Test
    void deletingWhatIsNotThereIsUnknown() {
        assertThat(catalog.delete("orders")).isEqualTo(new DeleteResult.Unknown());
        assertThat(catalog.delete("../orders")).isEqualTo(new DeleteResult.Unknown());
        assertThat(catalog.delete(new UUID(1, 2))).isEqualTo(new DeleteResult.Unknown());
    }
}
