// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.fetch;
import static io.kafscale.broker.handler.Requests.fetchPartition;
import static io.kafscale.broker.handler.Requests.fetchTopic;
import static io.kafscale.broker.handler.Requests.listOffsets;
import static io.kafscale.broker.handler.Requests.offsetAt;
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
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What clients are told while a store fails, or while the broker cannot be sure to be the owner. */
@Timeout(60)
class StoreFaultsTest {

    private final FaultPlan plan = FaultPlan.none();
    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture(plan);
        topic = broker.topic("orders", 1);
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(), 9, produce(topic, 0, TestBatch.of("a", "b").bytes())));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void fail(StoreCall... calls) {
        plan.failingAtRandom(new Random(1), 1, Set.of(calls), new Fault.FailBefore());
    }

    private PartitionData fetchFrom(long offset) throws InterruptedException {
        return fetchFrom(12, offset);
    }

    private PartitionData fetchFrom(int version, long offset) throws InterruptedException {
        return BrokerFixture.call(
                        broker.fetch(),
                        version,
                        fetch(0, fetchTopic(topic, fetchPartition(0, offset))),
                        FetchResponseData.class)
                .responses()
                .get(0)
                .partitions()
                .get(0);
    }

    private short listError(long timestamp) throws InterruptedException {
        return BrokerFixture.call(
                        new ListOffsetsHandler(broker.partitions, broker.leaders),
                        9,
                        listOffsets(topic.name(), offsetAt(0, timestamp)),
                        ListOffsetsResponseData.class)
                .topics()
                .get(0)
                .partitions()
                .get(0)
                .errorCode();
    }

    @Test
    void aRecordThatCannotBeReadIsToBeAskedForAgain() throws InterruptedException {
        broker = broker.restarted(plan);
        fail(StoreCall.OBJECT_READ, StoreCall.OBJECT_READ_TAIL);

        assertThat(fetchFrom(0).errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
        assertThat(listError(1_001)).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
    }

    /** The consumers of that time take the newer code for a failure for good. */
    @Test
    void aRecordThatCannotBeReadSendsAnOldConsumerToLookForTheLeader() throws InterruptedException {
        broker = broker.restarted(plan);
        fail(StoreCall.OBJECT_READ, StoreCall.OBJECT_READ_TAIL);

        assertThat(fetchFrom(5, 0).errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(fetchFrom(6, 0).errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code());
    }

    @Test
    void whatIsInMemoryIsServedWithoutTheStore() throws InterruptedException {
        fail(StoreCall.OBJECT_READ, StoreCall.OBJECT_READ_TAIL);

        assertThat(FetchHandlerTest.values(fetchFrom(0).records())).containsExactly("a", "b");
    }

    @Test
    void whoIsNotSureToBeTheOwnerMovesNobodysOffset() throws InterruptedException {
        broker.becomeUncertain(plan);

        assertThat(fetchFrom(99).errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(listError(OffsetQuery.LATEST)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
    }

    @Test
    void whoIsNotSureToBeTheOwnerStillServesWhatIsCommitted() throws InterruptedException {
        broker.becomeUncertain(plan);

        assertThat(FetchHandlerTest.values(fetchFrom(0).records())).containsExactly("a", "b");
    }

    @Test
    void aTopicThatCannotBeMadeNowIsToBeAskedForAgain() throws InterruptedException {
        fail(StoreCall.METADATA_COMMIT);
        MetadataHandler handler = new MetadataHandler(
                broker.cluster.catalog(),
                broker.cluster.membership(),
                broker.cluster.ownership(),
                new TopicAutoCreation(
                        broker.cluster.catalog(), broker.cluster.ownership(), RequestPolicy.DEFAULTS, broker.clock));

        MetadataResponseData data = BrokerFixture.call(
                handler,
                12,
                new MetadataRequestData().setTopics(List.of(new MetadataRequestTopic().setName("fresh"))),
                MetadataResponseData.class);

        assertThat(data.topics().find("fresh").errorCode()).isEqualTo(Errors.LEADER_NOT_AVAILABLE.code());
    }

    @Test
    void creationAndDeletionSayThatNobodyKnows() throws InterruptedException {
        fail(StoreCall.METADATA_COMMIT);
        CreateTopicsRequestData creation = new CreateTopicsRequestData();
        creation.topics()
                .add(new CreatableTopic().setName("fresh").setNumPartitions(1).setReplicationFactor((short) 1));

        CreateTopicsResponseData created = BrokerFixture.call(
                new CreateTopicsHandler(
                        broker.cluster.catalog(),
                        broker.cluster.membership(),
                        broker.cluster.ownership(),
                        RequestPolicy.DEFAULTS,
                        broker.clock),
                7,
                creation,
                CreateTopicsResponseData.class);
        DeleteTopicsResponseData deleted = BrokerFixture.call(
                new DeleteTopicsHandler(broker.cluster.catalog(), RequestPolicy.DEFAULTS),
                5,
                new DeleteTopicsRequestData().setTopicNames(List.of("orders")),
                DeleteTopicsResponseData.class);

        assertThat(created.topics().find("fresh").errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
        assertThat(deleted.responses().find("orders").errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    }

    @Test
    void aProducerIdThatCannotBeHadNowIsToBeAskedForAgain() throws InterruptedException {
        fail(StoreCall.METADATA_COMMIT);

        InitProducerIdResponseData data = BrokerFixture.call(
                new InitProducerIdHandler(broker.cluster.producerIds()),
                4,
                new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(1_000),
                InitProducerIdResponseData.class);

        assertThat(data.errorCode()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        assertThat(data.producerId()).isEqualTo(-1);
    }
}
