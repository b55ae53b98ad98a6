// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/** A generation has begun: members, leader and protocol are agreed on. */
sealed interface Formed extends GroupState permits Formed.CompletingRebalance, Formed.Stable {

    String protocol();

    /** Ids of the members that did not ask for their assignment yet. */
    Set<String> unsynced();

    Deadline syncBy();

    /** A member asked for its assignment. */
    Formed synced(String memberId);

    /** All members must join again. */
    default PreparingRebalance rebalancing(long nowNanos) {
        return new PreparingRebalance(
                generation(),
                roster(),
                Set.of(),
                PreparingRebalance.Window.rejoining(nowNanos, roster().rebalanceTimeoutMs()));
    }

    /** Members left or died; those that remain must join again. */
    default PreparingRebalance lost(Collection<String> memberIds, long nowNanos) {
        Roster rest = roster().without(memberIds);
        return new PreparingRebalance(
                generation(), rest, Set.of(), PreparingRebalance.Window.rejoining(nowNanos, rest.rebalanceTimeoutMs()));
    }

    /**
     * Waiting for the leader's assignments, and for them to be stored.
     *
     * @param assignments what the leader proposed, by member id
     * @param proposed the leader did propose, and the assignments are being stored
     */
    record CompletingRebalance(
            int generation,
            Roster roster,
            String protocol,
            Set<String> unsynced,
            Deadline syncBy,
            Map<String, ByteString> assignments,
            boolean proposed)
            implements Formed {

        @Override
        public String label() {
            return "CompletingRebalance";
        }

        @Override
        public Deadline due() {
            return syncBy;
        }

        @Override
        public CompletingRebalance inviting(String memberId) {
            return changed(roster.inviting(memberId), unsynced);
        }

        @Override
        public CompletingRebalance withdrawing(String memberId) {
            return changed(roster.withdrawing(memberId), unsynced);
        }

        @Override
        public CompletingRebalance synced(String memberId) {
            return changed(roster, GroupState.without(unsynced, Set.of(memberId)));
        }

        private CompletingRebalance changed(Roster newRoster, Set<String> newUnsynced) {
            return new CompletingRebalance(generation, newRoster, protocol, newUnsynced, syncBy, assignments, proposed);
        }

        @Override
        public Errors heartbeat(String memberId, String instanceId, int memberGeneration) {
            return GroupState.checkGeneration(this, memberId, instanceId, memberGeneration);
        }

        @Override
        public Errors commit(String memberId, String instanceId, int memberGeneration) {
            Errors error = GroupState.checkCommit(this, memberId, instanceId, memberGeneration);
            return error == Errors.NONE ? Errors.REBALANCE_IN_PROGRESS : error;
        }

        @Override
        public Errors sync(String memberId, String instanceId, int memberGeneration) {
            return GroupState.checkGeneration(this, memberId, instanceId, memberGeneration);
        }

        /** The leader's proposal; members that it does not name get nothing, names that are no members are passed over. */
        CompletingRebalance proposed(Map<String, ByteString> proposal) {
            if (proposed) {
                throw new IllegalStateException("generation " + generation + " has a proposal already");
            }
            Map<String, ByteString> complete = new LinkedHashMap<>();
            roster.members().keySet().forEach(id -> complete.put(id, proposal.getOrDefault(id, ByteString.EMPTY)));
            return new CompletingRebalance(
                    generation, roster, protocol, unsynced, syncBy, Collections.unmodifiableMap(complete), true);
        }

        /** The proposal is stored. */
        Stable stored() {
            if (!proposed) {
                throw new IllegalStateException("generation " + generation + " has no proposal");
            }
            return new Stable(generation, roster, protocol, unsynced, syncBy, assignments);
        }

        /** The new process of a static member joined: it was not there when the generation began. */
        PreparingRebalance replaced(String oldId, Member member, long nowNanos) {
            return rebalancing(nowNanos).replaced(oldId, member);
        }
    }

    /** Everybody works. */
    record Stable(
            int generation,
            Roster roster,
            String protocol,
            Set<String> unsynced,
            Deadline syncBy,
            Map<String, ByteString> assignments)
            implements Formed {

        public Stable {
            if (!assignments.keySet().equals(roster.members().keySet())) {
                throw new IllegalArgumentException("assignments for " + assignments.keySet() + " in a group of "
                        + roster.members().keySet());
            }
        }

        /** As read from the store, where everybody has an assignment. */
        static Stable restored(int generation, Roster roster, String protocol, Map<String, ByteString> assignments) {
            return new Stable(generation, roster, protocol, Set.of(), Deadline.NEVER, assignments);
        }

        @Override
        public String label() {
            return "Stable";
        }

        /** Members that did not ask for their assignment in time are taken for dead. */
        @Override
        public Deadline due() {
            return unsynced.isEmpty() ? Deadline.NEVER : syncBy;
        }

        @Override
        public Stable inviting(String memberId) {
            return changed(roster.inviting(memberId), unsynced);
        }

        @Override
        public Stable withdrawing(String memberId) {
            return changed(roster.withdrawing(memberId), unsynced);
        }

        @Override
        public Stable synced(String memberId) {
            return changed(roster, GroupState.without(unsynced, Set.of(memberId)));
        }

        private Stable changed(Roster newRoster, Set<String> newUnsynced) {
            return new Stable(generation, newRoster, protocol, newUnsynced, syncBy, assignments);
        }

        @Override
        public Errors heartbeat(String memberId, String instanceId, int memberGeneration) {
            return GroupState.checkGeneration(this, memberId, instanceId, memberGeneration);
        }

        @Override
        public Errors commit(String memberId, String instanceId, int memberGeneration) {
            return GroupState.checkCommit(this, memberId, instanceId, memberGeneration);
        }

        @Override
        public Errors sync(String memberId, String instanceId, int memberGeneration) {
            return GroupState.checkGeneration(this, memberId, instanceId, memberGeneration);
        }

        /** The new process of a static member takes over the place and the assignment of the old one. */
        Stable replaced(String oldId, Member member) {
            Map<String, ByteString> moved = new LinkedHashMap<>();
            assignments.forEach((id, bytes) -> moved.put(id.equals(oldId) ? member.id() : id, bytes));
            return new Stable(
                    generation,
                    roster.replacing(oldId, member),
                    protocol,
                    GroupState.without(unsynced, Set.of(oldId)),
                    syncBy,
                    Collections.unmodifiableMap(moved));
        }
    }
}
