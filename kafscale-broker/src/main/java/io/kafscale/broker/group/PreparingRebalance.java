// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * Waiting for members to join.
 *
 * @param generation the last one that was agreed on
 * @param joined ids of those that have
 */
record PreparingRebalance(int generation, Roster roster, Set<String> joined, Window window) implements GroupState {

    /**
     * How long members are waited for. Immutable.
     *
     * @param closes when it is over
     * @param latest how far it may be extended
     * @param gathering it stays open to the end, for members that are not known yet; each that comes extends it
     */
    record Window(Deadline closes, Deadline latest, boolean gathering) {

        static Window gathering(long nowNanos, long delayMillis, int rebalanceTimeoutMs) {
            Deadline latest = Moments.in(nowNanos, rebalanceTimeoutMs);
            return new Window(Moments.in(nowNanos, delayMillis).orSooner(latest), latest, true);
        }

        static Window rejoining(long nowNanos, int rebalanceTimeoutMs) {
            Deadline latest = Moments.in(nowNanos, rebalanceTimeoutMs);
            return new Window(latest, latest, false);
        }

        Window extended(long nowNanos, long delayMillis) {
            return gathering ? new Window(Moments.in(nowNanos, delayMillis).orSooner(latest), latest, true) : this;
        }
    }

    PreparingRebalance {
        if (!roster.members().keySet().containsAll(joined)) {
            throw new IllegalArgumentException(
                    joined + " joined a group of " + roster.members().keySet());
        }
    }

    @Override
    public String label() {
        return "PreparingRebalance";
    }

    @Override
    public Deadline due() {
        return window.closes();
    }

    @Override
    public PreparingRebalance inviting(String memberId) {
        return new PreparingRebalance(generation, roster.inviting(memberId), joined, window);
    }

    @Override
    public PreparingRebalance withdrawing(String memberId) {
        return new PreparingRebalance(generation, roster.withdrawing(memberId), joined, window);
    }

    @Override
    public Errors heartbeat(String memberId, String instanceId, int memberGeneration) {
        Errors error = GroupState.checkGeneration(this, memberId, instanceId, memberGeneration);
        return error == Errors.NONE ? Errors.REBALANCE_IN_PROGRESS : error;
    }

    @Override
    public Errors commit(String memberId, String instanceId, int memberGeneration) {
        return GroupState.checkCommit(this, memberId, instanceId, memberGeneration);
    }

    @Override
    public Errors sync(String memberId, String instanceId, int memberGeneration) {
        Errors error = GroupState.checkGeneration(this, memberId, instanceId, memberGeneration);
        return error == Errors.NONE ? Errors.REBALANCE_IN_PROGRESS : error;
    }

    /** A member joined, for the first time or again. */
    PreparingRebalance joined(String protocolType, Member member, long nowNanos, long delayMillis) {
        Window after = roster.has(member.id()) ? window : window.extended(nowNanos, delayMillis);
        return new PreparingRebalance(
                generation, roster.with(protocolType, member), GroupState.with(joined, member.id()), after);
    }

    /** The new process of a static member joined. */
    PreparingRebalance replaced(String oldId, Member member) {
        Set<String> others = GroupState.without(joined, Set.of(oldId));
        return new PreparingRebalance(
                generation, roster.replacing(oldId, member), GroupState.with(others, member.id()), window);
    }

    PreparingRebalance lost(Collection<String> memberIds) {
        return new PreparingRebalance(
                generation, roster.without(memberIds), GroupState.without(joined, memberIds), window);
    }

    boolean isComplete(long nowNanos) {
        boolean everybodyJoined =
                joined.size() == roster.members().size() && roster.invited().isEmpty();
        return (everybodyJoined && !window.gathering()) || Moments.isOver(window.closes(), nowNanos);
    }

    /**
     * Goes on with those that joined. A static member that did not keeps its place until its session ends; when
     * there are only such members, they are waited for once more.
     */
    GroupState closed(long nowNanos) {
        Set<String> late = new LinkedHashSet<>();
        roster.members().forEach((id, member) -> {
            if (!joined.contains(id) && !member.isStatic()) {
                late.add(id);
            }
        });
        Roster rest = roster.without(late);
        if (rest.isEmpty()) {
            return new GroupState.Empty(generation + 1, rest);
        }
        if (joined.isEmpty()) {
            return new PreparingRebalance(
                    generation, rest, joined, Window.rejoining(nowNanos, rest.rebalanceTimeoutMs()));
        }
        Roster led = joined.contains(rest.leader()) ? rest : rest.ledBy(firstJoined(rest));
        return new Formed.CompletingRebalance(
                generation + 1,
                led,
                led.selectProtocol(),
                Collections.unmodifiableSet(new LinkedHashSet<>(led.members().keySet())),
                Moments.in(nowNanos, led.rebalanceTimeoutMs()),
                Map.of(),
                false);
    }

    private String firstJoined(Roster rest) {
        return rest.members().keySet().stream()
                .filter(joined::contains)
                .findFirst()
                .orElseThrow();
    }
}
