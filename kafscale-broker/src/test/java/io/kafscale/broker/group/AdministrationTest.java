// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.Pending;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What tools see of groups and do with them. */
@Timeout(60)
final class AdministrationTest {

    private final GroupWorld world = new GroupWorld();
    private final TestMember member = new TestMember(world, "working", "instance");

    @BeforeEach
    void makeGroups() throws InterruptedException {
        world.topics.create("t", 1);
        GroupActions.joinTogether(world, "working", member);
        new TestMember(world, "resting").commit("t", 0, 42);
    }

    @AfterEach
    void closeWorld() {
        world.close();
    }

    private List<String> list(List<String> states, List<String> types) {
        return world
                .coordinator()
                .list(new ListGroupsRequestData().setStatesFilter(states).setTypesFilter(types))
                .groups()
                .stream()
                .map(ListedGroup::groupId)
                .sorted()
                .toList();
    }

    private List<Errors> delete(String... groups) throws InterruptedException {
        return world
                .coordinator()
                .delete(new DeleteGroupsRequestData().setGroupsNames(List.of(groups)))
                .results()
                .stream()
                .map(DeletableGroupResult::errorCode)
                .map(Errors::forCode)
                .toList();
    }

    @Test
    void groupsAreListedByStateAndType() {
        assertThat(list(List.of(), List.of())).containsExactly("resting", "working");
        assertThat(list(List.of("stable"), List.of())).containsExactly("working");
        assertThat(list(List.of("Empty", "Dead"), List.of())).containsExactly("resting");
        assertThat(list(List.of(), List.of("Classic"))).containsExactly("resting", "working");
        assertThat(list(List.of(), List.of("consumer", "share"))).isEmpty();
        assertThat(world.coordinator().list(new ListGroupsRequestData()).groups())
                .filteredOn(group -> group.groupId().equals("working"))
                .containsExactly(new ListedGroup()
                        .setGroupId("working")
                        .setProtocolType("consumer")
                        .setGroupState("Stable")
                        .setGroupType("classic"));
    }

    @Test
    void aWorkingGroupIsDescribedWithWhatItsMembersAgreedOn() {
        DescribedGroup group = world.describe("working");

        assertThat(group.errorCode()).isZero();
        assertThat(group.groupState()).isEqualTo("Stable");
        assertThat(group.protocolType()).isEqualTo("consumer");
        assertThat(group.protocolData()).isEqualTo("range");
        DescribedGroupMember described = group.members().get(0);
        assertThat(described.memberId()).isEqualTo(member.id());
        assertThat(described.groupInstanceId()).isEqualTo("instance");
        assertThat(described.clientId()).isEqualTo("client");
        assertThat(described.clientHost()).isEqualTo("/127.0.0.1");
        assertThat(new String(described.memberMetadata(), StandardCharsets.UTF_8))
                .isEqualTo("topics");
        assertThat(new String(described.memberAssignment(), StandardCharsets.UTF_8))
                .isEqualTo(member.assignment());
    }

    @Test
    void aGroupThatIsNotStableIsDescribedWithoutWhatMayChange() throws InterruptedException {
        TestMember second = new TestMember(world, "working");
        second.joining();
        world.untilMembers("working", 2);

        DescribedGroup group = world.describe("working");

        assertThat(group.groupState()).isEqualTo("PreparingRebalance");
        assertThat(group.protocolData()).isEmpty();
        assertThat(group.members()).allSatisfy(described -> {
            assertThat(described.memberMetadata()).isEmpty();
            assertThat(described.memberAssignment()).isEmpty();
        });
    }

