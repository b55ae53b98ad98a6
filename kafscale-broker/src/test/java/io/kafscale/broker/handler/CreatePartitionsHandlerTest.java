// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.util.List;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CreatePartitionsHandlerTest {

    private static final int SELF = BrokerFixture.SELF.id();

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        broker.topic("orders", 2);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static CreatePartitionsTopic topic(String name, int count) {
        return new CreatePartitionsTopic().setName(name).setCount(count).setAssignments(null);
    }

    private static CreatePartitionsAssignment on(Integer... brokers) {
        return new CreatePartitionsAssignment().setBrokerIds(List.of(brokers));
    }

    private static CreatePartitionsRequestData request(CreatePartitionsTopic... topics) {
        CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(10_000);
        for (CreatePartitionsTopic topic : topics) {
            request.topics().add(topic);
        }
        return request;
    }

    private List<CreatePartitionsTopicResult> call(RequestPolicy policy, CreatePartitionsRequestData request)
            throws InterruptedException {
        CreatePartitionsHandler handler = new CreatePartitionsHandler(
                broker.cluster.catalog(),
                broker.cluster.membership(),
                broker.cluster.ownership(),
                policy,
                broker.clock);
        return BrokerFixture.call(handler, 3, request, CreatePartitionsResponseData.class)
                .results();
    }

    private void assertRefused(Errors error, String message, CreatePartitionsTopic topic) throws InterruptedException {
        assertThat(call(RequestPolicy.DEFAULTS, request(topic))).singleElement().satisfies(result -> {
            assertThat(Errors.forCode(result.errorCode())).isEqualTo(error);
            assertThat(result.errorMessage()).contains(message);
        });
        assertThat(orders().partitions()).isEqualTo(2);
    }

    private Topic orders() {
        return broker.cluster.catalog().find("orders").orElseThrow();
    }

    @Test
    void theNewPartitionsTakeRecordsWhenItAnswers() throws InterruptedException {
        assertThat(call(RequestPolicy.DEFAULTS, request(topic("orders", 5))))
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
                    assertThat(result.errorMessage()).isNull();
                });

        ProduceResponseData produced = BrokerFixture.call(
                broker.produce(), 9, produce(orders(), 4, TestBatch.of("a").bytes()), ProduceResponseData.class);
        assertThat(produced.responses()
                        .iterator()
                        .next()
                        .partitionResponses()
                        .get(0)
                        .errorCode())
                .isEqualTo(Errors.NONE.code());
    }

    @Test
    void partitionsOnlyBecomeMore() throws InterruptedException {
        assertRefused(Errors.INVALID_PARTITIONS, "Topic already has 2 partition(s).", topic("orders", 2));
        assertRefused(
                Errors.INVALID_PARTITIONS,
                "The topic orders currently has 2 partition(s); -1 would not be an increase.",
                topic("orders", -1));
    }

    @Test
    void refusesMoreThanThereMayBe() throws InterruptedException {
        assertRefused(Errors.INVALID_PARTITIONS, "at most", topic("orders", Integer.MAX_VALUE));

        broker.topic("others", 1);
        assertThat(call(
                        RequestPolicy.DEFAULTS,
                        request(topic("orders", 6_000), topic("others", 6_000)).setValidateOnly(true)))
                .extracting(CreatePartitionsTopicResult::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.POLICY_VIOLATION.code());
    }

    @Test
    void knowsNoSuchTopic() throws InterruptedException {
        assertRefused(Errors.UNKNOWN_TOPIC_OR_PARTITION, "", topic("missing", 5));
    }

    @Test
    void validatingAddsNothing() throws InterruptedException {
        assertThat(call(RequestPolicy.DEFAULTS, request(topic("orders", 5)).setValidateOnly(true)))
                .singleElement()
                .satisfies(result -> assertThat(result.errorCode()).isEqualTo(Errors.NONE.code()));

        assertThat(orders().partitions()).isEqualTo(2);
    }

    @Test
    void takesAnAssignmentToBrokersThatAreThere() throws InterruptedException {
        assertThat(call(
                        RequestPolicy.DEFAULTS,
                        request(topic("orders", 4).setAssignments(List.of(on(SELF), on(SELF))))))
                .singleElement()
                .satisfies(result -> assertThat(result.errorCode()).isEqualTo(Errors.NONE.code()));

        assertThat(orders().partitions()).isEqualTo(4);
    }

    @Test
    void refusesAssignmentsThatDoNotFit() throws InterruptedException {
        assertRefused(
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
                topic("orders", 4).setAssignments(List.of(on(SELF))));
        assertRefused(
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "partition 2 is assigned to broker 99",
                topic("orders", 3).setAssignments(List.of(on(99))));
        assertRefused(
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "partition 2 is assigned twice to one broker",
                topic("orders", 3).setAssignments(List.of(on(SELF, SELF))));
        assertRefused(
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "partition 2 is assigned to no broker",
                topic("orders", 3).setAssignments(List.of(on())));
        assertRefused(
                Errors.INVALID_REPLICA_ASSIGNMENT,
                "different numbers of replicas",
                topic("orders", 4).setAssignments(List.of(on(SELF), on())));
    }

    @Test
    void aTopicThatIsNamedTwiceStaysAsItIs() throws InterruptedException {
        assertThat(call(RequestPolicy.DEFAULTS, request(topic("orders", 3), topic("orders", 4))))
                .singleElement()
                .satisfies(result -> {
                    assertThat(result.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
                    assertThat(result.errorMessage()).isEqualTo("Duplicate topic name.");
                });
        assertThat(orders().partitions()).isEqualTo(2);
    }

    @Test
    void refusesWhereAdministrationIsSwitchedOff() throws InterruptedException {
        assertThat(call(new RequestPolicy(true, 1, false, true), request(topic("orders", 5))))
                .singleElement()
                .satisfies(result -> assertThat(result.errorCode()).isEqualTo(Errors.POLICY_VIOLATION.code()));
    }
}
