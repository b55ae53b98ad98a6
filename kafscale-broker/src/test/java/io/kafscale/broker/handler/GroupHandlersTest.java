// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.handler.GroupRequests.Membership;
import java.util.List;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GroupHandlersTest {

    private BrokerFixture broker;
    private GroupCoordinator groups;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        groups = broker.groups();
        topic = broker.topic("orders", 2);
    }

    @AfterEach
    void stop() {
        groups.close();
        broker.close();
    }

    /** Joins a group alone, as clients do that are told their id first. */
    static Membership join(GroupCoordinator groups, String group) throws InterruptedException {
        JoinGroupHandler handler = new JoinGroupHandler(groups);
        JoinGroupResponseData first =
                BrokerFixture.call(handler, 4, GroupRequests.join(group, ""), JoinGroupResponseData.class);
        assertThat(first.errorCode()).isEqualTo(Errors.MEMBER_ID_REQUIRED.code());
        JoinGroupResponseData joined = BrokerFixture.call(
                handler, 4, GroupRequests.join(group, first.memberId()), JoinGroupResponseData.class);
        assertThat(joined.errorCode()).isEqualTo(Errors.NONE.code());
        return new Membership(group, joined.memberId(), joined.generationId());
    }

    static void sync(GroupCoordinator groups, Membership member) throws InterruptedException {
        SyncGroupResponseData synced = BrokerFixture.call(
                new SyncGroupHandler(groups), 5, GroupRequests.sync(member, 5), SyncGroupResponseData.class);
        assertThat(synced.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(synced.assignment()).isEqualTo(GroupRequests.ASSIGNMENT);
    }

    @Test
    void aMemberJoinsCommitsAndLeaves() throws InterruptedException {
        Membership member = join(groups, "group");
        sync(groups, member);

        HeartbeatResponseData alive = BrokerFixture.call(
                new HeartbeatHandler(groups), 4, GroupRequests.heartbeat(member), HeartbeatResponseData.class);
        OffsetCommitResponseData committed = BrokerFixture.call(
                new OffsetCommitHandler(groups),
                9,
                GroupRequests.commit(member, topic, 1, 42),
                OffsetCommitResponseData.class);
        OffsetFetchResponseData offsets = BrokerFixture.call(
                new OffsetFetchHandler(groups),
                9,
                GroupRequests.fetchOffsets("group", topic, 9, 0, 1),
                OffsetFetchResponseData.class);
        LeaveGroupResponseData left = BrokerFixture.call(
                new LeaveGroupHandler(groups), 5, GroupRequests.leave(member, 5), LeaveGroupResponseData.class);

        assertThat(alive.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(committed.topics().get(0).partitions().get(0).errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(offsets.groups().get(0).topics().get(0).partitions())
                .extracting(OffsetFetchResponsePartitions::committedOffset)
                .containsExactly(-1L, 42L);
        assertThat(left.errorCode()).isEqualTo(Errors.NONE.code());
    }

    @Test
    void membersAreShownWithTheirClientAndHost() throws InterruptedException {
        sync(groups, join(groups, "group"));

        DescribedGroup described = BrokerFixture.call(
                        new DescribeGroupsHandler(groups),
                        5,
                        new DescribeGroupsRequestData().setGroups(List.of("group")),
                        DescribeGroupsResponseData.class)
                .groups()
                .get(0);

        assertThat(described.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(described.groupState()).isEqualTo("Stable");
        assertThat(described.protocolType()).isEqualTo(GroupRequests.PROTOCOL_TYPE);
        assertThat(described.members()).hasSize(1).allSatisfy(member -> {
            assertThat(member.clientId()).isEqualTo("client");
            assertThat(member.clientHost()).isEqualTo("/127.0.0.1");
            assertThat(member.memberAssignment()).isEqualTo(GroupRequests.ASSIGNMENT);
        });
    }

    @Test
    void groupsAreListedAndDeletedWhenTheyAreEmpty() throws InterruptedException {
        Membership member = join(groups, "group");
        sync(groups, member);
        DeleteGroupsHandler deletion = new DeleteGroupsHandler(groups);
        DeleteGroupsRequestData request = new DeleteGroupsRequestData().setGroupsNames(List.of("group"));

        DeleteGroupsResponseData tooEarly = BrokerFixture.call(deletion, 2, request, DeleteGroupsResponseData.class);
        List<ListedGroup> listed = BrokerFixture.call(
                        new ListGroupsHandler(groups), 4, new ListGroupsRequestData(), ListGroupsResponseData.class)
                .groups();
        BrokerFixture.call(
                new LeaveGroupHandler(groups), 5, GroupRequests.leave(member, 5), LeaveGroupResponseData.class);
        DeleteGroupsResponseData deleted = BrokerFixture.call(deletion, 2, request, DeleteGroupsResponseData.class);

        assertThat(tooEarly.results().find("group").errorCode()).isEqualTo(Errors.NON_EMPTY_GROUP.code());
        assertThat(listed).extracting(ListedGroup::groupId).containsExactly("group");
        assertThat(deleted.results().find("group").errorCode()).isEqualTo(Errors.NONE.code());
    }

    @Test
    void aStrangerIsTurnedAway() throws InterruptedException {
        Membership stranger = new Membership("group", "nobody", 1);

        HeartbeatResponseData data = BrokerFixture.call(
                new HeartbeatHandler(groups), 4, GroupRequests.heartbeat(stranger), HeartbeatResponseData.class);

        assertThat(data.errorCode()).isEqualTo(Errors.UNKNOWN_MEMBER_ID.code());
    }
}
