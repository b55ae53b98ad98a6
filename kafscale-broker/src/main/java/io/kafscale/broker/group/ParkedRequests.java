// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Pending;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The requests of a group that wait for its next step, at most one of a kind for each member: a newer one sends the
 * older one away. Confined to the lock of its group.
 */
final class ParkedRequests {

    private final Map<String, Pending<JoinGroupResponseData>> joins = new HashMap<>();
    private final Map<String, Pending<JoinGroupResponseData>> takeovers = new HashMap<>();
    private final Map<String, ParkedSync> syncs = new HashMap<>();

    /** A sync with the generation that it is for. Immutable. */
    record ParkedSync(int generation, Pending<SyncGroupResponseData> answer) {}

    /** A member waits for the generation that it joins. */
    Pending<JoinGroupResponseData> join(String memberId) {
        return park(joins, memberId);
    }

    /** A static member waits until it is stored that it took its place over. */
    Pending<JoinGroupResponseData> takeover(String memberId) {
        return park(takeovers, memberId);
    }

    private static Pending<JoinGroupResponseData> park(
            Map<String, Pending<JoinGroupResponseData>> kind, String memberId) {
        Pending<JoinGroupResponseData> answer = new Pending<>();
        Optional.ofNullable(kind.put(memberId, answer))
                .ifPresent(older -> refuse(older, Errors.REBALANCE_IN_PROGRESS, memberId));
        return answer;
    }

    /** A member waits for its assignment. */
    Pending<SyncGroupResponseData> sync(String memberId, int generation) {
        Pending<SyncGroupResponseData> answer = new Pending<>();
        Optional.ofNullable(syncs.put(memberId, new ParkedSync(generation, answer)))
                .ifPresent(older -> refuse(older.answer(), Errors.REBALANCE_IN_PROGRESS));
        return answer;
    }

    boolean waits(String memberId) {
        return joins.containsKey(memberId) || syncs.containsKey(memberId);
    }

    boolean isEmpty() {
        return joins.isEmpty() && takeovers.isEmpty() && syncs.isEmpty();
    }

    /**
     * Answers joins as far as there is something to say.
     *
     * @param answers what a member is told, if it need not wait on
     * @return ids of those that were answered
     */
    List<String> answerJoins(Function<String, Optional<JoinGroupResponseData>> answers) {
        List<String> answered = new ArrayList<>();
        Iterator<Map.Entry<String, Pending<JoinGroupResponseData>>> all =
                joins.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<String, Pending<JoinGroupResponseData>> parked = all.next();
            answers.apply(parked.getKey()).ifPresent(answer -> {
                parked.getValue().complete(answer);
                answered.add(parked.getKey());
                all.remove();
            });
        }
        return answered;
    }

    /** Answers syncs as {@link #answerJoins} does joins; what a member is told depends on its generation. */
    List<String> answerSyncs(BiFunction<String, Integer, Optional<SyncGroupResponseData>> answers) {
        List<String> answered = new ArrayList<>();
        Iterator<Map.Entry<String, ParkedSync>> all = syncs.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<String, ParkedSync> parked = all.next();
            answers.apply(parked.getKey(), parked.getValue().generation()).ifPresent(answer -> {
                parked.getValue().answer().complete(answer);
                answered.add(parked.getKey());
                all.remove();
            });
        }
        return answered;
    }

    /** Answers a take-over that waits, if the member still does. */
    void answerTakeover(String memberId, JoinGroupResponseData answer) {
        Optional.ofNullable(takeovers.remove(memberId)).ifPresent(waiting -> waiting.complete(answer));
    }

    /** Sends away whatever a member waits for. */
    void refuse(String memberId, Errors error) {
        Optional.ofNullable(joins.remove(memberId)).ifPresent(waiting -> refuse(waiting, error, memberId));
        Optional.ofNullable(takeovers.remove(memberId)).ifPresent(waiting -> refuse(waiting, error, memberId));
        Optional.ofNullable(syncs.remove(memberId)).ifPresent(waiting -> refuse(waiting.answer(), error));
    }

    /** Sends everybody away. */
    void refuseAll(Errors error) {
        joins.forEach((id, waiting) -> refuse(waiting, error, id));
        takeovers.forEach((id, waiting) -> refuse(waiting, error, id));
        syncs.values().forEach(waiting -> refuse(waiting.answer(), error));
        joins.clear();
        takeovers.clear();
        syncs.clear();
    }

    /**
     * Forgets a request whose caller gave up.
     *
     * @return the member that made it
     */
    Optional<String> withdraw(Pending<?> answer) {
        Optional<String> memberId = find(joins, answer).or(() -> find(takeovers, answer));
        memberId.ifPresent(id -> {
            joins.remove(id, answer);
            takeovers.remove(id, answer);
        });
        return memberId.or(() -> withdrawSync(answer));
    }

    private static Optional<String> find(Map<String, Pending<JoinGroupResponseData>> kind, Pending<?> answer) {
        return kind.entrySet().stream()
                .filter(entry -> entry.getValue().equals(answer))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    private Optional<String> withdrawSync(Pending<?> answer) {
        Optional<String> memberId = syncs.entrySet().stream()
                .filter(entry -> entry.getValue().answer().equals(answer))
                .map(Map.Entry::getKey)
                .findFirst();
        memberId.ifPresent(syncs::remove);
        return memberId;
    }

    private static void refuse(Pending<JoinGroupResponseData> waiting, Errors error, String memberId) {
        waiting.complete(GroupAnswers.refusedJoin(error, memberId));
    }

    private static void refuse(Pending<SyncGroupResponseData> waiting, Errors error) {
        waiting.complete(GroupAnswers.refusedSync(error));
    }
}
