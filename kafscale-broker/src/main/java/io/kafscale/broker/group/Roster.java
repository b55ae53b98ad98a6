// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * Who is in a group. Immutable.
 *
 * @param protocolType what the members are, such as {@code consumer} or {@code connect}; empty before the first
 * @param members by id, in the order in which they came
 * @param invited ids that were given out and not yet used: the handshake that keeps a client which vanished before it
 *     knew its id from becoming a member
 * @param leader id of the member that assigns; empty when there is no member
 */
record Roster(String protocolType, Map<String, Member> members, Set<String> invited, String leader) {

    static final Roster EMPTY = new Roster("", Map.of(), Set.of(), "");

    Roster {
        members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        invited = Collections.unmodifiableSet(new LinkedHashSet<>(invited));
        if (members.isEmpty() ? !leader.isEmpty() : !members.containsKey(leader)) {
            throw new IllegalArgumentException("leader '" + leader + "' of members " + members.keySet());
        }
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    boolean has(String memberId) {
        return members.containsKey(memberId);
    }

    Optional<Member> find(String memberId) {
        return Optional.ofNullable(members.get(memberId));
    }

    Optional<Member> findStatic(String instanceId) {
        return members.values().stream()
                .filter(member -> member.isStatic() && member.instanceId().equals(instanceId))
                .findFirst();
    }

    /** Says whether a request may speak for a member: NONE, FENCED_INSTANCE_ID or UNKNOWN_MEMBER_ID. */
    Errors check(String memberId, String instanceId) {
        if (!instanceId.isEmpty()) {
            Optional<Member> holder = findStatic(instanceId);
            if (holder.isPresent() && !holder.get().id().equals(memberId)) {
                return Errors.FENCED_INSTANCE_ID;
            }
            if (holder.isEmpty()) {
                return Errors.UNKNOWN_MEMBER_ID;
            }
        }
        return has(memberId) ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
    }

    /** Adds a member, or puts it in the place of its former self; the first one leads and says what the group is. */
    Roster with(String type, Member member) {
        Map<String, Member> changed = new LinkedHashMap<>(members);
        changed.put(member.id(), member);
        Set<String> stillInvited = new LinkedHashSet<>(invited);
        stillInvited.remove(member.id());
        return members.isEmpty()
                ? new Roster(type, changed, stillInvited, member.id())
                : new Roster(protocolType, changed, stillInvited, leader);
    }

    /** Puts the new process of a static member in the place of the old one, also as the leader. */
    Roster replacing(String oldId, Member member) {
        Map<String, Member> changed = new LinkedHashMap<>();
        members.forEach((id, old) -> {
            Member kept = id.equals(oldId) ? member : old;
            changed.put(kept.id(), kept);
        });
        return new Roster(protocolType, changed, invited, leader.equals(oldId) ? member.id() : leader);
    }

    /** Removes members; when the leader goes, the one that is there longest leads. */
    Roster without(Collection<String> memberIds) {
        Map<String, Member> changed = new LinkedHashMap<>(members);
        changed.keySet().removeAll(memberIds);
        String first = changed.isEmpty() ? "" : changed.keySet().iterator().next();
        return new Roster(protocolType, changed, invited, changed.containsKey(leader) ? leader : first);
    }

    Roster ledBy(String memberId) {
        return new Roster(protocolType, members, invited, memberId);
    }

    Roster inviting(String memberId) {
        Set<String> changed = new LinkedHashSet<>(invited);
        changed.add(memberId);
        return new Roster(protocolType, members, changed, leader);
    }

    Roster withdrawing(String memberId) {
        Set<String> changed = new LinkedHashSet<>(invited);
        changed.remove(memberId);
        return new Roster(protocolType, members, changed, leader);
    }

    Roster withoutInvited() {
        return new Roster(protocolType, members, Set.of(), leader);
    }

    /** Whether all members have a protocol in common with a newcomer, whose own former self does not count. */
    boolean canTake(String type, Member newcomer) {
        if (type.isEmpty() || newcomer.protocols().isEmpty()) {
            return false;
        }
        List<Member> others = members.values().stream()
                .filter(member -> !isFormerSelf(member, newcomer))
                .toList();
        if (!members.isEmpty() && !type.equals(protocolType)) {
            return false;
        }
        return newcomer.protocols().stream()
                .anyMatch(protocol -> others.stream().allMatch(other -> other.supports(protocol.name())));
    }

    /** The member whose place a newcomer would take: that of its id, or of its instance id. */
    Optional<Member> formerSelf(Member newcomer) {
        return members.values().stream()
                .filter(member -> isFormerSelf(member, newcomer))
                .findFirst();
    }

    private static boolean isFormerSelf(Member member, Member newcomer) {
        return member.id().equals(newcomer.id())
                || (newcomer.isStatic() && member.instanceId().equals(newcomer.instanceId()));
    }

    /** The protocol that most members prefer among those that all support; the first one named wins a tie. */
    String selectProtocol() {
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (Member voter : members.values()) {
            voter.protocols().stream()
                    .map(Member.Protocol::name)
                    .filter(this::isSupportedByAll)
                    .findFirst()
                    .ifPresent(choice -> votes.merge(choice, 1, Integer::sum));
        }
        int most = votes.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        return votes.entrySet().stream()
                .filter(entry -> entry.getValue() == most)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no protocol in common among " + protocolNames()));
    }

    private boolean isSupportedByAll(String protocol) {
        return members.values().stream().allMatch(member -> member.supports(protocol));
    }

    private Map<String, List<String>> protocolNames() {
        Map<String, List<String>> names = new HashMap<>();
        members.forEach((id, member) -> names.put(
                id, member.protocols().stream().map(Member.Protocol::name).toList()));
        return names;
    }

    /** The longest that any member allows for a rebalance. */
    int rebalanceTimeoutMs() {
        return members.values().stream()
                .mapToInt(Member::rebalanceTimeoutMs)
                .max()
                .orElse(0);
    }

    /** About as many bytes as the members take in the group's stored value, without their assignments. */
    long storedBytes() {
        return members.values().stream().mapToLong(Member::storedBytes).sum();
    }
}
