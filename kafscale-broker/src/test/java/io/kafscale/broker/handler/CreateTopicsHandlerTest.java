// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CreateTopicsHandlerTest {

    private static final int SELF = BrokerFixture.SELF.id();
    private static final byte FROM_TOPIC = 1;
    private static final byte FROM_DEFAULT = 5;

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private CreateTopicsResponseData call(RequestPolicy policy, int version, CreateTopicsRequestData request)
            throws InterruptedException {
        CreateTopicsHandler handler = new CreateTopicsHandler(
                broker.cluster.catalog(),
                broker.cluster.membership(),
                broker.cluster.ownership(),
                policy,
                broker.clock);
        return BrokerFixture.call(handler, version, request, CreateTopicsResponseData.class);
    }

    private CreatableTopicResult create(int version, CreatableTopic topic) throws InterruptedException {
        return call(RequestPolicy.DEFAULTS, version, request(topic)).topics().find(topic.name());
    }

    private Errors errorOf(CreatableTopic topic) throws InterruptedException {
        CreatableTopicResult result = create(7, topic);
        Errors error = Errors.forCode(result.errorCode());
        if (error != Errors.NONE) {
            assertThat(result.errorMessage()).isNotBlank();
            assertThat(result.topicId()).isEqualTo(Uuid.ZERO_UUID);
        }
        return error;
    }

    private static CreateTopicsRequestData request(CreatableTopic... topics) {
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(30_000);
        for (CreatableTopic topic : topics) {
            request.topics().add(topic);
        }
        return request;
    }

    private static CreatableTopic topic(String name, int partitions, int replicationFactor) {
        return new CreatableTopic().setName(name).setNumPartitions(partitions).setReplicationFactor((short)
                replicationFactor);
    }

    private static CreatableTopic config(CreatableTopic topic, String name, @Nullable String value) {
        topic.configs().add(new CreatableTopicConfig().setName(name).setValue(value));
        return topic;
    }

    private static CreatableTopic assigned(int partition, Integer... brokers) {
        return assign(topic("assigned", -1, -1), partition, brokers);
    }

    private static CreatableTopic assign(CreatableTopic topic, int partition, Integer... brokers) {
        topic.assignments()
                .add(new CreatableReplicaAssignment()
                        .setPartitionIndex(partition)
                        .setBrokerIds(List.of(brokers)));
        return topic;
    }

    @Test
    void makesATopicThatIsServedWhenTheAnswerComes() throws InterruptedException {
        CreatableTopicResult result = create(7, topic("orders", 3, 1));

        Topic made = broker.cluster.catalog().find("orders").orElseThrow();
        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.errorMessage()).isNull();
        assertThat(result.topicId()).isEqualTo(TopicKey.toKafka(made.id()));
        assertThat(result.numPartitions()).isEqualTo(3);
        assertThat(result.replicationFactor()).isEqualTo((short) 1);
        assertThat(made.partitions()).isEqualTo(3);
        assertThat(made.allPartitions())
                .allSatisfy(partition -> assertThat(broker.logs.find(partition)).isPresent());
    }

    @ParameterizedTest
    @CsvSource({"-1, -1", "-1, 1", "-1, 3", "-1, 32767"})
    void takesMinusOneForTheDefaultAndAnyReplicationFactorForOne(int partitions, int factor)
            throws InterruptedException {
        RequestPolicy four = new RequestPolicy(true, 4, true, true);

        CreatableTopicResult result = call(four, 5, request(topic("orders", partitions, factor)))
                .topics()
                .find("orders");

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.numPartitions()).isEqualTo(4);
        assertThat(result.replicationFactor()).isEqualTo((short) 1);
    }

    @Test
    void showsTheSettingsOfTheNewTopic() throws InterruptedException {
        CreatableTopicResult result = create(5, config(topic("orders", 1, 1), "cleanup.policy", "compact"));

        assertThat(result.configs())
                .anySatisfy(config -> {
                    assertThat(config.name()).isEqualTo("cleanup.policy");
                    assertThat(config.value()).isEqualTo("compact");
                    assertThat(config.configSource()).isEqualTo(FROM_TOPIC);
                })
                .anySatisfy(config -> {
                    assertThat(config.name()).isEqualTo("retention.ms");
                    assertThat(config.configSource()).isEqualTo(FROM_DEFAULT);
                })
                .noneMatch(CreatableTopicConfigs::isSensitive);
        assertThat(broker.cluster.catalog().find("orders").orElseThrow().configs())
                .isEqualTo(Map.of("cleanup.policy", "compact"));
    }

    @Test
    void onlyLooksWhenAskedToValidate() throws InterruptedException {
        CreateTopicsRequestData request = request(topic("orders", 3, 1)).setValidateOnly(true);

        CreatableTopicResult result =
                call(RequestPolicy.DEFAULTS, 7, request).topics().find("orders");

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.numPartitions()).isEqualTo(3);
        assertThat(result.topicId()).isEqualTo(Uuid.ZERO_UUID);
        assertThat(broker.cluster.catalog().find("orders")).isEmpty();
    }

    @Test
    void validatesAsStrictlyAsItCreates() throws InterruptedException {
        CreateTopicsRequestData request =
                request(config(topic("orders", 1, 1), "no.such.setting", "1")).setValidateOnly(true);

        assertThat(call(RequestPolicy.DEFAULTS, 7, request)
                        .topics()
                        .find("orders")
                        .errorCode())
                .isEqualTo(Errors.INVALID_CONFIG.code());
    }

    @Test
    void refusesWhatIsThereAlready() throws InterruptedException {
        broker.topic("orders", 1);

        assertThat(errorOf(topic("orders", 1, 1))).isEqualTo(Errors.TOPIC_ALREADY_EXISTS);
    }

    @ParameterizedTest
    @CsvSource({
        "a/b, 1, 1, INVALID_TOPIC_EXCEPTION",
        ".., 1, 1, INVALID_TOPIC_EXCEPTION",
        "orders, 0, 1, INVALID_PARTITIONS",
        "orders, -2, 1, INVALID_PARTITIONS",
        "orders, 1, 0, INVALID_REPLICATION_FACTOR",
        "orders, 1, -2, INVALID_REPLICATION_FACTOR"
    })
    void refusesBadNamesAndNumbers(String name, int partitions, int factor, Errors expected)
            throws InterruptedException {
        assertThat(errorOf(topic(name, partitions, factor))).isEqualTo(expected);
    }

    @Test
    void refusesBadSettings() throws InterruptedException {
        assertThat(errorOf(config(topic("a", 1, 1), "retention.ms", "soon"))).isEqualTo(Errors.INVALID_CONFIG);
        assertThat(errorOf(config(topic("b", 1, 1), "no.such.setting", "1"))).isEqualTo(Errors.INVALID_CONFIG);
        assertThat(errorOf(config(topic("c", 1, 1), "retention.ms", null))).isEqualTo(Errors.INVALID_CONFIG);
    }

    @Test
    void refusesATopicNamedTwiceAndMakesTheOther() throws InterruptedException {
        CreateTopicsRequestData request = request(topic("twice", 1, 1), topic("once", 1, 1), topic("twice", 2, 1));

        CreateTopicsResponseData data = call(RequestPolicy.DEFAULTS, 7, request);

        assertThat(data.topics()).hasSize(2);
        assertThat(data.topics().find("twice").errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(data.topics().find("once").errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(broker.cluster.catalog().find("twice")).isEmpty();
    }

    @Test
    void takesThePartitionsFromAManualAssignment() throws InterruptedException {
        CreatableTopicResult result = create(5, assign(assigned(1, SELF), 0, SELF));

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.numPartitions()).isEqualTo(2);
    }

    @Test
    void refusesBadManualAssignments() throws InterruptedException {
        assertThat(errorOf(assigned(0, 77))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assigned(0))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assigned(0, SELF, SELF))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assigned(1, SELF))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assigned(-1, SELF))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assign(assigned(0, SELF), 1, SELF, 77))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assign(assigned(0, SELF), 0, SELF))).isEqualTo(Errors.INVALID_REPLICA_ASSIGNMENT);
        assertThat(errorOf(assigned(0, SELF).setNumPartitions(1))).isEqualTo(Errors.INVALID_REQUEST);
        assertThat(errorOf(assigned(0, SELF).setReplicationFactor((short) 1))).isEqualTo(Errors.INVALID_REQUEST);
    }

    @Test
    void makesNothingWhereTheOperatorForbidsIt() throws InterruptedException {
        RequestPolicy closed = new RequestPolicy(true, 1, false, true);

        CreatableTopicResult result =
                call(closed, 7, request(topic("orders", 1, 1))).topics().find("orders");

        assertThat(result.errorCode()).isEqualTo(Errors.POLICY_VIOLATION.code());
        assertThat(broker.cluster.catalog().find("orders")).isEmpty();
    }

    /** As Apache Kafka: the request as a whole, before anything is looked at. */
    @Test
    void refusesMorePartitionsInOneRequestThanKafkaDoes() throws InterruptedException {
        CreateTopicsResponseData data =
                call(RequestPolicy.DEFAULTS, 7, request(topic("small", 1, 1), topic("large", 10_000, 1)));

        assertThat(data.topics()).hasSize(2).allSatisfy(result -> {
            assertThat(result.errorCode()).isEqualTo(Errors.POLICY_VIOLATION.code());
            assertThat(result.errorMessage()).isEqualTo("Excessively large number of partitions per request.");
        });
        assertThat(broker.cluster.catalog().all()).isEmpty();
    }
}
