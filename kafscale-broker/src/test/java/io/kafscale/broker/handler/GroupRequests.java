// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kafscale.broker.cluster.Topic;
import java.util.List;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;

/** Requests of group members, in the shape that each version has. Stateless. */
final class GroupRequests {

    static final String PROTOCOL_TYPE = "consumer";
    static final String PROTOCOL = "range";
    static final byte[] SUBSCRIPTION = "wants orders".getBytes(UTF_8);
    static final byte[] ASSIGNMENT = "gets orders".getBytes(UTF_8);

    private static final int SESSION_MILLIS = 30_000;

    private GroupRequests() {}

    /** A member of a group's generation. Immutable. */
    record Membership(String group, String memberId, int generation) {}

    static JoinGroupRequestData join(String group, String memberId) {
        JoinGroupRequestData request = new JoinGroupRequestData()
                .setGroupId(group)
                .setMemberId(memberId)
                .setSessionTimeoutMs(SESSION_MILLIS)
                .setRebalanceTimeoutMs(SESSION_MILLIS)
                .setProtocolType(PROTOCOL_TYPE);
        request.protocols().add(new JoinGroupRequestProtocol().setName(PROTOCOL).setMetadata(SUBSCRIPTION));
        return request;
    }

    static SyncGroupRequestData sync(Membership member, int version) {
        SyncGroupRequestData request = new SyncGroupRequestData()
                .setGroupId(member.group())
                .setMemberId(member.memberId())
                .setGenerationId(member.generation())
                .setAssignments(List.of(new SyncGroupRequestAssignment()
                        .setMemberId(member.memberId())
                        .setAssignment(ASSIGNMENT)));
        return version >= 5 ? request.setProtocolType(PROTOCOL_TYPE).setProtocolName(PROTOCOL) : request;
    }

    static HeartbeatRequestData heartbeat(Membership member) {
        return new HeartbeatRequestData()
                .setGroupId(member.group())
                .setMemberId(member.memberId())
                .setGenerationId(member.generation());
    }

    static LeaveGroupRequestData leave(Membership member, int version) {
        LeaveGroupRequestData request = new LeaveGroupRequestData().setGroupId(member.group());
        return version >= 3
                ? request.setMembers(List.of(new MemberIdentity().setMemberId(member.memberId())))
                : request.setMemberId(member.memberId());
    }

    static OffsetCommitRequestData commit(Membership member, Topic topic, int partition, long offset) {
        return new OffsetCommitRequestData()
                .setGroupId(member.group())
                .setMemberId(member.memberId())
                .setGenerationIdOrMemberEpoch(member.generation())
                .setTopics(List.of(new OffsetCommitRequestTopic()
                        .setName(topic.name())
                        .setTopicId(TopicKey.toKafka(topic.id()))
                        .setPartitions(List.of(new OffsetCommitRequestPartition()
                                .setPartitionIndex(partition)
                                .setCommittedOffset(offset)
                                .setCommittedMetadata("note")))));
    }

    static OffsetFetchRequestData fetchOffsets(String group, Topic topic, int version, Integer... partitions) {
        return version >= 8
                ? new OffsetFetchRequestData()
                        .setGroups(List.of(new OffsetFetchRequestGroup()
                                .setGroupId(group)
                                .setTopics(List.of(new OffsetFetchRequestTopics()
                                        .setName(topic.name())
                                        .setTopicId(TopicKey.toKafka(topic.id()))
                                        .setPartitionIndexes(List.of(partitions))))))
                : new OffsetFetchRequestData()
                        .setGroupId(group)
                        .setTopics(List.of(new OffsetFetchRequestTopic()
                                .setName(topic.name())
                                .setPartitionIndexes(List.of(partitions))));
    }

    /** A request for every offset of a group. */
    static OffsetFetchRequestData fetchAllOffsets(String group, int version) {
        return version >= 8
                ? new OffsetFetchRequestData()
                        .setGroups(List.of(
                                new OffsetFetchRequestGroup().setGroupId(group).setTopics(null)))
                : new OffsetFetchRequestData().setGroupId(group).setTopics(null);
    }
}
