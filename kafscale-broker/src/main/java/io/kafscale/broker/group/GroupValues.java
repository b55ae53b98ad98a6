// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.proto.metadata.CommittedOffsets;
import io.kafscale.proto.metadata.ConsumerGroup;
import io.kafscale.proto.metadata.GroupMember;
import io.kafscale.proto.metadata.GroupProtocol;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Groups and offsets as they are stored. Fields of a newer version are kept where a group, a member or a block goes on; an
 * offset that is committed anew has none. Stateless.
 */
final class GroupValues {

    /** Room for the keys of a transaction, without the ids of groups in them. */
    private static final int KEYS_BYTES = 8 * 1024;

    /** A byte of a group's id takes as many in a key at most, which stands in a compare and in a put. */
    private static final int ID_BYTES = 2 * 3;

    private GroupValues() {}

    /** A group whose value takes more could not be stored together with its key and the compares. */
    static int maxGroupBytes(String groupId) {
        int idBytes = groupId.getBytes(StandardCharsets.UTF_8).length;
        return MetadataStore.MAX_TRANSACTION_BYTES - KEYS_BYTES - ID_BYTES * idBytes;
    }

    /** A group without members. */
    static ConsumerGroup encode(StoredGroup stored, GroupState.Empty state, long wallMillis) {
        return continuing(stored)
                .setProtocolType(state.roster().protocolType())
                .setGeneration(state.generation())
                .setStateSinceMs(wallMillis)
                .build();
    }

    /** A generation with its assignments. */
    static ConsumerGroup encode(
            StoredGroup stored, Formed state, Map<String, ByteString> assignments, long wallMillis) {
        ConsumerGroup.Builder group = continuing(stored)
                .setProtocolType(state.roster().protocolType())
                .setProtocol(state.protocol())
                .setGeneration(state.generation())
                .setLeader(state.roster().leader())
                .setStateSinceMs(wallMillis);
        Map<String, GroupMember> former = stored.value().getMembersList().stream()
                .collect(Collectors.toMap(GroupMember::getMemberId, member -> member, (first, second) -> second));
        state.roster().members().forEach((id, member) -> {
            GroupMember before = former.getOrDefault(id, GroupMember.getDefaultInstance());
            group.addMembers(encode(before, member, assignments.getOrDefault(id, ByteString.EMPTY)));
        });
        return group.build();
    }

    /** With what a newer version stored and this one does not know. */
    private static ConsumerGroup.Builder continuing(StoredGroup stored) {
        return ConsumerGroup.newBuilder()
                .setUnknownFields(stored.value().getUnknownFields())
                .setGroupId(stored.groupId());
    }

    private static GroupMember encode(GroupMember before, Member member, ByteString assignment) {
        GroupMember.Builder value = GroupMember.newBuilder()
                .setUnknownFields(before.getUnknownFields())
                .setMemberId(member.id())
                .setClientId(member.clientId())
                .setClientHost(member.clientHost())
                .setSessionTimeoutMs(member.sessionTimeoutMs())
                .setRebalanceTimeoutMs(member.rebalanceTimeoutMs())
                .setAssignment(assignment);
        if (member.isStatic()) {
            value.setGroupInstanceId(member.instanceId());
        }
        for (Member.Protocol protocol : member.protocols()) {
            value.addProtocols(
                    GroupProtocol.newBuilder().setName(protocol.name()).setMetadata(protocol.metadata()));
        }
        return value.build();
    }

    /** The state that was stored: {@link Formed.Stable}, or empty. */
    static GroupState decode(ConsumerGroup group) {
        Map<String, Member> members = new LinkedHashMap<>();
        Map<String, ByteString> assignments = new LinkedHashMap<>();
        for (GroupMember value : group.getMembersList()) {
            members.put(value.getMemberId(), decode(value));
            assignments.put(value.getMemberId(), value.getAssignment());
        }
        Roster roster = new Roster(group.getProtocolType(), members, Set.of(), group.getLeader());
        return roster.isEmpty()
                ? new GroupState.Empty(group.getGeneration(), roster)
                : Formed.Stable.restored(group.getGeneration(), roster, group.getProtocol(), assignments);
    }

    private static Member decode(GroupMember value) {
        return new Member(
                value.getMemberId(),
                value.getGroupInstanceId(),
                value.getClientId(),
                value.getClientHost(),
                value.getSessionTimeoutMs(),
                value.getRebalanceTimeoutMs(),
                value.getProtocolsList().stream()
                        .map(protocol -> new Member.Protocol(protocol.getName(), protocol.getMetadata()))
                        .toList());
    }

    /** Reads a group's value; {@link MetadataException.Kind#CORRUPT} when it is none. */
    static ConsumerGroup parseGroup(KeyValue entry) {
        try {
            return ConsumerGroup.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "group at " + entry.key(), e);
        }
    }

    /** Reads a block of offsets; {@link MetadataException.Kind#CORRUPT} when it is none. */
    static OffsetBlock parseOffsets(KeyValue entry) {
        try {
            CommittedOffsets value = CommittedOffsets.parseFrom(entry.value());
            if (value.getTopicId().size() != 2 * Long.BYTES) {
                throw new MetadataException(MetadataException.Kind.CORRUPT, "topic id of offsets at " + entry.key());
            }
            ByteBuffer id = value.getTopicId().asReadOnlyByteBuffer();
            return new OffsetBlock(
                    new UUID(id.getLong(), id.getLong()),
                    entry.modRevision(),
                    value.getPartitionsMap(),
                    value.getUnknownFields());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "offsets at " + entry.key(), e);
        }
    }

    static CommittedOffsets encode(OffsetBlock block) {
        ByteBuffer id = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(block.topicId().getMostSignificantBits())
                .putLong(block.topicId().getLeastSignificantBits())
                .flip();
        return CommittedOffsets.newBuilder()
                .setTopicId(ByteString.copyFrom(id))
                .putAllPartitions(block.partitions())
                .setUnknownFields(block.unknownFields())
                .build();
    }
}