    @Test
    void anUnknownGroupIsDeadAndFromVersionSixOnAnError() {
        DescribeGroupsRequestData request = new DescribeGroupsRequestData().setGroups(List.of("unknown"));

        DescribedGroup before = world.coordinator()
                .describe(new RequestOrigin("", "/h", (short) 5), request)
                .groups()
                .get(0);
        assertThat(before.groupState()).isEqualTo("Dead");
        assertThat(before.errorCode()).isZero();
        DescribedGroup after = world.describe("unknown");
        assertThat(after.groupState()).isEqualTo("Dead");
        assertThat(after.errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
        assertThat(after.errorMessage()).contains("unknown");
    }

    @Test
    void operationsAreToldToThoseWhoAsk() {
        DescribeGroupsRequestData request =
                new DescribeGroupsRequestData().setGroups(List.of("working")).setIncludeAuthorizedOperations(true);

        int operations = world.coordinator()
                .describe(new RequestOrigin("", "/h", (short) 6), request)
                .groups()
                .get(0)
                .authorizedOperations();

        assertThat(operations)
                .isEqualTo(1 << AclOperation.READ.code()
                        | 1 << AclOperation.DELETE.code()
                        | 1 << AclOperation.DESCRIBE.code());
        assertThat(world.describe("working").authorizedOperations()).isEqualTo(Integer.MIN_VALUE);
    }

    @Test
    void onlyGroupsWithoutMembersAreDeleted() throws InterruptedException {
        assertThat(delete("working", "resting", "unknown", "resting"))
                .containsExactly(Errors.NON_EMPTY_GROUP, Errors.NONE, Errors.GROUP_ID_NOT_FOUND);

        assertThat(list(List.of(), List.of())).containsExactly("working");
        assertThat(new TestMember(world, "resting").committed("t", 0)).isEqualTo(-1);
        world.restart();
        assertThat(list(List.of(), List.of())).containsExactly("working");
    }

    @Test
    void aDeletedGroupLeavesNothingBehindHoweverManyOffsetsItHad() throws InterruptedException {
        OffsetCommitRequestData request = new OffsetCommitRequestData()
                .setGroupId("large")
                .setTopics(IntStream.range(0, 250)
                        .mapToObj(i -> {
                            world.topics.create("topic" + i, 1);
                            return new OffsetCommitRequestTopic()
                                    .setName("topic" + i)
                                    .setPartitions(List.of(new OffsetCommitRequestPartition()
                                            .setPartitionIndex(0)
                                            .setCommittedOffset(1)
                                            .setCommittedMetadata("")));
                        })
                        .toList());
        world.coordinator().commit(new RequestOrigin("admin", "/127.0.0.1", (short) 9), request);
        String offsets = world.keys.offsets(world.shards.shardOf("large"), "large");
        assertThat(world.memory.range(offsets).all()).hasSize(250);

        assertThat(delete("large")).containsExactly(Errors.NONE);

        assertThat(world.memory.range(offsets).all()).isEmpty();
    }

    @Test
    void aGroupCanBeMadeAgainAfterItsDeletion() throws InterruptedException {
        delete("resting");
        TestMember again = new TestMember(world, "resting");

        GroupActions.joinTogether(world, "resting", again);

        assertThat(again.generation()).isEqualTo(1);
        assertThat(again.committed("t", 0)).isEqualTo(-1);
    }

    @Test
    void theLengthOfAGroupsNameCountsToo() throws InterruptedException {
        String longest = "\u6f22".repeat(1024);
        TestMember member = new TestMember(world, longest).with(Map.of("range", "m".repeat(1_028_500)));
        Pending<Errors> joining = member.joining();
        GroupWorld.until(() -> {
            world.clock.advance(GroupWorld.DELAY);
            return joining.poll().isPresent();
        });

        Errors joined = world.await(joining);

        assertThat(joined == Errors.NONE ? member.sync() : joined).isEqualTo(Errors.GROUP_MAX_SIZE_REACHED);
        TestMember small = new TestMember(world, longest);
        assertThat(small.commit("t", 0, 1)).isEqualTo(Errors.NONE);
        assertThat(small.committed("t", 0)).isEqualTo(1);
    }

    @Test
    void severalMembersLeaveInOneRequest() {
        LeaveGroupResponseData response = world.coordinator()
                .leave(new LeaveGroupRequestData()
                        .setGroupId("working")
                        .setMembers(List.of(
                                new MemberIdentity().setMemberId("").setGroupInstanceId("instance"),
                                new MemberIdentity().setMemberId("unknown"))));

        assertThat(response.errorCode()).isZero();
        assertThat(response.members())
                .extracting(MemberResponse::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.UNKNOWN_MEMBER_ID.code());
        assertThat(response.members().get(0).groupInstanceId()).isEqualTo("instance");
        assertThat(world.stateOf("working")).isEqualTo("Empty");
    }

    @Test
    void beforeVersionThreeOneMemberLeavesAndIsAnsweredAtTheTop() {
        LeaveGroupRequestData request =
                new LeaveGroupRequestData().setGroupId("working").setMemberId(member.id());

        assertThat(world.coordinator().leave(request).errorCode()).isZero();
        LeaveGroupResponseData again = world.coordinator().leave(request);
        assertThat(again.errorCode()).isEqualTo(Errors.UNKNOWN_MEMBER_ID.code());
        assertThat(again.members()).isEmpty();
    }
}
