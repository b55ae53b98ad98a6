// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import io.kafscale.broker.group.Formed.Stable;
import io.kafscale.broker.group.GroupState.Dead;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;

/** What administrators are told of groups. Stateless. */
final class GroupDescriptions {

    private static final String TYPE = "classic";
    private static final short FIRST_WITH_NOT_FOUND = 6;

    /** While there is no authorizer, everybody may do everything that can be done with a group. */
    private static final int ALL_OPERATIONS =
            bit(AclOperation.READ) | bit(AclOperation.DELETE) | bit(AclOperation.DESCRIBE);

    private static final int OPERATIONS_NOT_ASKED_FOR = Integer.MIN_VALUE;

    private GroupDescriptions() {}

    private static int bit(AclOperation operation) {
        return 1 << operation.code();
    }

    /** The group as an element of a list, if it passes the request's filters. */
    static Optional<ListedGroup> list(Group group, ListGroupsRequestData request) {
        GroupState state = group.state();
        boolean listed = !(state instanceof Dead)
                && passes(request.statesFilter(), state.label())
                && passes(request.typesFilter(), TYPE);
        return listed
                ? Optional.of(new ListedGroup()
                        .setGroupId(group.id())
                        .setProtocolType(state.roster().protocolType())
                        .setGroupState(state.label())
                        .setGroupType(TYPE))
                : Optional.empty();
    }

    private static boolean passes(Collection<String> filter, String value) {
        String wanted = value.toLowerCase(Locale.ROOT);
        return filter.isEmpty()
                || filter.stream()
                        .anyMatch(name -> name.toLowerCase(Locale.ROOT).equals(wanted));
    }

    static DescribedGroup describe(Group group, boolean withOperations) {
        GroupState state = group.state();
        return new DescribedGroup()
                .setGroupId(group.id())
                .setGroupState(state.label())
                .setProtocolType(state.roster().protocolType())
                .setProtocolData(state instanceof Stable stable ? stable.protocol() : "")
                .setMembers(members(state))
                .setAuthorizedOperations(operations(withOperations));
    }

    private static List<DescribedGroupMember> members(GroupState state) {
        return state.roster().members().values().stream()
                .map(member -> describe(member, state))
                .toList();
    }

    /** What members told and were told is of interest only while they agree on it. */
    private static DescribedGroupMember describe(Member member, GroupState state) {
        DescribedGroupMember described = new DescribedGroupMember()
                .setMemberId(member.id())
                .setClientId(member.clientId())
                .setClientHost(member.clientHost());
        if (member.isStatic()) {
            described.setGroupInstanceId(member.instanceId());
        }
        if (state instanceof Stable stable) {
            described
                    .setMemberMetadata(member.metadata(stable.protocol())
                            .orElse(ByteString.EMPTY)
                            .toByteArray())
                    .setMemberAssignment(stable.assignments()
                            .getOrDefault(member.id(), ByteString.EMPTY)
                            .toByteArray());
        }
        return described;
    }

    /** A group that is not known is dead, which newer versions call an error. */
    static DescribedGroup unknown(String groupId, short version, boolean withOperations) {
        DescribedGroup described = new DescribedGroup()
                .setGroupId(groupId)
                .setGroupState("Dead")
                .setAuthorizedOperations(operations(withOperations));
        return version < FIRST_WITH_NOT_FOUND
                ? described
                : described
                        .setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
                        .setErrorMessage("Group " + groupId + " not found.");
    }

    static DescribedGroup refused(String groupId, Errors error) {
        return new DescribedGroup().setGroupId(groupId).setErrorCode(error.code());
    }

    private static int operations(boolean wanted) {
        return wanted ? ALL_OPERATIONS : OPERATIONS_NOT_ASKED_FOR;
    }
}
