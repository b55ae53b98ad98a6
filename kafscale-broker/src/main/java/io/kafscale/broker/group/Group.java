// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.group.GroupState.Dead;
import io.kafscale.broker.group.GroupState.Empty;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * One group. Every change is decided under its lock and handed to the shard's writer there, so that writes are queued in
 * the order of the decisions; what depends on a write goes on when the writer says that it is decided. Thread-safe;
 * guarded by {@code lock}, under which nobody waits.
 */
final class Group {

    private final StoredGroup stored;
    private final GroupContext context;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Attendance attendance;

    @GuardedBy("lock")
    private final Joining joining;

    @GuardedBy("lock")
    private final Syncing syncing;

    @GuardedBy("lock")
    private Optional<Alarms.Alarm> alarm = Optional.empty();

    Group(StoredGroup stored, GroupState state, GroupContext context) {
        this.stored = stored;
        this.context = context;
        this.attendance = new Attendance(state);
        this.joining = new Joining(stored, attendance, context, this::write);
        this.syncing = new Syncing(stored, attendance, context, this::write);
    }

    String id() {
        return stored.groupId();
    }

    StoredGroup stored() {
        return stored;
    }

    GroupState state() {
        lock.lock();
        try {
            return attendance.state();
        } finally {
            lock.unlock();
        }
    }

    /** Begins to count the sessions of the members that were read from the store. */
    void resume() {
        lock.lock();
        try {
            long now = context.clock().monotonicNanos();
            attendance.restartSessions(now);
            settle(now);
        } finally {
            lock.unlock();
        }
    }

    Parked<JoinGroupResponseData> join(JoinAttempt attempt) {
        lock.lock();
        try {
            long now = context.clock().monotonicNanos();
            Parked<JoinGroupResponseData> answer = joining.join(attempt, now);
            settle(now);
            return answer;
        } finally {
            lock.unlock();
        }
    }

    Parked<SyncGroupResponseData> sync(SyncGroupRequestData request) {
        lock.lock();
        try {
            long now = context.clock().monotonicNanos();
            Parked<SyncGroupResponseData> answer = syncing.sync(request, now);
            settle(now);
            return answer;
        } finally {
            lock.unlock();
        }
    }

    Errors heartbeat(String memberId, String instanceId, int generation) {
        lock.lock();
        try {
            Errors error = attendance.state().heartbeat(memberId, instanceId, generation);
            if (error == Errors.NONE || error == Errors.REBALANCE_IN_PROGRESS) {
                attendance.touch(memberId, context.clock().monotonicNanos());
            }
            return error;
        } finally {
            lock.unlock();
        }
    }

