// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.partition;
import static io.kafscale.broker.handler.Requests.produce;
import static io.kafscale.broker.handler.Requests.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProduceTimingTest {

    private static final long APPEND_BYTES = 100;

    private final List<GatedObjectStore> gates = new ArrayList<>();
    private BrokerFixture broker;
    private Topic topic;
    private ProduceHandler handler;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture(
                store -> {
                    gates.add(new GatedObjectStore(store));
                    return gates.get(0);
                },
                APPEND_BYTES);
        topic = broker.topic("orders", 2);
        handler = broker.produce();
    }

    @AfterEach
    void stop() {
        gates.get(0).open();
        broker.close();
    }

    private Answer.Later send(ProduceRequestData request) throws InterruptedException {
        return (Answer.Later) BrokerFixture.send(handler, 9, request);
    }

    private static List<Errors> errors(Answer answer) throws InterruptedException {
        ProduceResponseData data = (ProduceResponseData) BrokerFixture.message(answer);
        return data.responses().stream()
                .flatMap(response -> response.partitionResponses().stream())
                .map(PartitionProduceResponse::errorCode)
                .map(Errors::forCode)
                .toList();
    }

    @Test
    void saysThatTheTimeIsUpWhenNothingIsDecidedInTime() throws InterruptedException {
        Answer.Later answer = send(produce(topic, 0, TestBatch.of("a").bytes()));

        broker.clock.advance(Duration.ofMillis(Requests.TIMEOUT_MILLIS));

        assertThat(errors(answer)).containsExactly(Errors.REQUEST_TIMED_OUT);
    }

    @Test
    void takesBackABatchWhoseFirstAnswerWasATimeOut() throws InterruptedException {
        ProduceRequestData request =
                produce(topic, 0, TestBatch.of("a").producer(1, 0, 0).bytes());
        Answer.Later first = send(request);
        broker.clock.advance(Duration.ofMillis(Requests.TIMEOUT_MILLIS));
        assertThat(errors(first)).containsExactly(Errors.REQUEST_TIMED_OUT);

        Answer.Later again = send(request);
        gates.get(0).open();

        assertThat(errors(again)).containsExactly(Errors.NONE);
        assertThat(broker.log(topic, 0).highWatermark()).isEqualTo(1);
    }

    @Test
    void waitsForAllPartitionsTogether() throws InterruptedException {
        Answer.Later answer = send(produce(
                Requests.ALL,
                topic(
                        topic,
                        partition(0, TestBatch.of("a").bytes()),
                        partition(7, TestBatch.of("a").bytes()))));

        gates.get(0).open();

        assertThat(errors(answer)).containsExactly(Errors.NONE, Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void givesUpWhenTheAppendBudgetHasNoRoomInTime() throws InterruptedException {
        Answer.Later first = send(
                produce(topic, 0, TestBatch.of("x".repeat((int) APPEND_BYTES)).bytes()));

        Answer second = BrokerFixture.send(
                handler, 9, produce(topic, 1, TestBatch.of("b").bytes()).setTimeoutMs(0));

        assertThat(errors(second)).containsExactly(Errors.NOT_ENOUGH_REPLICAS);
        gates.get(0).open();
        assertThat(errors(first)).containsExactly(Errors.NONE);
    }

    @Test
    void takesANegativeTimeoutForNone() throws InterruptedException {
        Answer.Later answer = send(produce(topic, 0, TestBatch.of("a").bytes()).setTimeoutMs(-1));

        assertThat(errors(answer)).containsExactly(Errors.REQUEST_TIMED_OUT);
    }

    /** Kafka's leader does not wait for anybody when acks is 1, so its clients do not expect it to run out of time. */
    @Test
    void waitsForTheCommitThoughAClientThatWantsOneAcknowledgementGivesNoTime() throws InterruptedException {
        ProduceRequestData request = produce(
                        (short) 1, topic(topic, partition(0, TestBatch.of("a").bytes())))
                .setTimeoutMs(0);
        Answer.Later answer = send(request);
        InBackground<List<Errors>> errors = InBackground.start(broker.threads, () -> errors(answer));
        broker.clock.awaitWaiting(1);

        gates.get(0).open();

        assertThat(errors.result()).containsExactly(Errors.NONE);
    }

    @Test
    void doesNotWaitForEverForACommitWhenOneAcknowledgementIsWanted() throws InterruptedException {
        ProduceRequestData request = produce(
                        (short) 1, topic(topic, partition(0, TestBatch.of("a").bytes())))
                .setTimeoutMs(0);
        Answer.Later answer = send(request);
        InBackground<List<Errors>> errors = InBackground.start(broker.threads, () -> errors(answer));
        broker.clock.awaitWaiting(1);

        broker.clock.advance(Duration.ofMinutes(1));

        assertThat(errors.result()).containsExactly(Errors.REQUEST_TIMED_OUT);
    }
}
