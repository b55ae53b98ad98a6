// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DeleteTopicsHandlerTest {

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

    private List<DeletableTopicResult> call(RequestPolicy policy, int version, DeleteTopicsRequestData request)
            throws InterruptedException {
        DeleteTopicsHandler handler = new DeleteTopicsHandler(broker.cluster.catalog(), policy);
        return List.copyOf(BrokerFixture.call(handler, version, request, DeleteTopicsResponseData.class)
                .responses());
    }

    private List<DeletableTopicResult> delete(DeleteTopicState... topics) throws InterruptedException {
        return call(RequestPolicy.DEFAULTS, 6, new DeleteTopicsRequestData().setTopics(List.of(topics)));
    }

    private static DeleteTopicState named(String name) {
        return new DeleteTopicState().setName(name);
    }

    private static DeleteTopicState identified(Uuid id) {
        return new DeleteTopicState().setName(null).setTopicId(id);
    }

    @Test
    void deletesByNameAsOldClientsAsk() throws InterruptedException {
        List<DeletableTopicResult> results = call(
                RequestPolicy.DEFAULTS, 5, new DeleteTopicsRequestData().setTopicNames(List.of("orders", "missing")));

        assertThat(results).extracting(DeletableTopicResult::name).containsExactly("orders", "missing");
        assertThat(results)
                .extracting(DeletableTopicResult::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(broker.cluster.catalog().find("orders")).isEmpty();
    }

    @Test
    void deletesByNameAndShowsTheId() throws InterruptedException {
        DeletableTopicResult result = delete(named("orders")).get(0);

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.topicId()).isEqualTo(TopicKey.toKafka(topic.id()));
    }

    @Test
    void deletesByIdAndShowsTheName() throws InterruptedException {
        DeletableTopicResult result =
                delete(identified(TopicKey.toKafka(topic.id()))).get(0);

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.name()).isEqualTo("orders");
        assertThat(broker.cluster.catalog().find("orders")).isEmpty();
    }

    @Test
    void knowsNoSuchId() throws InterruptedException {
        Uuid id = Uuid.randomUuid();

        DeletableTopicResult result = delete(identified(id)).get(0);

        assertThat(result.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
        assertThat(result.topicId()).isEqualTo(id);
        assertThat(result.name()).isNull();
    }

    @Test
    void wantsEitherANameOrAnId() throws InterruptedException {
        List<DeletableTopicResult> results = delete(
                new DeleteTopicState().setName("orders").setTopicId(TopicKey.toKafka(topic.id())),
                identified(Uuid.ZERO_UUID));

        assertThat(results).extracting(DeletableTopicResult::errorCode).containsOnly(Errors.INVALID_REQUEST.code());
        assertThat(broker.cluster.catalog().find("orders")).isPresent();
    }

    /** As Apache Kafka: who says a thing twice may not mean it. */
    @Test
    void deletesNothingThatIsNamedTwice() throws InterruptedException {
        assertThat(delete(named("orders"), named("missing"), named("orders")))
                .extracting(DeletableTopicResult::errorCode)
                .containsExactly(Errors.INVALID_REQUEST.code(), Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(broker.cluster.catalog().find("orders")).isPresent();
    }

    @Test
    void deletesNothingThatIsNamedByItsNameAndByItsId() throws InterruptedException {
        Uuid id = TopicKey.toKafka(topic.id());

        assertThat(delete(named("orders"), identified(id)))
                .extracting(DeletableTopicResult::errorCode)
                .containsOnly(Errors.INVALID_REQUEST.code());
        assertThat(broker.cluster.catalog().find("orders")).isPresent();
    }

    /** Names whose hashes are equal, and ids of the same hash: a table that tells them apart must compare them. */
    @Test
    @Timeout(20)
    void answersManyNamesAndIdsOfOneHashWithoutGrowingSlow() throws InterruptedException {
        List<DeleteTopicState> topics = new ArrayList<>();
        Colliding.texts(20_000).forEach(name -> topics.add(named(name)));
        Colliding.ids(20_000).forEach(id -> topics.add(identified(id)));

        Answer answer = BrokerFixture.send(
                new DeleteTopicsHandler(broker.cluster.catalog(), RequestPolicy.DEFAULTS),
                6,
                new DeleteTopicsRequestData().setTopics(topics));

        assertThat(((DeleteTopicsResponseData) BrokerFixture.message(answer)).responses())
                .hasSize(topics.size());
    }

    @Test
    void aTopicMadeAgainIsAnotherOne() throws InterruptedException {
        delete(named("orders"));

        Topic again = broker.topic("orders", 1);

        assertThat(again.id()).isNotEqualTo(topic.id());
        assertThat(broker.log(again, 0).highWatermark()).isZero();
    }

    @Test
    void deletesNothingWhereTheOperatorForbidsIt() throws InterruptedException {
        RequestPolicy closed = new RequestPolicy(true, 1, false, true);

        DeletableTopicResult result = call(closed, 6, new DeleteTopicsRequestData().setTopics(List.of(named("orders"))))
                .get(0);

        assertThat(result.errorCode()).isEqualTo(Errors.POLICY_VIOLATION.code());
        assertThat(result.errorMessage()).isNotBlank();
        assertThat(broker.cluster.catalog().find("orders")).isPresent();
    }

    /** The generated table would take minutes for these. */
    @Test
    @Timeout(20)
    void answersManyUnknownIdsWithoutGrowingSlow() throws InterruptedException {
        List<DeleteTopicState> unknown = IntStream.range(0, 20_000)
                .mapToObj(i -> identified(new Uuid(1, i + 100L)))
                .toList();

        Answer answer = BrokerFixture.send(
                new DeleteTopicsHandler(broker.cluster.catalog(), RequestPolicy.DEFAULTS),
                6,
                new DeleteTopicsRequestData().setTopics(unknown));

        assertThat(((DeleteTopicsResponseData) BrokerFixture.message(answer)).responses())
                .hasSize(unknown.size());
    }
}
