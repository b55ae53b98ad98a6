// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.partition;
import static io.kafscale.broker.handler.Requests.produce;
import static io.kafscale.broker.handler.Requests.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProduceErrorsTest {

    private static final int CRC_AT = 17;
    private static final int MAGIC_AT = 16;
    private static final int ZSTD = 4;
    private static final int TRANSACTIONAL = 0x10;
    private static final int CONTROL = 0x20;

    private BrokerFixture broker;
    private Topic topic;
    private ProduceHandler handler;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 2);
        handler = broker.produce();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private PartitionProduceResponse first(int version, ProduceRequestData request) throws InterruptedException {
        return BrokerFixture.call(handler, version, request, ProduceResponseData.class)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .get(0);
    }

    private Errors errorOf(ByteBuffer... batches) throws InterruptedException {
        return errorOf(9, batches);
    }

    private Errors errorOf(int version, ByteBuffer... batches) throws InterruptedException {
        PartitionProduceResponse answer = first(version, produce(topic, 0, batches));
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            assertThat(answer.baseOffset()).isEqualTo(-1);
        }
        return error;
    }

    @ParameterizedTest
    @ValueSource(shorts = {2, -2, Short.MAX_VALUE})
    void refusesOtherAcks(short acks) throws InterruptedException {
        ProduceRequestData request =
                produce(acks, topic(topic, partition(0, TestBatch.of("a").bytes())));

        assertThat(first(9, request).errorCode()).isEqualTo(Errors.INVALID_REQUIRED_ACKS.code());
        assertThat(broker.log(topic, 0).highWatermark()).isZero();
    }

    @Test
    void knowsNoSuchTopicByName() throws InterruptedException {
        Topic missing = new Topic(UUID.randomUUID(), "missing", 1, Map.of());

        PartitionProduceResponse answer =
                first(12, produce(missing, 0, TestBatch.of("a").bytes()));

        assertThat(answer.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void knowsNoSuchTopicById() throws InterruptedException {
        Topic recreated = new Topic(UUID.randomUUID(), topic.name(), 1, Map.of());

        PartitionProduceResponse answer =
                first(13, produce(recreated, 0, TestBatch.of("a").bytes()));

        assertThat(answer.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, -1, Integer.MAX_VALUE})
    void knowsNoSuchPartition(int index) throws InterruptedException {
        PartitionProduceResponse answer =
                first(9, produce(topic, index, TestBatch.of("a").bytes()));

        assertThat(answer.errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(answer.index()).isEqualTo(index);
    }

    @Test
    void saysWhoLeadsWhenItDoesNot() throws InterruptedException {
        broker.stopServing(topic, 0);
        ProduceRequestData request = produce(topic, 0, TestBatch.of("a").bytes());

        ProduceResponseData data = BrokerFixture.call(handler, 10, request, ProduceResponseData.class);

        PartitionProduceResponse answer =
                data.responses().iterator().next().partitionResponses().get(0);
        int leader = broker.cluster.ownership().leaderOf(topic.partition(0)).brokerId();
        assertThat(answer.errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
        assertThat(answer.currentLeader().leaderId()).isEqualTo(leader);
        assertThat(data.nodeEndpoints().find(leader).host()).isEqualTo(BrokerFixture.SELF.host());
    }

    @Test
    void refusesNoRecordsAtAll() throws InterruptedException {
        ProduceRequestData request = produce(
                Requests.ALL,
                topic(topic, new PartitionProduceData().setIndex(0).setRecords(null)));

        assertThat(first(9, request).errorCode()).isEqualTo(Errors.INVALID_RECORD.code());
    }

    @Test
    void refusesTwoBatchesForAPartition() throws InterruptedException {
        assertThat(errorOf(TestBatch.of("a").bytes(), TestBatch.of("b").bytes()))
                .isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void refusesAPartitionNamedTwice() throws InterruptedException {
        ProduceRequestData request = produce(
                Requests.ALL,
                topic(
                        topic,
                        partition(0, TestBatch.of("a").bytes()),
                        partition(0, TestBatch.of("b").bytes())));

        ProduceResponseData data = BrokerFixture.call(handler, 9, request, ProduceResponseData.class);

        assertThat(data.responses().iterator().next().partitionResponses())
                .extracting(PartitionProduceResponse::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.INVALID_REQUEST.code());
    }

    @Test
    void refusesAWrongChecksum() throws InterruptedException {
        ByteBuffer batch = TestBatch.of("a").bytes();
        batch.putInt(CRC_AT, batch.getInt(CRC_AT) + 1);

        assertThat(errorOf(batch)).isEqualTo(Errors.CORRUPT_MESSAGE);
    }

    @Test
    void refusesOldFormats() throws InterruptedException {
        ByteBuffer batch = TestBatch.of("a").bytes();
        batch.put(MAGIC_AT, (byte) 1);

        assertThat(errorOf(batch)).isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void refusesControlBatches() throws InterruptedException {
        assertThat(errorOf(TestBatch.of("a").attributes(CONTROL).bytes())).isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void refusesTransactionalBatches() throws InterruptedException {
        ByteBuffer batch =
                TestBatch.of("a").producer(1, 0, 0).attributes(TRANSACTIONAL).bytes();

        assertThat(errorOf(batch)).isEqualTo(Errors.INVALID_RECORD);
    }

    @Test
    void refusesZstdFromClientsTooOldForIt() throws InterruptedException {
        ByteBuffer batch = TestBatch.of("a").attributes(ZSTD).bytes();

        assertThat(errorOf(6, batch)).isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
        assertThat(errorOf(7, batch)).isEqualTo(Errors.NONE);
    }

    @Test
    void refusesWhatIsLargerThanTheTopicAllows() throws InterruptedException {
        Topic small = broker.topic("small", 1, Map.of("max.message.bytes", "100"));

        PartitionProduceResponse answer =
                first(9, produce(small, 0, TestBatch.of("x".repeat(100)).bytes()));

        assertThat(answer.errorCode()).isEqualTo(Errors.MESSAGE_TOO_LARGE.code());
        assertThat(answer.errorMessage()).contains("100");
    }

    @Test
    void refusesTimesTooFarAhead() throws InterruptedException {
        long tooLate = broker.clock.wallMillis() + 3_600_001;

        assertThat(errorOf(TestBatch.of().record(tooLate, "a").bytes())).isEqualTo(Errors.INVALID_TIMESTAMP);
        assertThat(errorOf(TestBatch.of().record(tooLate - 1, "a").bytes())).isEqualTo(Errors.NONE);
    }

    @Test
    void answersADuplicateWithItsFirstOffset() throws InterruptedException {
        ByteBuffer batch = TestBatch.of("a", "b").producer(7, 0, 0).bytes();
        first(9, produce(topic, 0, batch));
        first(9, produce(topic, 0, TestBatch.of("c").producer(7, 0, 2).bytes()));

        PartitionProduceResponse again = first(9, produce(topic, 0, batch));

        assertThat(again.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(again.baseOffset()).isZero();
        assertThat(broker.log(topic, 0).highWatermark()).isEqualTo(3);
    }

    @Test
    void refusesAGapInAKnownSequence() throws InterruptedException {
        assertThat(errorOf(TestBatch.of("a").producer(7, 0, 0).bytes())).isEqualTo(Errors.NONE);

        assertThat(errorOf(TestBatch.of("c").producer(7, 0, 2).bytes())).isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
    }

    @Test
    void acceptsAProducerWithoutStateAtAnySequence() throws InterruptedException {
        assertThat(errorOf(TestBatch.of("a").producer(7, 3, 42).bytes())).isEqualTo(Errors.NONE);
    }

    @Test
    void refusesAnOldProducerEpoch() throws InterruptedException {
        assertThat(errorOf(TestBatch.of("a").producer(7, 1, 0).bytes())).isEqualTo(Errors.NONE);

        assertThat(errorOf(TestBatch.of("b").producer(7, 0, 0).bytes())).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
    }

    @Test
    void refusesADuplicateThatIsTooOldToBeRemembered() throws InterruptedException {
        for (int sequence = 0; sequence < 6; sequence++) {
            assertThat(errorOf(TestBatch.of("r").producer(7, 0, sequence).bytes()))
                    .isEqualTo(Errors.NONE);
        }

        assertThat(errorOf(TestBatch.of("r").producer(7, 0, 0).bytes())).isEqualTo(Errors.DUPLICATE_SEQUENCE_NUMBER);
    }

    @Test
    void refusesOnePartitionAndAcceptsTheOther() throws InterruptedException {
        ProduceRequestData request = produce(
                Requests.ALL,
                topic(
                        topic,
                        partition(5, TestBatch.of("a").bytes()),
                        partition(1, TestBatch.of("b").bytes())));

        ProduceResponseData data = BrokerFixture.call(handler, 9, request, ProduceResponseData.class);

        assertThat(data.responses().iterator().next().partitionResponses())
                .extracting(PartitionProduceResponse::errorCode)
                .containsExactly(Errors.UNKNOWN_TOPIC_OR_PARTITION.code(), Errors.NONE.code());
    }
}
