// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.group.Formed.CompletingRebalance;
import io.kafscale.broker.group.Formed.Stable;
import io.kafscale.broker.group.GroupState.Dead;
import io.kafscale.broker.group.GroupState.Empty;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Who is in a group and who waits for it: its state, the sessions of its members and the requests that are parked.
 * Confined to the lock of its group.
 */
final class Attendance {

    /** A member that joins for the first time is not held for ever by a group that never gets together. */
    private static final long NEW_MEMBER_JOIN_MILLIS = 300_000;

    private final Sessions sessions = new Sessions();
    private final ParkedRequests parked = new ParkedRequests();
    private GroupState state;

    Attendance(GroupState state) {
        this.state = state;
    }

    GroupState state() {
        return state;
    }

    Roster roster() {
        return state.roster();
    }

    ParkedRequests parked() {
        return parked;
    }

    void become(GroupState next) {
        state = next;
    }

    /** Gives out an id, which is taken back when it is not used for the time of a session. */
    void invite(Member member, long now) {
        state = state.inviting(member.id());
        sessions.restart(member.id(), now, member.sessionTimeoutMs());
    }

    void withdrawInvitation(String memberId) {
        state = state.withdrawing(memberId);
        sessions.suspend(memberId);
    }

    /** A member waits for the next generation. */
    Pending<JoinGroupResponseData> park(Member member, boolean isNew, long now) {
        if (isNew) {
            sessions.restart(member.id(), now, NEW_MEMBER_JOIN_MILLIS);
        } else {
            sessions.suspend(member.id());
        }
        return parked.join(member.id());
    }

    /** A member waits for its assignment. */
    Pending<SyncGroupResponseData> parkSync(String memberId, int generation) {
        sessions.suspend(memberId);
        return parked.sync(memberId, generation);
    }

    /** A member gave a sign of life; while a request of it waits, it needs none. */
    void touch(String memberId, long now) {
        if (!parked.waits(memberId)) {
            restartSessions(List.of(memberId), now);
        }
    }

    /** The old process of a static member is not heard any more. */
    void fence(String memberId) {
        parked.refuse(memberId, Errors.FENCED_INSTANCE_ID);
        sessions.suspend(memberId);
    }

    void remove(Collection<String> memberIds, long now) {
        state = switch (state) {
            case PreparingRebalance preparing -> preparing.lost(memberIds);
            case Formed formed -> formed.lost(memberIds, now);
            case Empty empty -> empty;
            case Dead dead -> dead;
        };
        sessions.removeAll(memberIds);
        memberIds.forEach(memberId -> parked.refuse(memberId, Errors.UNKNOWN_MEMBER_ID));
    }

    /** The generation comes to nothing: those that wait for it are told, and all have to join again. */
    void startOver(CompletingRebalance completing, Errors error, long now) {
        List<String> answered =
                parked.answerSyncs((memberId, generation) -> Optional.of(GroupAnswers.refusedSync(error)));
        restartSessions(answered, now);
        state = completing.rebalancing(now);
    }

    /** The caller of a parked request gave up; its member has a session again. */
    void withdraw(Pending<?> answer, long now) {
        parked.withdraw(answer).ifPresent(memberId -> restartSessions(List.of(memberId), now));
    }

    /** Nobody is there any more. */
    void dismiss(Dead end, Errors error) {
        parked.refuseAll(error);
        sessions.retain(memberId -> false);
        state = end;
    }

    /** Does what time alone brings about. */
    void tick(long now) {
        expireSessions(now);
        if (state instanceof Formed formed && Moments.isOver(formed.due(), now)) {
            if (formed instanceof CompletingRebalance completing
                    && completing.unsynced().isEmpty()) {
                startOver(completing, Errors.COORDINATOR_NOT_AVAILABLE, now);
            } else {
                remove(formed.unsynced(), now);
            }
        }
    }

    private void expireSessions(long now) {
        List<String> expired = sessions.expired(now);
        Set<String> invited = state.roster().invited();
        expired.stream().filter(invited::contains).forEach(this::withdrawInvitation);
        List<String> dead = expired.stream().filter(state.roster()::has).toList();
        if (!dead.isEmpty()) {
            remove(dead, now);
        }
        sessions.removeAll(expired);
    }

    /**
     * Goes as far as the state goes by itself, and answers those that waited for it.
     *
     * @return true when the group became empty
     */
    boolean settle(long now) {
        boolean closes = state instanceof PreparingRebalance preparing && preparing.isComplete(now);
        if (closes) {
            close((PreparingRebalance) state, now);
        }
        parked.answerJoins(this::joinAnswer);
        restartSessions(parked.answerSyncs(this::syncAnswer), now);
        return closes && state instanceof Empty;
    }

    private void close(PreparingRebalance preparing, long now) {
        GroupState next = preparing.closed(now);
        state = next;
        sessions.retain(memberId ->
                next.roster().has(memberId) || next.roster().invited().contains(memberId));
        if (next instanceof Formed) {
            restartSessions(now);
        }
    }

    private Optional<JoinGroupResponseData> joinAnswer(String memberId) {
        return switch (state) {
            case PreparingRebalance preparing when preparing.joined().contains(memberId) -> Optional.empty();
            case Formed formed when formed.roster().has(memberId) -> Optional.of(GroupAnswers.joined(formed, memberId));
            default -> Optional.of(GroupAnswers.refusedJoin(Errors.UNKNOWN_MEMBER_ID, memberId));
        };
    }

    private Optional<SyncGroupResponseData> syncAnswer(String memberId, int generation) {
        if (!state.roster().has(memberId)) {
            return Optional.of(GroupAnswers.refusedSync(Errors.UNKNOWN_MEMBER_ID));
        }
        if (generation != state.generation()) {
            return Optional.of(GroupAnswers.refusedSync(Errors.REBALANCE_IN_PROGRESS));
        }
        return switch (state) {
            case CompletingRebalance completing -> Optional.empty();
            case Stable stable -> Optional.of(GroupAnswers.assigned(stable, memberId));
            default -> Optional.of(GroupAnswers.refusedSync(Errors.REBALANCE_IN_PROGRESS));
        };
    }

    /** Counts the sessions of all members from now on. */
    void restartSessions(long now) {
        restartSessions(state.roster().members().keySet(), now);
    }

    private void restartSessions(Collection<String> memberIds, long now) {
        for (String memberId : memberIds) {
            state.roster()
                    .find(memberId)
                    .ifPresent(member -> sessions.restart(memberId, now, member.sessionTimeoutMs()));
        }
    }

    /** When {@link #tick} has something to do, if nothing happens before. */
    Deadline due() {
        return state.due().orSooner(sessions.earliest());
    }
}
