// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import java.util.List;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** What members are told of their group. Stateless. */
final class GroupAnswers {

    private GroupAnswers() {}

    static JoinGroupResponseData refusedJoin(Errors error, String memberId) {
        return new JoinGroupResponseData().setErrorCode(error.code()).setMemberId(memberId);
    }

    /** The generation that the member belongs to; the leader gets the members that it has to assign to. */
    static JoinGroupResponseData joined(Formed state, String memberId) {
        boolean leads = state.roster().leader().equals(memberId);
        return describe(state, memberId).setMembers(leads ? members(state) : List.of());
    }

    /** To a leader that joins again and to a follower alike: the generation goes on, nobody assigns. */
    static JoinGroupResponseData stillIn(Formed state, String memberId) {
        return describe(state, memberId);
    }

    /**
     * To a static member that took its former place: the generation goes on. A client that cannot be told to skip the
     * assignment must not find out that it leads, so it is told the former leader.
     */
    static JoinGroupResponseData tookOver(Formed state, String memberId, boolean canSkip, String formerLeader) {
        JoinGroupResponseData answer = describe(state, memberId);
        if (!canSkip) {
            return answer.setLeader(formerLeader);
        }
        boolean leads = state.roster().leader().equals(memberId);
        return answer.setSkipAssignment(leads).setMembers(leads ? members(state) : List.of());
    }

    private static JoinGroupResponseData describe(Formed state, String memberId) {
        return new JoinGroupResponseData()
                .setGenerationId(state.generation())
                .setProtocolType(state.roster().protocolType())
                .setProtocolName(state.protocol())
                .setLeader(state.roster().leader())
                .setMemberId(memberId);
    }

    private static List<JoinGroupResponseMember> members(Formed state) {
        return state.roster().members().values().stream()
                .map(member -> {
                    JoinGroupResponseMember described = new JoinGroupResponseMember()
                            .setMemberId(member.id())
                            .setMetadata(member.metadata(state.protocol())
                                    .orElse(ByteString.EMPTY)
                                    .toByteArray());
                    return member.isStatic() ? described.setGroupInstanceId(member.instanceId()) : described;
                })
                .toList();
    }

    static SyncGroupResponseData refusedSync(Errors error) {
        return new SyncGroupResponseData().setErrorCode(error.code());
    }

    static SyncGroupResponseData assigned(Formed.Stable state, String memberId) {
        return new SyncGroupResponseData()
                .setProtocolType(state.roster().protocolType())
                .setProtocolName(state.protocol())
                .setAssignment(state.assignments()
                        .getOrDefault(memberId, ByteString.EMPTY)
                        .toByteArray());
    }
}
