// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * Where a group stands. A method that returns another state is the only way there; what it needs to know of time it is
 * told. Immutable.
 *
 * <pre>
 *              first member joins                  all joined, or the window closes
 *   Empty ──────────────────────▶ PreparingRebalance ──────────────────────▶ CompletingRebalance
 *    │  ▲                          │      ▲      ▲                              │       │
 *    │  └──────────────────────────┘      │      └──────────────────────────────┘       │ assignments stored
 *    │        nobody is left              │        a member joins, leaves or dies       ▼
 *    ▼ deleted                            └────────────────────────────────────────── Stable
 *   Dead
 * </pre>
 */
sealed interface GroupState permits GroupState.Empty, PreparingRebalance, Formed, GroupState.Dead {

    /** Counts the member lists on which the group agreed. */
    int generation();

    Roster roster();

    /** The state's name, as Kafka's tools know it. */
    String label();

    /** The moment at which the state ends by itself, if nothing happens before. */
    Deadline due();

    /** The same state with one more id given out; {@link Dead} gives none. */
    GroupState inviting(String memberId);

    /** The same state with an id taken back. */
    GroupState withdrawing(String memberId);

    /** What a heartbeat of a member is answered. */
    Errors heartbeat(String memberId, String instanceId, int memberGeneration);

    /** Whether offsets may be committed in the name of a member, or of nobody (empty ids, generation -1). */
    Errors commit(String memberId, String instanceId, int memberGeneration);

    /** Whether a member may ask for its assignment. */
    Errors sync(String memberId, String instanceId, int memberGeneration);

    static Errors checkGeneration(GroupState state, String memberId, String instanceId, int memberGeneration) {
        Errors member = state.roster().check(memberId, instanceId);
        if (member != Errors.NONE) {
            return member;
        }
        return memberGeneration == state.generation() ? Errors.NONE : Errors.ILLEGAL_GENERATION;
    }

    /** A commit for a group that has members must come from one of them. */
    static Errors checkCommit(GroupState state, String memberId, String instanceId, int memberGeneration) {
        boolean speaksForMember = memberGeneration >= 0 || !memberId.isEmpty() || !instanceId.isEmpty();
        return speaksForMember
                ? checkGeneration(state, memberId, instanceId, memberGeneration)
                : Errors.UNKNOWN_MEMBER_ID;
    }

    static Set<String> without(Set<String> ids, Collection<String> gone) {
        Set<String> rest = new LinkedHashSet<>(ids);
        rest.removeAll(gone);
        return Collections.unmodifiableSet(rest);
    }

    static Set<String> with(Set<String> ids, String added) {
        Set<String> all = new LinkedHashSet<>(ids);
        all.add(added);
        return Collections.unmodifiableSet(all);
    }

    /** No members; there may be offsets, and anybody may set them. */
    record Empty(int generation, Roster roster) implements GroupState {

        static final Empty NEW = new Empty(0, Roster.EMPTY);

        public Empty {
            if (!roster.isEmpty()) {
                throw new IllegalArgumentException(
                        "an empty group with " + roster.members().keySet());
            }
        }

        @Override
        public String label() {
            return "Empty";
        }

        @Override
        public Deadline due() {
            return Deadline.NEVER;
        }

        @Override
        public Empty inviting(String memberId) {
            return new Empty(generation, roster.inviting(memberId));
        }

        @Override
        public Empty withdrawing(String memberId) {
            return new Empty(generation, roster.withdrawing(memberId));
        }

        @Override
        public Errors heartbeat(String memberId, String instanceId, int memberGeneration) {
            return Errors.UNKNOWN_MEMBER_ID;
        }

        @Override
        public Errors commit(String memberId, String instanceId, int memberGeneration) {
            return memberGeneration < 0 ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
        }

        @Override
        public Errors sync(String memberId, String instanceId, int memberGeneration) {
            return Errors.UNKNOWN_MEMBER_ID;
        }

        /** The first member is there; others that come within the delay are waited for. */
        PreparingRebalance joined(String protocolType, Member member, long nowNanos, long delayMillis) {
            Roster first = roster.with(protocolType, member);
            PreparingRebalance.Window window =
                    PreparingRebalance.Window.gathering(nowNanos, delayMillis, first.rebalanceTimeoutMs());
            return new PreparingRebalance(generation, first, Set.of(member.id()), window);
        }

        Dead deleted() {
            return new Dead(new Empty(generation, roster.withoutInvited()));
        }
    }

    /**
     * Deleted, or about to be: nothing is accepted.
     *
     * @param before what it is again when the deletion fails
     */
    record Dead(Empty before) implements GroupState {

        @Override
        public int generation() {
            return before.generation();
        }

        @Override
        public Roster roster() {
            return Roster.EMPTY;
        }

        @Override
        public String label() {
            return "Dead";
        }

        @Override
        public Deadline due() {
            return Deadline.NEVER;
        }

        @Override
        public Dead inviting(String memberId) {
            return this;
        }

        @Override
        public Dead withdrawing(String memberId) {
            return this;
        }

        @Override
        public Errors heartbeat(String memberId, String instanceId, int memberGeneration) {
            return Errors.COORDINATOR_NOT_AVAILABLE;
        }

        @Override
        public Errors commit(String memberId, String instanceId, int memberGeneration) {
            return Errors.COORDINATOR_NOT_AVAILABLE;
        }

        @Override
        public Errors sync(String memberId, String instanceId, int memberGeneration) {
            return Errors.COORDINATOR_NOT_AVAILABLE;
        }

        Empty revived() {
            return before;
        }
    }
}
