// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.partition;
import static io.kafscale.broker.handler.Requests.produce;
import static io.kafscale.broker.handler.Requests.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.TestBatch;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProduceHandlerTest {

    private BrokerFixture broker;
    private Topic topic;
    private ProduceHandler handler;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 3);
        handler = broker.produce();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private ProduceResponseData call(int version, ProduceRequestData request) throws InterruptedException {
        return BrokerFixture.call(handler, version, request, ProduceResponseData.class);
    }

    private static PartitionProduceResponse only(ProduceResponseData data) {
        assertThat(data.responses()).hasSize(1);
        List<PartitionProduceResponse> partitions =
                data.responses().iterator().next().partitionResponses();
        assertThat(partitions).hasSize(1);
        return partitions.get(0);
    }

    @ParameterizedTest
    @ValueSource(shorts = {1, -1})
    void answersWithTheOffsetOnceTheBatchIsReadable(short acks) throws InterruptedException {
        call(9, produce(topic, 1, TestBatch.of("a", "b").bytes()));

        ProduceResponseData data = call(
                9, produce(acks, topic(topic, partition(1, TestBatch.of("c").bytes()))));

        assertThat(only(data).errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(only(data).index()).isEqualTo(1);
        assertThat(only(data).baseOffset()).isEqualTo(2);
        assertThat(only(data).logAppendTimeMs()).isEqualTo(-1);
        assertThat(only(data).logStartOffset()).isZero();
        assertThat(broker.log(topic, 1).highWatermark()).isEqualTo(3);
    }

    @Test
    void answersEveryPartitionOfEveryTopicInTheRequestsOrder() throws InterruptedException {
        Topic other = broker.topic("payments", 1);
        ProduceRequestData request = produce(
                Requests.ALL,
                topic(other, partition(0, TestBatch.of("p").bytes())),
                topic(
                        topic,
                        partition(2, TestBatch.of("o2").bytes()),
                        partition(0, TestBatch.of("o0").bytes())));

        ProduceResponseData data = call(9, request);

        assertThat(data.responses()).extracting(response -> response.name()).containsExactly("payments", "orders");
        assertThat(data.responses().find("orders", Uuid.ZERO_UUID).partitionResponses())
                .extracting(PartitionProduceResponse::index)
                .containsExactly(2, 0);
        assertThat(data.responses())
                .allSatisfy(response -> assertThat(response.partitionResponses())
                        .allSatisfy(
                                partition -> assertThat(partition.errorCode()).isEqualTo(Errors.NONE.code())));
    }

    @Test
    void findsTopicsByIdFromVersion13On() throws InterruptedException {
        ProduceResponseData data = call(13, produce(topic, 0, TestBatch.of("a").bytes()));

        assertThat(only(data).errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(data.responses().iterator().next().topicId()).isEqualTo(TopicKey.toKafka(topic.id()));
    }

    @Test
    void isPendingUntilTheCommitSoThatRequestsOverlap() throws InterruptedException {
        Answer answer = BrokerFixture.send(
                handler, 9, produce(topic, 0, TestBatch.of("a").bytes()));

        assertThat(answer).isInstanceOf(Answer.Later.class);
        assertThat(BrokerFixture.message(answer)).isInstanceOf(ProduceResponseData.class);
    }

    @Test
    void keepsTheProducersBytesButForOffsetAndEpoch() throws InterruptedException {
        ByteBuffer sent = TestBatch.of("a", "b").producer(5, 0, 0).bytes();
        call(9, produce(topic, 0, sent));

        ReadResult read = broker.log(topic, 0).read(0, 1000, true);
        ByteBuffer stored = ((ReadResult.Records) read).batches().get(0);

        assertThat(stored.slice(17, stored.remaining() - 17)).isEqualTo(sent.slice(17, sent.remaining() - 17));
    }

    @Test
    void setsTheTimeWhereTheTopicWantsTheBrokers() throws InterruptedException {
        Topic stamped = broker.topic("stamped", 1, Map.of("message.timestamp.type", "LogAppendTime"));

        ProduceResponseData data = call(9, produce(stamped, 0, TestBatch.of("a").bytes()));

        assertThat(only(data).logAppendTimeMs()).isEqualTo(broker.clock.wallMillis());
    }

    @Test
    void saysNothingWithAcksZero() throws InterruptedException {
        Answer answer = BrokerFixture.send(
                handler,
                9,
                produce((short) 0, topic(topic, partition(0, TestBatch.of("a").bytes()))));

        assertThat(answer).isInstanceOf(Answer.Silent.class);
        call(9, produce(topic, 0, TestBatch.of("b").bytes()));
        assertThat(broker.log(topic, 0).highWatermark()).isEqualTo(2);
    }

    @Test
    void closesTheConnectionWhenAcksZeroFails() throws InterruptedException {
        Answer answer = BrokerFixture.send(
                handler,
                9,
                produce((short) 0, topic(topic, partition(99, TestBatch.of("a").bytes()))));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Disconnect.class,
                        disconnect ->
                                assertThat(disconnect.reason()).contains("orders-99", "UNKNOWN_TOPIC_OR_PARTITION"));
    }

    @Test
    void answersAcksOneAtOnceWhereTheOperatorAllowsIt() throws InterruptedException {
        RequestPolicy hasty = new RequestPolicy(true, 1, true, false);
        ProduceHandler early = new ProduceHandler(broker.partitions, broker.leaders, hasty, broker.clock);

        Answer answer = BrokerFixture.send(
                early,
                9,
                produce((short) 1, topic(topic, partition(0, TestBatch.of("a").bytes()))));

        assertThat(answer)
                .isInstanceOfSatisfying(
                        Answer.Ready.class,
                        ready -> assertThat(only((ProduceResponseData) ready.message())
                                        .errorCode())
                                .isEqualTo(Errors.NONE.code()));
        Answer all =
                BrokerFixture.send(early, 9, produce(topic, 0, TestBatch.of("b").bytes()));
        assertThat(all).isInstanceOf(Answer.Later.class);
    }

    @Test
    void answersARequestWithoutTopics() throws InterruptedException {
        assertThat(call(9, produce(Requests.ALL)).responses()).isEmpty();
    }

    /** The frame's share is given back at once when no answer is wanted, so the frame must not stay for a small batch. */
    @Test
    void keepsNoFrameForASmallBatch() throws InterruptedException {
        ByteBuffer batch = TestBatch.of("a").bytes();
        ByteBuffer frame = ByteBuffer.allocate(100 * batch.remaining());
        frame.put(batch).flip();
        ProduceRequestData request = produce(
                (short) 1,
                topic(topic, new PartitionProduceData().setIndex(0).setRecords(MemoryRecords.readableRecords(frame))));
        BrokerFixture.message(handler.handle(BrokerFixture.context(ApiKeys.PRODUCE, 9), request));

        ReadResult.Records read = (ReadResult.Records) broker.log(topic, 0).read(0, 1_000, true);
        assertThat(read.batches().get(0).array()).hasSize(batch.limit());
    }
}
