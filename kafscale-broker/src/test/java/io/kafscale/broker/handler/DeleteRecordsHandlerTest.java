// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.record.TestBatch;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeleteRecordsHandlerTest {

    private final FaultPlan plan = FaultPlan.none();
    private final BrokerFixture broker = new BrokerFixture(plan);
    private final Topic topic = broker.topic("orders", 2);

    DeleteRecordsHandlerTest() throws InterruptedException {
        write(TestBatch.of("a", "b", "c"));
        write(TestBatch.of("d"));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void write(TestBatch batch) throws InterruptedException {
        BrokerFixture.message(BrokerFixture.send(broker.produce(), 9, produce(topic, 0, batch.bytes())));
    }

    private DeleteRecordsPartitionResult ask(String name, int partition, long offset) throws InterruptedException {
        return ask(name, partition, offset, 1_000, RequestPolicy.DEFAULTS);
    }

    private DeleteRecordsPartitionResult ask(
            String name, int partition, long offset, int timeoutMs, RequestPolicy policy) throws InterruptedException {
        DeleteRecordsRequestData request = new DeleteRecordsRequestData()
                .setTimeoutMs(timeoutMs)
                .setTopics(List.of(new DeleteRecordsTopic()
                        .setName(name)
                        .setPartitions(List.of(new DeleteRecordsPartition()
                                .setPartitionIndex(partition)
                                .setOffset(offset)))));
        DeleteRecordsHandler handler =
                new DeleteRecordsHandler(broker.partitions, broker.leaders, policy, broker.clock);
        DeleteRecordsResponseData data = BrokerFixture.call(handler, 2, request, DeleteRecordsResponseData.class);
        return data.topics().find(name).partitions().find(partition);
    }

    private void assertError(DeleteRecordsPartitionResult result, Errors error) {
        assertThat(Errors.forCode(result.errorCode())).isEqualTo(error);
        assertThat(result.lowWatermark()).isEqualTo(-1);
        assertThat(broker.log(topic, 0).logStartOffset()).isZero();
    }

    @Test
    void raisesTheLogStart() throws Exception {
        DeleteRecordsPartitionResult result = ask("orders", 0, 2);

        assertThat(Errors.forCode(result.errorCode())).isEqualTo(Errors.NONE);
        assertThat(result.lowWatermark()).isEqualTo(2);
        assertThat(broker.log(topic, 0).logStartOffset()).isEqualTo(2);
        assertThat(broker.log(topic, 0).highWatermark()).isEqualTo(4);
        assertThat(ask("orders", 0, 1).lowWatermark()).isEqualTo(2);
    }

    @Test
    void minusOneIsTheHighWatermark() throws Exception {
        assertThat(ask("orders", 0, -1).lowWatermark()).isEqualTo(4);
    }

    @Test
    void offsetsOutsideAreRefused() throws Exception {
        assertError(ask("orders", 0, 5), Errors.OFFSET_OUT_OF_RANGE);
        assertError(ask("orders", 0, -2), Errors.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void whatIsNotThereIsUnknown() throws Exception {
        assertError(ask("orders", 7, 1), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertError(ask("nothing", 0, 1), Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void whatIsNotServedHereIsAMatterOfItsOwner() throws Exception {
        broker.stopServing(topic, 1);

        assertError(ask("orders", 1, 0), Errors.NOT_LEADER_OR_FOLLOWER);
    }

    @Test
    void withoutTimeNothingIsDone() throws Exception {
        assertError(ask("orders", 0, 2, 0, RequestPolicy.DEFAULTS), Errors.REQUEST_TIMED_OUT);
    }

    @Test
    void administrationCanBeSwitchedOff() throws Exception {
        RequestPolicy closed = new RequestPolicy(true, 1, false, true);

        assertError(ask("orders", 0, 2, 1_000, closed), Errors.POLICY_VIOLATION);
    }

    @Test
    void aStoreThatTakesNothingIsNoSuccess() throws Exception {
        plan.failingAtRandom(new Random(1), 1, Set.of(StoreCall.METADATA_COMMIT), new Fault.FailBefore());

        assertError(ask("orders", 0, 2), Errors.REQUEST_TIMED_OUT);
    }
}
