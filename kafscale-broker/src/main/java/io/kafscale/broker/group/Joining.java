// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.group.Formed.CompletingRebalance;
import io.kafscale.broker.group.Formed.Stable;
import io.kafscale.broker.group.GroupState.Dead;
import io.kafscale.broker.group.GroupState.Empty;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** How a group treats those that want to join it. Confined to the lock of its group. */
final class Joining {

    /** Ids that are given out and not used cost memory, and one needs no right to ask for them. */
    private static final int MAX_INVITED = 5_000;

    private final StoredGroup stored;
    private final Attendance attendance;
    private final GroupContext context;
    private final GroupWrites writes;

    Joining(StoredGroup stored, Attendance attendance, GroupContext context, GroupWrites writes) {
        this.stored = stored;
        this.attendance = attendance;
        this.context = context;
        this.writes = writes;
    }

    Parked<JoinGroupResponseData> join(JoinAttempt attempt, long now) {
        Member member = attempt.member();
        if (attendance.state() instanceof Dead) {
            return refused(Errors.COORDINATOR_NOT_AVAILABLE, member.id());
        }
        if (!hasRoomFor(member)) {
            return refused(Errors.GROUP_MAX_SIZE_REACHED, member.id());
        }
        if (!attendance.roster().canTake(attempt.protocolType(), member)) {
            return refused(Errors.INCONSISTENT_GROUP_PROTOCOL, member.id());
        }
        if (!member.id().isEmpty()) {
            return joinAgain(attempt, now);
        }
        JoinAttempt named = attempt.named(newMemberId(member));
        if (member.isStatic()) {
            return joinStatic(named, now);
        }
        return attempt.needsHandshake() ? invite(named.member(), now) : enter(named, now);
    }

    private boolean hasRoomFor(Member member) {
        Roster roster = attendance.roster();
        Optional<Member> former = roster.formerSelf(member);
        long others = roster.storedBytes() - former.map(Member::storedBytes).orElse(0L);
        boolean fits = others + member.storedBytes() <= GroupValues.maxGroupBytes(stored.groupId());
        return fits
                && (former.isPresent()
                        || roster.members().size() < context.settings().maxMembers());
    }

    private String newMemberId(Member member) {
        String prefix = member.isStatic() ? member.instanceId() : member.clientId();
        long high = context.random().nextLong();
        long low = context.random().nextLong();
        return prefix + "-" + new UUID(high, low);
    }

    private Parked<JoinGroupResponseData> invite(Member member, long now) {
        if (attendance.roster().invited().size() >= MAX_INVITED) {
            return refused(Errors.GROUP_MAX_SIZE_REACHED, "");
        }
        attendance.invite(member, now);
        return refused(Errors.MEMBER_ID_REQUIRED, member.id());
    }

    private Parked<JoinGroupResponseData> joinAgain(JoinAttempt attempt, long now) {
        Member member = attempt.member();
        Roster roster = attendance.roster();
        if (roster.invited().contains(member.id())) {
            return member.isStatic() ? refused(Errors.UNKNOWN_MEMBER_ID, member.id()) : enter(attempt, now);
        }
        Errors error = roster.check(member.id(), member.instanceId());
        if (error != Errors.NONE) {
            return refused(error, member.id());
        }
        boolean unchanged = roster.find(member.id())
                .filter(former -> former.protocols().equals(member.protocols()))
                .isPresent();
        boolean leads = roster.leader().equals(member.id());
        return switch (attendance.state()) {
            // the first answer was lost on its way
            case CompletingRebalance completing
            when unchanged -> {
                attendance.touch(member.id(), now);
                yield Parked.answered(GroupAnswers.joined(completing, member.id()));
            }
            // a leader joins again because it wants to assign anew
            case Stable stable
            when unchanged && !leads -> {
                attendance.touch(member.id(), now);
                yield Parked.answered(GroupAnswers.stillIn(stable, member.id()));
            }
            default -> enter(attempt, now);
        };
    }

