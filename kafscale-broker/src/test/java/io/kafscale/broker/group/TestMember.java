// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Pending;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.protocol.Errors;

/**
 * A consumer as a coordinator sees it: it keeps its id, generation and assignment, and assigns when it leads. Confined to
 * one thread at a time.
 */
final class TestMember {

    static final int SESSION_MS = 10_000;
    static final int REBALANCE_MS = 60_000;

    private final GroupWorld world;
    private final String group;
    private final String instanceId;
    private short version = 9;
    private Map<String, String> protocols = new TreeMap<>(Map.of("range", "topics"));
    private String id = "";
    private int generation = -1;
    private String leader = "";
    private List<String> others = List.of();
    private String assignment = "";

    TestMember(GroupWorld world, String group) {
        this(world, group, "");
    }

    TestMember(GroupWorld world, String group, String instanceId) {
        this.world = world;
        this.group = group;
        this.instanceId = instanceId;
    }

    TestMember inVersion(int newVersion) {
        version = (short) newVersion;
        return this;
    }

    TestMember with(Map<String, String> newProtocols) {
        protocols = new TreeMap<>(newProtocols);
        return this;
    }

    /** Another process with the same configuration, which knows nothing. */
    TestMember restarted() {
        return new TestMember(world, group, instanceId).inVersion(version).with(protocols);
    }

    String id() {
        return id;
    }

    int generation() {
        return generation;
    }

    String leader() {
        return leader;
    }

    boolean leads() {
        return !id.isEmpty() && leader.equals(id);
    }

    List<String> others() {
        return others;
    }

    String assignment() {
        return assignment;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    JoinGroupRequestData joinRequest() {
        JoinGroupRequestData request = new JoinGroupRequestData()
                .setGroupId(group)
                .setMemberId(id)
                .setProtocolType("consumer")
                .setSessionTimeoutMs(SESSION_MS)
                .setRebalanceTimeoutMs(REBALANCE_MS);
        if (!instanceId.isEmpty()) {
            request.setGroupInstanceId(instanceId);
        }
        protocols.forEach((name, metadata) -> request.protocols()
                .add(new JoinGroupRequestProtocol().setName(name).setMetadata(bytes(metadata))));
        return request;
    }

    /** Sends one request and takes the answer in. */
    Errors joinOnce() throws InterruptedException {
        JoinGroupResponseData answer =
                world.coordinator().join(new RequestOrigin("client", "/127.0.0.1", version), joinRequest());
        Errors error = Errors.forCode(answer.errorCode());
        if (error == Errors.NONE) {
            generation = answer.generationId();
            leader = answer.leader();
            others = answer.members().stream()
                    .map(JoinGroupResponseMember::memberId)
                    .toList();
        }
        if (error == Errors.NONE || error == Errors.MEMBER_ID_REQUIRED) {
            id = answer.memberId();
        }
        return error;
    }

    /** Joins, with the handshake where there is one. */
    Errors join() throws InterruptedException {
        Errors first = joinOnce();
        return first == Errors.MEMBER_ID_REQUIRED ? joinOnce() : first;
    }

    Pending<Errors> joining() {
        return world.async(this::join);
    }

    /** Asks for the assignment; the leader gives each member its own id and the generation. */
    Errors sync() throws InterruptedException {
        SyncGroupRequestData request = new SyncGroupRequestData()
                .setGroupId(group)
                .setMemberId(id)
                .setGenerationId(generation)
                .setProtocolType("consumer");
        if (!instanceId.isEmpty()) {
            request.setGroupInstanceId(instanceId);
        }
        List<SyncGroupRequestAssignment> assignments = new ArrayList<>();
        if (leads()) {
            others.forEach(member -> assignments.add(new SyncGroupRequestAssignment()
                    .setMemberId(member)
                    .setAssignment(bytes(assignmentFor(member, generation, id)))));
        }
        var answer = world.coordinator().sync(request.setAssignments(assignments));
        assignment = new String(answer.assignment(), StandardCharsets.UTF_8);
        return Errors.forCode(answer.errorCode());
    }

    static String assignmentFor(String member, int generation, String leader) {
        return member + " in " + generation + " by " + leader;
    }

    Pending<Errors> syncing() {
        return world.async(this::sync);
    }

    Errors heartbeat() {
        HeartbeatRequestData request =
                new HeartbeatRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation);
        if (!instanceId.isEmpty()) {
            request.setGroupInstanceId(instanceId);
        }
        return Errors.forCode(world.coordinator().heartbeat(request).errorCode());
    }

    Errors leave() {
        MemberIdentity member = new MemberIdentity().setMemberId(id);
        if (!instanceId.isEmpty()) {
            member.setGroupInstanceId(instanceId);
        }
        var answer = world.coordinator()
                .leave(new LeaveGroupRequestData().setGroupId(group).setMembers(List.of(member)));
        Errors error = Errors.forCode(answer.errorCode());
        return error == Errors.NONE ? Errors.forCode(answer.members().get(0).errorCode()) : error;
    }

    Errors commit(String topic, int partition, long offset) throws InterruptedException {
        return commitAs(id, generation, topic, partition, offset);
    }

    Errors commitAs(String memberId, int memberGeneration, String topic, int partition, long offset)
            throws InterruptedException {
        OffsetCommitRequestData request = new OffsetCommitRequestData()
                .setGroupId(group)
                .setMemberId(memberId)
                .setGenerationIdOrMemberEpoch(memberGeneration)
                .setTopics(List.of(new OffsetCommitRequestTopic()
                        .setName(topic)
                        .setPartitions(List.of(new OffsetCommitRequestPartition()
                                .setPartitionIndex(partition)
                                .setCommittedOffset(offset)
                                .setCommittedLeaderEpoch(3)
                                .setCommittedMetadata("note")))));
        return Errors.forCode(world.coordinator()
                .commit(new RequestOrigin("client", "/127.0.0.1", version), request)
                .topics()
                .get(0)
                .partitions()
                .get(0)
                .errorCode());
    }

    OffsetFetchResponsePartitions fetch(String topic, int partition) {
        OffsetFetchRequestData request = new OffsetFetchRequestData()
                .setGroups(List.of(new OffsetFetchRequestGroup()
                        .setGroupId(group)
                        .setTopics(List.of(new OffsetFetchRequestTopics()
                                .setName(topic)
                                .setPartitionIndexes(List.of(partition))))));
        return world.coordinator()
                .fetchOffsets(request)
                .groups()
                .get(0)
                .topics()
                .get(0)
                .partitions()
                .get(0);
    }

    long committed(String topic, int partition) {
        return fetch(topic, partition).committedOffset();
    }
}
