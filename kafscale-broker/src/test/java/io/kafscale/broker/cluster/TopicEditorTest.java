// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TopicEditorTest {

    private static final String KEY = TestBroker.KEYS.topic("orders");

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

    private static UnaryOperator<Map<String, String>> setting(String name, String value) {
        return configs -> {
            Map<String, String> changed = new TreeMap<>(configs);
            changed.put(name, value);
            return changed;
        };
    }

    private Map<String, String> configs() {
        return catalog.find("orders").orElseThrow().configs();
    }

    private KeyValue entry() {
        return store.get(List.of(KEY)).find(KEY).orElseThrow();
    }

    private TopicConfig stored() {
        try {
            return TopicConfig.parseFrom(entry().value());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private void store(TopicConfig value) {
        store.commit(Transaction.when().put(KEY, value.toByteString()).build());
    }

    @Test
    void whatIsSetIsSeenWhenThatReturns() throws InterruptedException {
        Topic before = broker.create("orders", 2);

        AlterResult result = catalog.alterConfigs("orders", setting("retention.ms", "5"), false);

        Topic after = catalog.find("orders").orElseThrow();
        assertThat(result).isEqualTo(new AlterResult.Altered(before, after));
        assertThat(after).isEqualTo(new Topic(before.id(), "orders", 2, Map.of("retention.ms", "5")));
        assertThat(catalog.find(before.id())).contains(after);
    }

    @Test
    void validatingChangesNothing() throws InterruptedException {
        Topic before = broker.create("orders", 2);

        assertThat(catalog.alterConfigs("orders", setting("retention.ms", "5"), true))
                .isInstanceOf(AlterResult.Altered.class);
        assertThat(catalog.addPartitions("orders", 5, true)).isInstanceOf(AlterResult.Altered.class);

        assertThat(catalog.find("orders")).contains(before);
        assertThat(stored().getPartitions()).isEqualTo(2);
        assertThat(stored().getConfigsMap()).isEmpty();
    }

    @Test
    void aValueThatIsNotAllowedChangesNothing() throws InterruptedException {
        broker.create("orders", 2);

        assertThat(catalog.alterConfigs("orders", setting("retention.weeks", "1"), false))
                .isEqualTo(new AlterResult.InvalidConfig("Unknown topic config name: retention.weeks"));
        assertThat(catalog.alterConfigs("orders", setting("retention.ms", "soon"), false))
                .isInstanceOf(AlterResult.InvalidConfig.class);
        assertThat(configs()).isEmpty();
    }

    @Test
    void aTopicThatIsNotThereIsUnknown() {
        assertThat(catalog.alterConfigs("orders", configs -> configs, false)).isEqualTo(new AlterResult.Unknown());
        assertThat(catalog.addPartitions("../orders", 3, false)).isEqualTo(new AlterResult.Unknown());
    }

    @Test
    void whatOthersSetMeanwhileStays() throws InterruptedException {
        broker.create("orders", 2);
        boolean[] raced = {false};

        AlterResult result = catalog.alterConfigs(
                "orders",
                configs -> {
                    if (!raced[0]) {
                        raced[0] = true;
                        store(stored().toBuilder()
                                .putConfigs("segment.ms", "7")
                                .setPartitions(3)
                                .build());
                    }
                    return setting("retention.ms", "5").apply(configs);
                },
                false);

        assertThat(result).isInstanceOf(AlterResult.Altered.class);
        assertThat(configs()).isEqualTo(Map.of("segment.ms", "7", "retention.ms", "5"));
        assertThat(stored().getPartitions()).isEqualTo(3);
    }

    @Test
    void whatANewerVersionStoredStays() throws InterruptedException {
        broker.create("orders", 2);
        UnknownFieldSet newer = UnknownFieldSet.newBuilder()
                .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                .build();
        store(stored().toBuilder().setUnknownFields(newer).build());

        assertThat(catalog.alterConfigs("orders", setting("retention.ms", "5"), false))
                .isInstanceOf(AlterResult.Altered.class);

        assertThat(stored().getUnknownFields()).isEqualTo(newer);
    }

    @Test
    void aChangeIsMadeOnceWhenItsAnswerWasLost() throws InterruptedException {
        broker.create("orders", 2);
        int before = store.transactions.get();
        store.loseNextAnswer(() -> {});

        assertThat(catalog.alterConfigs("orders", setting("retention.ms", "5"), false))
                .isInstanceOf(AlterResult.Altered.class);

        assertThat(store.transactions.get() - before).isEqualTo(1);
        assertThat(configs()).isEqualTo(Map.of("retention.ms", "5"));
    }

    @Test
    void partitionsAreAddedOnceAlthoughTheAnswerWasLostAndOthersChangedMore() throws InterruptedException {
        broker.create("orders", 2);
        store.loseNextAnswer(
                () -> store(stored().toBuilder().putConfigs("segment.ms", "7").build()));

        assertThat(catalog.addPartitions("orders", 5, false)).isInstanceOf(AlterResult.Altered.class);

        assertThat(catalog.find("orders"))
                .hasValueSatisfying(topic -> assertThat(topic.partitions()).isEqualTo(5));
        assertThat(configs()).isEqualTo(Map.of("segment.ms", "7"));
    }

    @Test
    void aTopicThatWasDeletedAndCreatedAgainMeanwhileIsNotTakenForTheChangedOne() throws InterruptedException {
        broker.create("orders", 2);
        TopicConfig another = stored().toBuilder()
                .setTopicId(TopicIds.bytes(new UUID(1, 2)))
                .putConfigs("retention.ms", "5")
                .build();
        store.loseNextAnswer(() -> {
            store.commit(Transaction.when().delete(KEY).build());
            store(another);
        });

        AlterResult result = catalog.alterConfigs("orders", setting("retention.ms", "5"), false);

        assertThat(result)
                .isInstanceOfSatisfying(
                        AlterResult.Altered.class,
                        altered -> assertThat(altered.after().id()).isEqualTo(new UUID(1, 2)));
    }

    @Test
    void morePartitionsAreServed() throws InterruptedException {
        Topic before = broker.create("orders", 2);

        assertThat(catalog.addPartitions("orders", 150, false)).isInstanceOf(AlterResult.Altered.class);

        Topic after = catalog.find("orders").orElseThrow();
        broker.awaitServed(after);
        assertThat(after.partitions()).isEqualTo(150);
        assertThat(broker.cluster.ownership().leaderOf(before.partition(1))).isEqualTo(new Leadership(0, 0));
        assertThat(broker.cluster.ownership().leaderOf(after.partition(149))).isEqualTo(new Leadership(0, 0));
    }

    @Test
    void partitionsOnlyBecomeMore() throws InterruptedException {
        broker.create("orders", 2);

        assertThat(catalog.addPartitions("orders", 2, false))
                .isEqualTo(new AlterResult.InvalidPartitions("Topic already has 2 partition(s)."));
        assertThat(catalog.addPartitions("orders", 1, false))
                .isEqualTo(new AlterResult.InvalidPartitions(
                        "The topic orders currently has 2 partition(s); 1 would not be an increase."));
        assertThat(catalog.addPartitions("orders", 10_001, false)).isInstanceOf(AlterResult.InvalidPartitions.class);
    }
}
