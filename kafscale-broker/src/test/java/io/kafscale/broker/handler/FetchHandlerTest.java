// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.fetch;
import static io.kafscale.broker.handler.Requests.fetchPartition;
import static io.kafscale.broker.handler.Requests.fetchTopic;
import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FetchHandlerTest {

    private BrokerFixture broker;
    private Topic topic;
    private FetchHandler handler;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 3);
        handler = broker.fetch();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void write(int partition, String... values) throws InterruptedException {
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(),
                9,
                produce(topic, partition, TestBatch.of(values).bytes())));
    }

    private FetchResponseData call(int version, FetchRequestData request) throws InterruptedException {
        return BrokerFixture.call(handler, version, request, FetchResponseData.class);
    }

    private static PartitionData only(FetchResponseData data) {
        assertThat(data.responses()).hasSize(1);
        assertThat(data.responses().get(0).partitions()).hasSize(1);
        return data.responses().get(0).partitions().get(0);
    }

    private static Errors errorOf(FetchResponseData data) {
        return Errors.forCode(only(data).errorCode());
    }

    /** The values of all records, batch by batch. */
    static List<String> values(BaseRecords records) {
        ByteBuffer bytes = ((MemoryRecords) records).buffer().duplicate();
        List<String> values = new ArrayList<>();
        while (bytes.hasRemaining()) {
            int size = 12 + bytes.getInt(bytes.position() + 8);
            values.addAll(TestBatch.valuesOf(bytes.slice(bytes.position(), size)));
            bytes.position(bytes.position() + size);
        }
        return values;
    }

    @Test
    void returnsWhatIsCommittedFromTheBatchThatHoldsTheOffset() throws InterruptedException {
        write(1, "a", "b");
        write(1, "c");

        PartitionData found = only(call(12, fetch(0, fetchTopic(topic, fetchPartition(1, 1)))));

        assertThat(found.partitionIndex()).isEqualTo(1);
        assertThat(values(found.records())).containsExactly("a", "b", "c");
        assertThat(found.highWatermark()).isEqualTo(3);
        assertThat(found.lastStableOffset()).isEqualTo(3);
        assertThat(found.logStartOffset()).isZero();
        assertThat(found.preferredReadReplica()).isEqualTo(-1);
    }

    @Test
    void marksBatchesWithTheLeaderEpoch() throws InterruptedException {
        write(0, "a");

        MemoryRecords records = (MemoryRecords) only(call(12, fetch(0, fetchTopic(topic, fetchPartition(0, 0)))))
                .records();

        assertThat(records.batches().iterator().next().partitionLeaderEpoch())
                .isEqualTo(broker.log(topic, 0).leaderEpoch());
    }

    @Test
    void findsTopicsByIdFromVersion13On() throws InterruptedException {
        write(0, "a");

        FetchResponseData data = call(13, fetch(0, fetchTopic(topic, fetchPartition(0, 0))));

        assertThat(values(only(data).records())).containsExactly("a");
        assertThat(data.responses().get(0).topicId()).isEqualTo(TopicKey.toKafka(topic.id()));
    }

    @Test
    void listsNoAbortedTransactionsForThoseWhoReadCommittedOnly() throws InterruptedException {
        write(0, "a");
        FetchRequestData request = fetch(0, fetchTopic(topic, fetchPartition(0, 0)));

        assertThat(only(call(12, request)).abortedTransactions()).isNull();
        PartitionData committed = only(call(12, request.setIsolationLevel((byte) 1)));
        assertThat(committed.abortedTransactions()).isEmpty();
        assertThat(values(committed.records())).containsExactly("a");
    }

    @Test
    void knowsNoSuchTopicOrPartition() throws InterruptedException {
        Topic missing = new Topic(UUID.randomUUID(), "missing", 1, Map.of());

        assertThat(errorOf(call(12, fetch(1_000, fetchTopic(missing, fetchPartition(0, 0))))))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(errorOf(call(13, fetch(1_000, fetchTopic(missing, fetchPartition(0, 0))))))
                .isEqualTo(Errors.UNKNOWN_TOPIC_ID);
        assertThat(errorOf(call(13, fetch(1_000, fetchTopic(topic, fetchPartition(3, 0))))))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    }

    @Test
    void refusesOffsetsOutsideOfTheLog() throws InterruptedException {
        write(0, "a");

        assertThat(errorOf(call(12, fetch(1_000, fetchTopic(topic, fetchPartition(0, 2))))))
                .isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
        assertThat(errorOf(call(12, fetch(1_000, fetchTopic(topic, fetchPartition(0, -1))))))
                .isEqualTo(Errors.OFFSET_OUT_OF_RANGE);
    }

    @Test
    void saysWhoLeadsWhenItDoesNot() throws InterruptedException {
        broker.stopServing(topic, 0);

        FetchResponseData data = call(16, fetch(1_000, fetchTopic(topic, fetchPartition(0, 0))));

        int leader = broker.cluster.ownership().leaderOf(topic.partition(0)).brokerId();
        assertThat(errorOf(data)).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(only(data).currentLeader().leaderId()).isEqualTo(leader);
        assertThat(data.nodeEndpoints().find(leader).host()).isEqualTo(BrokerFixture.SELF.host());
    }

    @Test
    void comparesTheLeaderEpochThatTheClientKnows() throws InterruptedException {
        broker = broker.restarted();
        handler = broker.fetch();
        int epoch = broker.log(topic, 0).leaderEpoch();

        FetchResponseData older =
                call(16, fetch(0, fetchTopic(topic, fetchPartition(0, 0).setCurrentLeaderEpoch(epoch - 1))));
        FetchResponseData newer =
                call(16, fetch(0, fetchTopic(topic, fetchPartition(0, 0).setCurrentLeaderEpoch(epoch + 1))));
        FetchResponseData same =
                call(16, fetch(0, fetchTopic(topic, fetchPartition(0, 0).setCurrentLeaderEpoch(epoch))));

        assertThat(errorOf(newer)).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
        assertThat(errorOf(same)).isEqualTo(Errors.NONE);
        assertThat(errorOf(older)).isEqualTo(Errors.FENCED_LEADER_EPOCH);
    }

    @Test
    void showsWhereTheClientsHistoryLeavesTheLog() throws InterruptedException {
        write(0, "a", "b");
        int epoch = broker.log(topic, 0).leaderEpoch();

        PartitionData found = only(call(
                12, fetch(1_000, fetchTopic(topic, fetchPartition(0, 9).setLastFetchedEpoch(epoch)))));

        assertThat(found.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(found.divergingEpoch().epoch()).isEqualTo(epoch);
        assertThat(found.divergingEpoch().endOffset()).isEqualTo(2);
        assertThat(found.records().sizeInBytes()).isZero();
    }

    @Test
    void readsOnWhereTheClientsHistoryIsTheLogs() throws InterruptedException {
        write(0, "a", "b");
        int epoch = broker.log(topic, 0).leaderEpoch();

        PartitionData found =
                only(call(12, fetch(0, fetchTopic(topic, fetchPartition(0, 0).setLastFetchedEpoch(epoch)))));

        assertThat(found.divergingEpoch().epoch()).isEqualTo(-1);
        assertThat(values(found.records())).containsExactly("a", "b");
    }

    @Test
    void answersARequestForNothingAtOnce() throws InterruptedException {
        assertThat(call(12, fetch(60_000)).responses()).isEmpty();
    }
}