    /** The member waits for the next generation, which its arrival may begin. */
    private Parked<JoinGroupResponseData> enter(JoinAttempt attempt, long now) {
        Member member = attempt.member();
        String type = attempt.protocolType();
        boolean isNew = !attendance.roster().has(member.id());
        attendance.become(
                switch (attendance.state()) {
                    case Empty empty -> empty.joined(type, member, now, delayMillis());
                    case PreparingRebalance preparing -> preparing.joined(type, member, now, delayMillis());
                    case Formed formed -> formed.rebalancing(now).joined(type, member, now, delayMillis());
                    case Dead dead -> dead;
                });
        return parked(attendance.park(member, isNew, now));
    }

    private long delayMillis() {
        return context.settings().initialRebalanceDelay().toMillis();
    }

    /** A static member without an id is new, or a new process in the place of an old one. */
    private Parked<JoinGroupResponseData> joinStatic(JoinAttempt attempt, long now) {
        Member member = attempt.member();
        Optional<Member> former = attendance.roster().findStatic(member.instanceId());
        if (former.isEmpty()) {
            return enter(attempt, now);
        }
        String oldId = former.get().id();
        attendance.fence(oldId);
        return switch (attendance.state()) {
            case PreparingRebalance preparing -> rejoin(preparing.replaced(oldId, member), member, now);
            case CompletingRebalance completing -> rejoin(completing.replaced(oldId, member, now), member, now);
            case Stable stable -> takeOver(stable, oldId, attempt, now);
            default ->
                throw new IllegalStateException("group " + stored.groupId() + " has member " + oldId + " in state "
                        + attendance.state().label());
        };
    }

    private Parked<JoinGroupResponseData> rejoin(PreparingRebalance next, Member member, long now) {
        attendance.become(next);
        return parked(attendance.park(member, false, now));
    }

    /** The others need not notice, unless the choice of the protocol changes. */
    private Parked<JoinGroupResponseData> takeOver(Stable stable, String oldId, JoinAttempt attempt, long now) {
        Member member = attempt.member();
        Stable after = stable.replaced(oldId, member);
        ConsumerGroup value = GroupValues.encode(
                stored, after, after.assignments(), context.clock().wallMillis());
        boolean goesOn = after.roster().selectProtocol().equals(stable.protocol())
                && value.getSerializedSize() <= GroupValues.maxGroupBytes(stored.groupId());
        if (!goesOn) {
            PreparingRebalance next = after.rebalancing(now).joined(attempt.protocolType(), member, now, delayMillis());
            return rejoin(next, member, now);
        }
        attendance.become(after);
        attendance.touch(member.id(), now);
        Pending<JoinGroupResponseData> answer = attendance.parked().takeover(member.id());
        String formerLeader = stable.roster().leader();
        writes.write(value, outcome -> takenOver(attempt, formerLeader, outcome));
        return new Parked<>(
                answer, Deadline.after(context.clock(), context.settings().storePatience()));
    }

    private void takenOver(JoinAttempt attempt, String formerLeader, Errors outcome) {
        String memberId = attempt.member().id();
        attendance.parked().answerTakeover(memberId, takeoverAnswer(attempt, formerLeader, outcome));
    }

    private JoinGroupResponseData takeoverAnswer(JoinAttempt attempt, String formerLeader, Errors outcome) {
        if (outcome != Errors.NONE) {
            return GroupAnswers.refusedJoin(outcome, "");
        }
        return attendance.state() instanceof Stable stable
                ? GroupAnswers.tookOver(stable, attempt.member().id(), attempt.canSkipAssignment(), formerLeader)
                : GroupAnswers.refusedJoin(Errors.REBALANCE_IN_PROGRESS, "");
    }

    private static Parked<JoinGroupResponseData> refused(Errors error, String memberId) {
        return Parked.answered(GroupAnswers.refusedJoin(error, memberId));
    }

    private static Parked<JoinGroupResponseData> parked(Pending<JoinGroupResponseData> answer) {
        return new Parked<>(answer, Deadline.NEVER);
    }
}
