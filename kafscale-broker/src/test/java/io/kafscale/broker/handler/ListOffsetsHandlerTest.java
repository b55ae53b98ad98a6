// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.listOffsets;
import static io.kafscale.broker.handler.Requests.offsetAt;
import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListOffsetsHandlerTest {

    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 2);
        write(TestBatch.of().record(100, "a").record(300, "b"));
        write(TestBatch.of().record(200, "c"));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void write(TestBatch batch) throws InterruptedException {
        BrokerFixture.message(BrokerFixture.send(broker.produce(), 9, produce(topic, 0, batch.bytes())));
    }

    private ListOffsetsResponseData call(int version, ListOffsetsRequestData request) throws InterruptedException {
        ListOffsetsHandler handler = new ListOffsetsHandler(broker.partitions, broker.leaders);
        return BrokerFixture.call(handler, version, request, ListOffsetsResponseData.class);
    }

    private ListOffsetsPartitionResponse ask(int version, ListOffsetsPartition partition) throws InterruptedException {
        ListOffsetsPartitionResponse answer = call(version, listOffsets(topic.name(), partition))
                .topics()
                .get(0)
                .partitions()
                .get(0);
        assertThat(answer.partitionIndex()).isEqualTo(partition.partitionIndex());
        return answer;
    }

    private Errors errorOf(int version, ListOffsetsPartition partition) throws InterruptedException {
        ListOffsetsPartitionResponse answer = ask(version, partition);
        assertThat(answer.offset()).isEqualTo(-1);
        assertThat(answer.timestamp()).isEqualTo(-1);
        return Errors.forCode(answer.errorCode());
    }

    @Test
    void findsTheEnd() throws InterruptedException {
        ListOffsetsPartitionResponse answer = ask(9, offsetAt(0, OffsetQuery.LATEST));

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.offset()).isEqualTo(3);
        assertThat(answer.timestamp()).isEqualTo(-1);
        assertThat(answer.leaderEpoch()).isEqualTo(broker.log(topic, 0).leaderEpoch());
    }

    @ParameterizedTest
    @ValueSource(longs = {OffsetQuery.EARLIEST, OffsetQuery.EARLIEST_LOCAL})
    void findsTheBeginning(long timestamp) throws InterruptedException {
        ListOffsetsPartitionResponse answer = ask(9, offsetAt(0, timestamp));

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.offset()).isZero();
        assertThat(answer.timestamp()).isEqualTo(-1);
        assertThat(answer.leaderEpoch()).isEqualTo(broker.log(topic, 0).leaderEpoch());
    }

    @Test
    void tellsTheEpochInWhichTheBeginningWasWritten() throws InterruptedException {
        int epoch = broker.log(topic, 0).leaderEpoch();

        broker = broker.restarted();

        assertThat(broker.log(topic, 0).leaderEpoch()).isGreaterThan(epoch);
        assertThat(ask(9, offsetAt(0, OffsetQuery.EARLIEST)).leaderEpoch()).isEqualTo(epoch);
    }

    /** Pairs of a name and a number that have the same hash: a table of such pairs would compare each with each. */
    @Test
    @Timeout(5)
    void answersManyPartitionsOfOneHashWithoutGrowingSlow() throws InterruptedException {
        ListOffsetsRequestData request = new ListOffsetsRequestData().setReplicaId(-1);
        List<ListOffsetsTopic> topics = new ArrayList<>();
        for (int i = 0; i < 30_000; i++) {
            String name = "t" + i;
            topics.add(new ListOffsetsTopic()
                    .setName(name)
                    .setPartitions(List.of(offsetAt(-31 * name.hashCode(), OffsetQuery.LATEST))));
        }
        Answer answer = BrokerFixture.send(
                new ListOffsetsHandler(broker.partitions, broker.leaders), 9, request.setTopics(topics));

        assertThat(((ListOffsetsResponseData) BrokerFixture.message(answer)).topics())
                .hasSize(topics.size());
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 100", "100, 0, 100", "101, 1, 300", "300, 1, 300"})
    void findsTheFirstRecordAtOrAfterATime(long timestamp, long offset, long found) throws InterruptedException {
        ListOffsetsPartitionResponse answer = ask(9, offsetAt(0, timestamp));

        assertThat(answer.offset()).isEqualTo(offset);
        assertThat(answer.timestamp()).isEqualTo(found);
        assertThat(answer.leaderEpoch()).isEqualTo(broker.log(topic, 0).leaderEpoch());
    }

    @Test
    void findsNothingBehindTheLastTime() throws InterruptedException {
        assertThat(errorOf(9, offsetAt(0, 301))).isEqualTo(Errors.NONE);
    }

    @Test
    void findsTheLargestTime() throws InterruptedException {
        ListOffsetsPartitionResponse answer = ask(7, offsetAt(0, OffsetQuery.MAX_TIMESTAMP));

        assertThat(answer.offset()).isEqualTo(1);
        assertThat(answer.timestamp()).isEqualTo(300);
    }

    @Test
    void findsNoTimeInAnEmptyLog() throws InterruptedException {
        assertThat(errorOf(7, offsetAt(1, OffsetQuery.MAX_TIMESTAMP))).isEqualTo(Errors.NONE);
        assertThat(errorOf(7, offsetAt(1, 0))).isEqualTo(Errors.NONE);
    }

    @ParameterizedTest
    @ValueSource(longs = {OffsetQuery.LATEST_TIERED, OffsetQuery.EARLIEST_PENDING_UPLOAD})
    void hasNothingInTiers(long timestamp) throws InterruptedException {
        assertThat(errorOf(11, offsetAt(0, timestamp))).isEqualTo(Errors.NONE);
    }

    @ParameterizedTest
    @CsvSource({"6, -3", "7, -4", "8, -5", "10, -6", "11, -7"})
    void refusesTimesThatTheVersionDoesNotKnow(int version, long timestamp) throws InterruptedException {
        assertThat(errorOf(version, offsetAt(0, timestamp))).isEqualTo(Errors.UNSUPPORTED_VERSION);
    }

    @Test
    void statesNoEpochToClientsThatKnowNone() throws InterruptedException {
        assertThat(ask(3, offsetAt(0, OffsetQuery.LATEST)).offset()).isEqualTo(3);
        assertThat(ask(1, offsetAt(0, 100)).offset()).isZero();
    }

    @Test
    void knowsNoSuchPartition() throws InterruptedException {
        assertThat(errorOf(9, offsetAt(2, OffsetQuery.LATEST))).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        ListOffsetsRequestData missing = listOffsets("missing", offsetAt(0, OffsetQuery.LATEST));
        assertThat(call(9, missing).topics().get(0).partitions().get(0).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void refusesAPartitionNamedTwice() throws InterruptedException {
        ListOffsetsRequestData request =
                listOffsets(topic.name(), offsetAt(0, OffsetQuery.LATEST), offsetAt(0, OffsetQuery.EARLIEST));

        assertThat(call(9, request).topics().get(0).partitions())
                .extracting(ListOffsetsPartitionResponse::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.INVALID_REQUEST.code());
    }

    @Test
    void comparesTheLeaderEpochThatTheClientKnows() throws InterruptedException {
        ListOffsetsPartition partition = offsetAt(0, OffsetQuery.LATEST)
                .setCurrentLeaderEpoch(broker.log(topic, 0).leaderEpoch() + 1);

        assertThat(errorOf(9, partition)).isEqualTo(Errors.UNKNOWN_LEADER_EPOCH);
    }

    @Test
    void sendsClientsAwayFromWhatItDoesNotServe() throws InterruptedException {
        broker.stopServing(topic, 0);

        assertThat(errorOf(9, offsetAt(0, OffsetQuery.LATEST))).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER);
    }
}
