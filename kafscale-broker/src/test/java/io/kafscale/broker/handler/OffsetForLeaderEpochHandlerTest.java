// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.util.List;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OffsetForLeaderEpochHandlerTest {

    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 1);
        write("a", "b");
        broker = broker.restarted();
        write("c");
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void write(String... values) throws InterruptedException {
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(), 9, produce(topic, 0, TestBatch.of(values).bytes())));
    }

    private EpochEndOffset ask(String name, OffsetForLeaderPartition partition) throws InterruptedException {
        OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderTopic().setTopic(name).setPartitions(List.of(partition)));
        OffsetForLeaderEpochResponseData data = BrokerFixture.call(
                new OffsetForLeaderEpochHandler(broker.partitions),
                4,
                new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics),
                OffsetForLeaderEpochResponseData.class);
        return data.topics().find(name).partitions().get(0);
    }

    private static OffsetForLeaderPartition epoch(int epoch) {
        return new OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(epoch);
    }

    @Test
    void findsWhereAnEarlierEpochEnds() throws InterruptedException {
        int current = broker.log(topic, 0).leaderEpoch();

        EpochEndOffset end = ask(topic.name(), epoch(current - 1));

        assertThat(end.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(end.leaderEpoch()).isEqualTo(current - 1);
        assertThat(end.endOffset()).isEqualTo(2);
    }

    @Test
    void findsTheEndOfTheLogForTheCurrentEpoch() throws InterruptedException {
        int current = broker.log(topic, 0).leaderEpoch();

        EpochEndOffset end = ask(topic.name(), epoch(current).setCurrentLeaderEpoch(current));

        assertThat(end.leaderEpoch()).isEqualTo(current);
        assertThat(end.endOffset()).isEqualTo(3);
    }

    @Test
    void knowsNoEpochAhead() throws InterruptedException {
        EpochEndOffset end = ask(topic.name(), epoch(broker.log(topic, 0).leaderEpoch() + 1));

        assertThat(end.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(end.leaderEpoch()).isEqualTo(-1);
        assertThat(end.endOffset()).isEqualTo(-1);
    }

    @Test
    void comparesTheLeaderEpochThatTheClientKnows() throws InterruptedException {
        int current = broker.log(topic, 0).leaderEpoch();

        assertThat(ask(topic.name(), epoch(0).setCurrentLeaderEpoch(current - 1))
                        .errorCode())
                .isEqualTo(Errors.FENCED_LEADER_EPOCH.code());
        assertThat(ask(topic.name(), epoch(0).setCurrentLeaderEpoch(current + 1))
                        .errorCode())
                .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
    }

    @Test
    void knowsNoSuchPartition() throws InterruptedException {
        assertThat(ask("missing", epoch(0)).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(ask(topic.name(), epoch(0).setPartition(7)).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void sendsClientsAwayFromWhatItDoesNotServe() throws InterruptedException {
        broker.stopServing(topic, 0);

        assertThat(ask(topic.name(), epoch(0)).errorCode()).isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
    }
}