    /** A member goes, named by its id or, as administrators do it, by its instance id alone. */
    Errors leave(String memberId, String instanceId) {
        lock.lock();
        try {
            Errors error = decideLeave(memberId, instanceId);
            settle(context.clock().monotonicNanos());
            return error;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private Errors decideLeave(String memberId, String instanceId) {
        Roster roster = attendance.roster();
        if (attendance.state() instanceof Dead) {
            return Errors.COORDINATOR_NOT_AVAILABLE;
        }
        if (instanceId.isEmpty() && roster.invited().contains(memberId)) {
            attendance.withdrawInvitation(memberId);
            return Errors.NONE;
        }
        String leaving = memberId.isEmpty()
                ? roster.findStatic(instanceId).map(Member::id).orElse("")
                : memberId;
        Errors error = roster.check(leaving, instanceId);
        if (error == Errors.NONE) {
            attendance.remove(Set.of(leaving), context.clock().monotonicNanos());
        }
        return error;
    }

    /** Does what time alone brings about; called when the group's alarm has rung, or at any other moment. */
    void tick() {
        lock.lock();
        try {
            long now = context.clock().monotonicNanos();
            attendance.tick(now);
            settle(now);
        } finally {
            lock.unlock();
        }
    }

    /** The caller of a request waits no longer. */
    void withdraw(Pending<?> answer) {
        lock.lock();
        try {
            long now = context.clock().monotonicNanos();
            attendance.withdraw(answer, now);
            settle(now);
        } finally {
            lock.unlock();
        }
    }

    /** Accepts offsets for storing, if the member may commit now; a group of which nothing comes goes again. */
    Errors commit(String memberId, String instanceId, int generation, List<ShardWrite.PutOffsets> writes) {
        lock.lock();
        try {
            Errors error = attendance.state().commit(memberId, instanceId, generation);
            if (error == Errors.NONE) {
                attendance.touch(memberId, context.clock().monotonicNanos());
                error = context.writes()
                        .offer(writes.stream()
                                .map(write -> write.first(this::settleIfAbsent))
                                .toList());
            }
            settleIfAbsent();
            return error;
        } finally {
            lock.unlock();
        }
    }

    /** Accepts the removal of offsets of topics that nobody in the group wants. */
    Errors deleteOffsets(OffsetDeletes deletes) {
        lock.lock();
        try {
            GroupState state = attendance.state();
            if (state instanceof Dead) {
                return Errors.COORDINATOR_NOT_AVAILABLE;
            }
            if (!(state instanceof Empty) && !state.roster().protocolType().equals(Subscriptions.CONSUMER)) {
                return Errors.NON_EMPTY_GROUP;
            }
            return context.writes()
                    .offer(deletes.writes(Subscriptions.of(state.roster())).stream()
                            .map(write -> write.first(this::settleIfAbsent))
                            .toList());
        } finally {
            lock.unlock();
        }
    }

    private void settleIfAbsent() {
        if (!stored.isAbsent()) {
            return;
        }
        lock.lock();
        try {
            settle(context.clock().monotonicNanos());
        } finally {
            lock.unlock();
        }
    }

    /** Deletes the group and its offsets, if nobody is in it. */
    Parked<Errors> delete() {
        lock.lock();
        try {
            if (!(attendance.state() instanceof Empty empty)) {
                return Parked.answered(
                        attendance.state() instanceof Dead ? Errors.COORDINATOR_NOT_AVAILABLE : Errors.NON_EMPTY_GROUP);
            }
            attendance.dismiss(empty.deleted(), Errors.COORDINATOR_NOT_AVAILABLE);
            Pending<Errors> answer = new Pending<>();
            ShardWrite deletion = new ShardWrite.DeleteGroup(stored, outcome -> deletionDecided(outcome, answer));
            Errors refused = context.writes().offer(List.of(deletion));
            if (refused != Errors.NONE) {
                deletionDecided(refused, answer);
            }
            return new Parked<>(
                    answer, Deadline.after(context.clock(), context.settings().storePatience()));
        } finally {
            lock.unlock();
        }
    }

    private void deletionDecided(Errors outcome, Pending<Errors> answer) {
        lock.lock();
        try {
            if (outcome == Errors.NONE) {
                context.unused().accept(this);
            } else if (attendance.state() instanceof Dead dead) {
                attendance.become(dead.revived());
            }
        } finally {
            lock.unlock();
        }
        answer.complete(outcome);
    }

    /** The shard is not ours any more: whoever waits is sent away. */
    void abandon(Errors error) {
        lock.lock();
        try {
            Dead end = new Empty(attendance.state().generation(), Roster.EMPTY).deleted();
            attendance.dismiss(end, error);
            setAlarm();
        } finally {
            lock.unlock();
        }
    }

    /** Goes as far as the group goes by itself; called after every change. */
    @GuardedBy("lock")
    private void settle(long now) {
        boolean becameEmpty = attendance.settle(now);
        if (attendance.state() instanceof Empty empty) {
            if (stored.isAbsent() && empty.roster().invited().isEmpty()) {
                attendance.become(empty.deleted());
                context.unused().accept(this);
            } else if (becameEmpty && !stored.isAbsent()) {
                // best effort: without it, a restart finds the members again and waits for them in vain
                write(GroupValues.encode(stored, empty, context.clock().wallMillis()), outcome -> {});
            }
        }
        setAlarm();
    }

    private void write(ConsumerGroup value, Consumer<Errors> whenDecided) {
        Consumer<Errors> locked = outcome -> decided(whenDecided, outcome);
        Errors refused = context.writes().offer(List.of(new ShardWrite.PutGroup(stored, value, locked)));
        if (refused != Errors.NONE) {
            locked.accept(refused);
        }
    }

    private void decided(Consumer<Errors> whenDecided, Errors outcome) {
        lock.lock();
        try {
            whenDecided.accept(outcome);
            settle(context.clock().monotonicNanos());
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void setAlarm() {
        Deadline wanted = attendance.due();
        alarm.ifPresent(context.alarms()::cancel);
        alarm = wanted.bounded() ? Optional.of(context.alarms().set(wanted, this)) : Optional.empty();
    }
}
