// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Topic;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataHandlerTest {

    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 2);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private MetadataHandler handler(RequestPolicy policy) {
        return new MetadataHandler(
                broker.cluster.catalog(),
                broker.cluster.membership(),
                broker.cluster.ownership(),
                new TopicAutoCreation(broker.cluster.catalog(), broker.cluster.ownership(), policy, broker.clock));
    }

    private MetadataResponseData call(int version, MetadataRequestData request) throws InterruptedException {
        return BrokerFixture.call(handler(RequestPolicy.DEFAULTS), version, request, MetadataResponseData.class);
    }

    private static MetadataRequestData named(String... names) {
        return new MetadataRequestData()
                .setTopics(List.of(names).stream()
                        .map(name -> new MetadataRequestTopic().setName(name))
                        .toList());
    }

    private static MetadataRequestData identified(Uuid... ids) {
        return new MetadataRequestData()
                .setTopics(List.of(ids).stream()
                        .map(id -> new MetadataRequestTopic().setName(null).setTopicId(id))
                        .toList());
    }

    private static MetadataResponseTopic only(MetadataResponseData data) {
        assertThat(data.topics()).hasSize(1);
        return data.topics().iterator().next();
    }

    @Test
    void namesTheBrokersAndTheController() throws InterruptedException {
        MetadataResponseData data = call(12, named());

        assertThat(data.brokers()).hasSize(1);
        assertThat(data.brokers().find(BrokerFixture.SELF.id())).satisfies(node -> {
            assertThat(node.host()).isEqualTo(BrokerFixture.SELF.host());
            assertThat(node.port()).isEqualTo(BrokerFixture.SELF.port());
            assertThat(node.rack()).isEqualTo("zone-a");
        });
        assertThat(data.controllerId()).isEqualTo(BrokerFixture.SELF.id());
        assertThat(data.clusterId()).isEqualTo(broker.cluster.membership().clusterUuid());
        assertThat(data.topics()).isEmpty();
    }

    @Test
    void describesATopicByName() throws InterruptedException {
        MetadataResponseTopic found = only(call(12, named("orders")));

        assertThat(found.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(found.topicId()).isEqualTo(TopicKey.toKafka(topic.id()));
        assertThat(found.isInternal()).isFalse();
        assertThat(found.partitions()).hasSize(2).allSatisfy(partition -> {
            assertThat(partition.errorCode()).isEqualTo(Errors.NONE.code());
            assertThat(partition.leaderId()).isEqualTo(BrokerFixture.SELF.id());
            assertThat(partition.replicaNodes()).containsExactly(BrokerFixture.SELF.id());
            assertThat(partition.isrNodes()).containsExactly(BrokerFixture.SELF.id());
            assertThat(partition.offlineReplicas()).isEmpty();
        });
        assertThat(found.partitions())
                .extracting(MetadataResponsePartition::leaderEpoch)
                .containsExactly(
                        broker.log(topic, 0).leaderEpoch(), broker.log(topic, 1).leaderEpoch());
    }

    @Test
    void describesATopicById() throws InterruptedException {
        MetadataResponseTopic found = only(call(12, identified(TopicKey.toKafka(topic.id()))));

        assertThat(found.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(found.name()).isEqualTo("orders");
    }

    @Test
    void knowsNoSuchId() throws InterruptedException {
        Uuid id = Uuid.randomUuid();

        MetadataResponseTopic found = only(call(12, identified(id)));

        assertThat(found.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
        assertThat(found.name()).isNull();
        assertThat(found.topicId()).isEqualTo(id);
    }

    @Test
    void refusesIdsInVersionsWhereTheyMeantNothingYet() throws InterruptedException {
        MetadataResponseTopic found = only(call(11, identified(TopicKey.toKafka(topic.id()))));

        assertThat(found.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void listsAllTopics() throws InterruptedException {
        broker.topic("payments", 1);

        assertThat(call(12, new MetadataRequestData().setTopics(null)).topics())
                .extracting(MetadataResponseTopic::name)
                .containsExactlyInAnyOrder("orders", "payments");
        assertThat(call(0, named()).topics()).hasSize(2);
        assertThat(call(1, named()).topics()).isEmpty();
    }

    @Test
    void makesATopicThatIsAskedForAndServesItAtOnce() throws InterruptedException {
        MetadataResponseTopic made = only(call(12, named("fresh").setAllowAutoTopicCreation(true)));

        assertThat(made.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(made.partitions()).hasSize(1);
        assertThat(made.partitions().get(0).leaderId()).isEqualTo(BrokerFixture.SELF.id());
        assertThat(broker.cluster.catalog().find("fresh")).isPresent();
    }

    @Test
    void makesTopicsWithTheDefaultNumberOfPartitions() throws InterruptedException {
        RequestPolicy five = new RequestPolicy(true, 5, true, true);

        MetadataResponseData data = BrokerFixture.call(handler(five), 12, named("fresh"), MetadataResponseData.class);

        assertThat(only(data).partitions()).hasSize(5);
    }

    @Test
    void makesATopicForClientsThatCannotSayWhetherTheyWantIt() throws InterruptedException {
        assertThat(only(call(3, named("fresh"))).errorCode()).isEqualTo(Errors.NONE.code());
    }

    @Test
    void makesNoTopicThatTheClientDoesNotWant() throws InterruptedException {
        MetadataResponseTopic missing = only(call(12, named("fresh").setAllowAutoTopicCreation(false)));

        assertThat(missing.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(missing.name()).isEqualTo("fresh");
        assertThat(broker.cluster.catalog().find("fresh")).isEmpty();
    }

    @Test
    void makesNoTopicThatTheBrokerDoesNotAllow() throws InterruptedException {
        RequestPolicy strict = new RequestPolicy(false, 1, true, true);

        MetadataResponseData data = BrokerFixture.call(handler(strict), 12, named("fresh"), MetadataResponseData.class);

        assertThat(only(data).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(broker.cluster.catalog().find("fresh")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "..", ".", "", "ä"})
    void refusesBadNames(String name) throws InterruptedException {
        assertThat(only(call(12, named(name).setAllowAutoTopicCreation(true))).errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
        assertThat(only(call(12, named(name).setAllowAutoTopicCreation(false))).errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    }

    @Test
    void answersANameOnceThoughAskedForTwice() throws InterruptedException {
        assertThat(call(12, named("orders", "orders")).topics()).hasSize(1);
    }

    @Test
    void showsNoLeaderWhereThereIsNone() throws InterruptedException {
        TopicDescriber describer = new TopicDescriber(broker.cluster.ownership());
        Topic vacant = new Topic(UUID.randomUUID(), "vacant", 1, Map.of());

        MetadataResponsePartition partition = describer
                .describe(vacant, ClusterView.of(broker.cluster.membership()), false)
                .partitions()
                .get(0);

        assertThat(partition.errorCode()).isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
        assertThat(partition.leaderId()).isEqualTo(-1);
        assertThat(partition.isrNodes()).isEmpty();
        assertThat(partition.replicaNodes()).hasSize(1).isEqualTo(partition.offlineReplicas());
    }

    @Test
    void showsNoLeaderThatIsNotAmongTheBrokers() {
        TopicDescriber describer = new TopicDescriber(broker.cluster.ownership());
        ClusterView others = new ClusterView(List.of(new BrokerNode(9, "other", 1, Optional.empty())), 9);

        MetadataResponsePartition partition =
                describer.describe(topic, others, false).partitions().get(0);

        assertThat(partition.errorCode()).isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
        assertThat(partition.leaderId()).isEqualTo(-1);
    }

    @Test
    void statesOperationsOnlyWhenAsked() throws InterruptedException {
        MetadataRequestData asking =
                named("orders").setIncludeTopicAuthorizedOperations(true).setIncludeClusterAuthorizedOperations(true);

        assertThat(only(call(8, asking)).topicAuthorizedOperations()).isEqualTo(AuthorizedOperations.TOPIC);
        assertThat(call(8, asking).clusterAuthorizedOperations()).isEqualTo(AuthorizedOperations.CLUSTER);
        assertThat(only(call(8, named("orders"))).topicAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
        assertThat(call(8, named("orders")).clusterAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
    }

    /** The generated table would take minutes for these. */
    @Test
    @Timeout(20)
    void answersManyUnknownIdsWithoutGrowingSlow() throws InterruptedException {
        Uuid[] ids =
                IntStream.range(0, 20_000).mapToObj(i -> new Uuid(1, i + 100L)).toArray(Uuid[]::new);

        Answer answer = BrokerFixture.send(handler(RequestPolicy.DEFAULTS), 12, identified(ids));

        assertThat(((MetadataResponseData) BrokerFixture.message(answer)).topics())
                .hasSize(ids.length);
    }
}
