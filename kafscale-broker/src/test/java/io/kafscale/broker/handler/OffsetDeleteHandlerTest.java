// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.handler.GroupRequests.Membership;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OffsetDeleteHandlerTest {

    private static final Membership NOBODY = new Membership("group", "", -1);

    private BrokerFixture broker;
    private GroupCoordinator groups;
    private Topic orders;
    private Topic others;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        groups = broker.groups();
        orders = broker.topic("orders", 60);
        others = broker.topic("others", 1);
    }

    @AfterEach
    void stop() {
        groups.close();
        broker.close();
    }

    private void commit(Membership by, Topic topic, int partition) throws InterruptedException {
        OffsetCommitResponseData committed = BrokerFixture.call(
                new OffsetCommitHandler(groups),
                9,
                GroupRequests.commit(by, topic, partition, 100 + partition),
                OffsetCommitResponseData.class);
        assertThat(committed.topics().get(0).partitions().get(0).errorCode()).isEqualTo(Errors.NONE.code());
    }

    private OffsetDeleteResponseData delete(String group, String topic, Integer... partitions)
            throws InterruptedException {
        return BrokerFixture.call(
                new OffsetDeleteHandler(groups), 0, request(group, topic, partitions), OffsetDeleteResponseData.class);
    }

    private static OffsetDeleteRequestData request(String group, String topic, Integer... partitions) {
        OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId(group);
        request.topics()
                .add(new OffsetDeleteRequestTopic()
                        .setName(topic)
                        .setPartitions(List.of(partitions).stream()
                                .map(partition -> new OffsetDeleteRequestPartition().setPartitionIndex(partition))
                                .toList()));
        return request;
    }

    private static Map<Integer, Errors> errors(OffsetDeleteResponseData data) {
        assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
        Map<Integer, Errors> errors = new TreeMap<>();
        data.topics()
                .forEach(topic -> topic.partitions()
                        .forEach(partition ->
                                errors.put(partition.partitionIndex(), Errors.forCode(partition.errorCode()))));
        return errors;
    }

    /** By topic and partition. */
    private Map<String, Long> offsets() throws InterruptedException {
        OffsetFetchResponseGroup answer;
        do {
            answer = BrokerFixture.call(
                            new OffsetFetchHandler(groups),
                            9,
                            GroupRequests.fetchAllOffsets("group", 9),
                            OffsetFetchResponseData.class)
                    .groups()
                    .get(0);
        } while (answer.errorCode() == Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        Map<String, Long> offsets = new TreeMap<>();
        answer.topics()
                .forEach(topic -> topic.partitions()
                        .forEach(partition -> offsets.put(
                                topic.name() + " " + partition.partitionIndex(), partition.committedOffset())));
        return offsets;
    }

    /** Joins as a consumer that wants one topic does. */
    private Membership join(String protocolType, byte[] subscription) throws InterruptedException {
        JoinGroupRequestData request = GroupRequests.join("group", "").setProtocolType(protocolType);
        request.protocols().clear();
        request.protocols().add(new JoinGroupRequestProtocol().setName("range").setMetadata(subscription));
        JoinGroupResponseData invited =
                BrokerFixture.call(new JoinGroupHandler(groups), 4, request, JoinGroupResponseData.class);
        JoinGroupResponseData joined = BrokerFixture.call(
                new JoinGroupHandler(groups), 4, request.setMemberId(invited.memberId()), JoinGroupResponseData.class);
        assertThat(joined.errorCode()).isEqualTo(Errors.NONE.code());
        return new Membership("group", joined.memberId(), joined.generationId());
    }

    private static byte[] wanting(String topic) {
        byte[] name = topic.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + 4 + 2 + name.length + 4)
                .putShort((short) 1)
                .putInt(1)
                .putShort((short) name.length)
                .put(name)
                .putInt(0)
                .array();
    }

    @Test
    void offsetsOfAnEmptyGroupGo() throws InterruptedException {
        for (int partition : List.of(0, 1, 55)) {
            commit(NOBODY, orders, partition);
        }
        commit(NOBODY, others, 0);

        assertThat(errors(delete("group", "orders", 1, 55, 7)))
                .containsOnly(Map.entry(1, Errors.NONE), Map.entry(7, Errors.NONE), Map.entry(55, Errors.NONE));

        assertThat(offsets()).isEqualTo(Map.of("orders 0", 100L, "others 0", 100L));
        commit(NOBODY, orders, 55);
        assertThat(offsets()).containsEntry("orders 55", 155L);
    }

    @Test
    void whatGoesIsGoneAfterARestart() throws InterruptedException {
        commit(NOBODY, orders, 0);
        commit(NOBODY, orders, 55);
        assertThat(errors(delete("group", "orders", 55))).containsOnlyKeys(55);

        groups.close();
        broker = broker.restarted();
        groups = broker.groups();

        assertThat(offsets()).isEqualTo(Map.of("orders 0", 100L));
    }

    @Test
    void aGroupWithoutMembersAndOffsetsIsGone() throws InterruptedException {
        commit(NOBODY, orders, 0);

        assertThat(errors(delete("group", "orders", 0))).isEqualTo(Map.of(0, Errors.NONE));

        assertThat(BrokerFixture.call(
                                new ListGroupsHandler(groups),
                                4,
                                new ListGroupsRequestData(),
                                ListGroupsResponseData.class)
                        .groups())
                .isEmpty();
    }

    @Test
    void offsetsOfATopicThatAMemberWantsStay() throws InterruptedException {
        Membership member = join("consumer", wanting("orders"));
        GroupHandlersTest.sync(groups, member);
        commit(member, orders, 0);
        commit(member, others, 0);

        assertThat(errors(delete("group", "orders", 0))).isEqualTo(Map.of(0, Errors.GROUP_SUBSCRIBED_TO_TOPIC));
        assertThat(errors(delete("group", "others", 0))).isEqualTo(Map.of(0, Errors.NONE));

        assertThat(offsets()).isEqualTo(Map.of("orders 0", 100L));
    }

    @Test
    void aConsumerThatDoesNotSayWhatItWantsMayWantAll() throws InterruptedException {
        GroupHandlersTest.sync(groups, join("consumer", new byte[] {0, 1, 0, 0, 0, 9, 0}));

        assertThat(errors(delete("group", "others", 0))).isEqualTo(Map.of(0, Errors.GROUP_SUBSCRIBED_TO_TOPIC));
    }

    @Test
    void aGroupOfOthersMustBeEmpty() throws InterruptedException {
        join("connect", wanting("orders"));

        assertThat(delete("group", "others", 0).errorCode()).isEqualTo(Errors.NON_EMPTY_GROUP.code());
    }

    @Test
    void refusesWhatIsNotThere() throws InterruptedException {
        commit(NOBODY, orders, 0);

        assertThat(delete("nobody", "orders", 0).errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
        assertThat(delete("", "orders", 0).errorCode()).isEqualTo(Errors.INVALID_GROUP_ID.code());
        assertThat(errors(delete("group", "missing", 0))).isEqualTo(Map.of(0, Errors.UNKNOWN_TOPIC_OR_PARTITION));
    }

    @Test
    void numbersThatCollideCostLittle() throws InterruptedException {
        commit(NOBODY, orders, 0);

        OffsetDeleteResponseData answer = groups.deleteOffsets(
                request("group", "orders", Colliding.numbers(5_000).toArray(Integer[]::new)));

        assertThat(answer.topics().iterator().next().partitions()).hasSize(5_000);
        assertThat(offsets()).isEmpty();
    }
}
