// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.CommittedOffset;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * One group without threads: nothing happens but what the test does, and a write is decided when the test says so.
 * Confined to one thread.
 */
final class LoneGroup {

    static final int SESSION_MS = 10_000;
    static final int REBALANCE_MS = 60_000;
    static final String TYPE = "consumer";

    final ManualClock clock = new ManualClock();
    final Deque<ShardWrite> queue = new ArrayDeque<>();
    private final Alarms alarms = new Alarms();
    private final GroupContext context;
    private Group group;
    private StoredGroup stored = new StoredGroup("lone");
    private Optional<ConsumerGroup> durable = Optional.empty();
    private long revision = 1;
    private boolean forgotten;
    private Errors queueAnswer = Errors.NONE;

    LoneGroup(Duration delay, int maxMembers) {
        GroupSettings settings = new GroupSettings(
                Duration.ofSeconds(1), Duration.ofMinutes(5), delay, maxMembers, Duration.ZERO, Duration.ofSeconds(10));
        this.context = new GroupContext(clock, settings, new Random(11), alarms, this::offer, gone -> forgotten = true);
        this.group = new Group(stored, GroupState.Empty.NEW, context);
    }

    private Errors offer(List<? extends ShardWrite> writes) {
        if (queueAnswer == Errors.NONE) {
            writes.forEach(write -> write.stored().begin());
            queue.addAll(writes);
        }
        return queueAnswer;
    }

    Group group() {
        return group;
    }

    GroupState state() {
        return group.state();
    }

    StoredGroup stored() {
        return stored;
    }

    /** What is stored of the members; the offsets are in {@link #stored()}. */
    Optional<ConsumerGroup> durable() {
        return durable;
    }

    boolean isForgotten() {
        return forgotten;
    }

    /** Writes are refused from now on, or taken again. */
    void queueAnswers(Errors error) {
        queueAnswer = error;
    }

    /** Decides the oldest write. */
    void decide(Errors outcome) {
        ShardWrite write = queue.remove();
        if (outcome == Errors.NONE) {
            apply(write);
        }
        write.stored().end();
        write.decided(outcome);
    }

    void decideAll() {
        while (!queue.isEmpty()) {
            decide(Errors.NONE);
        }
    }

    private void apply(ShardWrite write) {
        long now = ++revision;
        switch (write) {
            case ShardWrite.PutGroup put -> {
                durable = Optional.of(put.value());
                put.stored().put(put.value(), now);
            }
            case ShardWrite.PutOffsets put -> {
                OffsetBlock before = put.stored().block(put.key()).orElseGet(() -> OffsetBlock.absent(put.topicId()));
                put.stored()
                        .put(
                                put.key(),
                                before.with(put.topicId(), put.offsets()).at(now));
            }
            case ShardWrite.DeleteOffsets delete ->
                delete.stored()
                        .block(delete.key())
                        .ifPresent(before -> delete.stored()
                                .put(
                                        delete.key(),
                                        before.without(delete.partitions()).at(now)));
            case ShardWrite.DeleteGroup delete -> {
                durable = Optional.empty();
                delete.stored().removeValue();
                new ArrayList<>(delete.stored().blocks().keySet()).forEach(delete.stored()::remove);
            }
        }
    }

    /** The coordinator dies: what was not decided is not stored, and the group is read from the store. */
    void restart() {
        queue.clear();
        group.abandon(Errors.NOT_COORDINATOR);
        StoredGroup read = new StoredGroup("lone");
        durable.ifPresent(value -> read.put(value, revision));
        stored.blocks().forEach(read::put);
        stored = read;
        group = new Group(stored, durable.map(GroupValues::decode).orElse(GroupState.Empty.NEW), context);
        group.resume();
    }

    /** Lets time pass; the group is looked at when its alarm rings, as the timer does. */
    void pass(Duration duration) {
        clock.advance(duration);
        group.tick();
    }

    static Member member(String id, String instanceId, Map<String, String> protocols) {
        List<Member.Protocol> list = new ArrayList<>();
        new TreeMap<>(protocols)
                .forEach((name, text) -> list.add(new Member.Protocol(name, ByteString.copyFromUtf8(text))));
        return new Member(id, instanceId, "client", "/127.0.0.1", SESSION_MS, REBALANCE_MS, list);
    }

    static Member member(String id) {
        return member(id, "", Map.of("range", "topics"));
    }

    static Member staticMember(String id, String instanceId) {
        return member(id, instanceId, Map.of("range", "topics"));
    }

    Pending<JoinGroupResponseData> join(Member member, int version) {
        return group.join(new JoinAttempt(member, TYPE, (short) version)).answer();
    }

    /** Joins without the handshake, so that a new member has its id at once. */
    Pending<JoinGroupResponseData> join(Member member) {
        return join(member, 3);
    }

    Pending<SyncGroupResponseData> sync(String memberId, int generation, Map<String, String> assignments) {
        SyncGroupRequestData request = new SyncGroupRequestData()
                .setGroupId("lone")
                .setMemberId(memberId)
                .setGenerationId(generation);
        List<SyncGroupRequestAssignment> list = new ArrayList<>();
        assignments.forEach((id, text) -> list.add(
                new SyncGroupRequestAssignment().setMemberId(id).setAssignment(text.getBytes(StandardCharsets.UTF_8))));
        return group.sync(request.setAssignments(list)).answer();
    }

    /** Somebody who is no member commits offset 1 of the first partition. */
    Pending<Errors> commit(String topic) {
        Pending<Errors> outcome = new Pending<>();
        ShardWrite.PutOffsets write = new ShardWrite.PutOffsets(
                stored,
                OffsetBlock.Key.of(topic, 0),
                new UUID(1, 2),
                Map.of(0, CommittedOffset.newBuilder().setOffset(1).build()),
                outcome);
        assertThat(group.commit("", "", -1, List.of(write))).isEqualTo(Errors.NONE);
        return outcome;
    }

    /** The answer, which must be there by now. */
    static <T> T now(Pending<T> pending) {
        return pending.poll().orElseThrow(() -> new AssertionError("still waiting"));
    }

    static Errors error(Pending<JoinGroupResponseData> answer) {
        return Errors.forCode(now(answer).errorCode());
    }

    static Errors syncError(Pending<SyncGroupResponseData> answer) {
        return Errors.forCode(now(answer).errorCode());
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A group with one member, which has joined and not synced. */
    String completingAlone() {
        return now(join(member(""))).memberId();
    }

    /** A group with one member, stable in generation 1. */
    String stableAlone() {
        String id = completingAlone();
        sync(id, 1, Map.of(id, "all"));
        decideAll();
        return id;
    }

    /** Two members, stable in generation 2; the first one leads. */
    List<String> stablePair() {
        String first = stableAlone();
        Pending<JoinGroupResponseData> second = join(member(""));
        now(join(member(first)));
        String other = now(second).memberId();
        sync(first, 2, Map.of(first, "one", other, "two"));
        sync(other, 2, Map.of());
        decideAll();
        return List.of(first, other);
    }
}
