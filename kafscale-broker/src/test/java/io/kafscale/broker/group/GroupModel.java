// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.CommittedOffset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * A few clients of one group, and what they and the store must see. Two of them are static. Confined to one thread.
 */
final class GroupModel {

    private static final Topic TOPIC = new Topic(new UUID(7, 7), "t", 3, Map.of());

    /** Shorter than a session, so that static members that come too late are still members. */
    private static final int REBALANCE_MS = LoneGroup.SESSION_MS / 2;

    private final LoneGroup lone = new LoneGroup(Duration.ofMillis(500), 4);
    private final List<Client> clients = new ArrayList<>();
    private final Map<Integer, String> leaders = new HashMap<>();
    private final Map<Integer, String> givers = new HashMap<>();
    private final Deque<Accepted> undecided = new ArrayDeque<>();
    private final Map<Integer, Long> offsets = new HashMap<>();
    private int highestGeneration;
    private int highestDurable;
    private int mostTogether;

    /** A commit that the group took and the store has not decided. */
    private record Accepted(int partition, long offset, int generation, Pending<Errors> outcome) {}

    /** What one client believes. */
    private static final class Client {
        private final String instanceId;
        private String id = "";
        private int generation = -1;
        private String leader = "";
        private List<String> others = List.of();
        private Pending<JoinGroupResponseData> join = Pending.completed(new JoinGroupResponseData());
        private Pending<SyncGroupResponseData> sync = Pending.completed(new SyncGroupResponseData());
        private boolean joinTaken = true;
        private boolean syncTaken = true;
        private int syncedGeneration = -1;
        private boolean mustJoin = true;
        private boolean mustSync;

        private Client(String instanceId) {
            this.instanceId = instanceId;
        }

        private boolean waits() {
            return join.poll().isEmpty() || sync.poll().isEmpty();
        }
    }

    GroupModel() {
        for (String instanceId : List.of("", "", "", "one", "two")) {
            clients.add(new Client(instanceId));
        }
    }

    // ---- what happens ----

    void join(int number, String metadata) {
        Client client = clients.get(number);
        boolean isIn = lone.state().roster().has(client.id);
        client.join = lone.join(member(client, metadata), 9);
        client.joinTaken = false;
        if (isIn) {
            assertThat(client.join.poll().map(answer -> Errors.forCode(answer.errorCode())))
                    .as("a member that joins again")
                    .isNotEqualTo(Optional.of(Errors.UNKNOWN_MEMBER_ID));
        }
        takeAnswers();
    }

    private static Member member(Client client, String metadata) {
        Member patient = LoneGroup.member(client.id, client.instanceId, Map.of("range", metadata));
        return new Member(
                patient.id(),
                patient.instanceId(),
                patient.clientId(),
                patient.clientHost(),
                patient.sessionTimeoutMs(),
                REBALANCE_MS,
                patient.protocols());
    }

    void sync(int number) {
        Client client = clients.get(number);
        Map<String, String> assignments = new HashMap<>();
        if (!client.id.isEmpty() && client.leader.equals(client.id)) {
            client.others.forEach(
                    other -> assignments.put(other, other + " in " + client.generation + " by " + client.id));
        }
        client.sync = lone.sync(client.id, client.generation, assignments);
        client.syncedGeneration = client.generation;
        client.syncTaken = false;
        takeAnswers();
    }

    void heartbeat(int number) {
        Client client = clients.get(number);
        GroupState before = lone.state();
        Errors answer = lone.group().heartbeat(client.id, client.instanceId, client.generation);
        if (answer == Errors.NONE || answer == Errors.REBALANCE_IN_PROGRESS) {
            assertThat(before.roster().has(client.id)).isTrue();
            assertThat(before.generation()).isEqualTo(client.generation);
        }
        client.mustJoin = answer != Errors.NONE;
        forgetIf(client, answer);
    }

    private static void forgetIf(Client client, Errors answer) {
        if (answer == Errors.UNKNOWN_MEMBER_ID || answer == Errors.FENCED_INSTANCE_ID) {
            client.id = "";
            client.generation = -1;
        }
    }

    /** What a well-behaved client does next. */
    void goOn(int number) {
        Client client = clients.get(number);
        if (client.waits()) {
            return;
        }
        if (client.mustJoin) {
            join(number, "same");
        } else if (client.mustSync) {
            sync(number);
        } else {
            heartbeat(number);
        }
    }

    /** All clients go on, which takes them a second. */
    void allGoOn() {
        for (int number = 0; number < clients.size(); number++) {
            goOn(number);
        }
        pass(Duration.ofSeconds(1));
    }

    void leave(int number) {
        Client client = clients.get(number);
        if (lone.group().leave(client.id, client.instanceId) == Errors.NONE) {
            assertThat(lone.state().roster().has(client.id)).isFalse();
        }
        takeAnswers();
    }

    void commit(int number, int value) {
        Client client = clients.get(number);
        commit(client.id, client.instanceId, client.generation, value);
    }

    void commitAsNobody(int value) {
        commit("", "", -1, value);
    }

    private void commit(String memberId, String instanceId, int generation, int value) {
        int partition = value % TOPIC.partitions();
        CommittedOffset offset = CommittedOffset.newBuilder().setOffset(value).build();
        ShardWrite.PutOffsets write = new ShardWrite.PutOffsets(
                lone.stored(),
                OffsetBlock.Key.of(TOPIC.name(), partition),
                TOPIC.id(),
                Map.of(partition, offset),
                new Pending<>());
        GroupState before = lone.state();
        if (lone.group().commit(memberId, instanceId, generation, List.of(write)) != Errors.NONE) {
            return;
        }
        boolean byMember = before.roster().has(memberId)
                && before.generation() == generation
                && !(before instanceof Formed.CompletingRebalance);
        boolean byNobody = before instanceof GroupState.Empty && generation < 0;
        assertThat(byMember || byNobody).isTrue();
        undecided.add(new Accepted(partition, value, before.generation(), write.outcome()));
    }

    /** The client forgets everything and begins again; what it waited for is of no interest to it. */
    void newProcess(int number) {
        clients.set(number, new Client(clients.get(number).instanceId));
    }

    void pass(Duration duration) {
        lone.pass(duration);
        takeAnswers();
    }

    void decide(Errors outcome) {
        if (!lone.queue.isEmpty()) {
            lone.decide(outcome);
            takeDecisions();
            takeAnswers();
        }
    }

    void decideAll() {
        while (!lone.queue.isEmpty()) {
            decide(Errors.NONE);
        }
    }

    /** What was not decided is lost; generations that were never stored may come again. */
    void restart() {
        undecided.clear();
        lone.restart();
        highestGeneration = lone.state().generation();
        assertThat(highestGeneration).isGreaterThanOrEqualTo(highestDurable);
        leaders.keySet().removeIf(generation -> generation > highestGeneration);
        givers.keySet().removeIf(generation -> generation > highestGeneration);
        takeAnswers();
    }

    /** Lets everything that was begun come to its end. */
    void finish() {
        for (int i = 0; i < 10; i++) {
            decideAll();
            pass(Duration.ofMinutes(5));
            check();
        }
    }

    long waiting() {
        return clients.stream().filter(Client::waits).count();
    }

    /** The most members that a stable generation has had. */
    int mostTogether() {
        return mostTogether;
    }

    int generations() {
        return highestGeneration;
    }

    // ---- what must be so ----

    private void takeDecisions() {
        while (!undecided.isEmpty() && undecided.element().outcome().poll().isPresent()) {
            Accepted decided = undecided.remove();
            if (LoneGroup.now(decided.outcome()) == Errors.NONE) {
                offsets.put(decided.partition(), decided.offset());
            }
        }
        undecided.forEach(later -> assertThat(later.outcome().poll()).isEmpty());
    }

    private void takeAnswers() {
        for (Client client : clients) {
            if (!client.joinTaken && client.join.poll().isPresent()) {
                client.joinTaken = true;
                joined(client, LoneGroup.now(client.join));
            }
        }
        for (Client client : clients) {
            if (!client.syncTaken && client.sync.poll().isPresent()) {
                client.syncTaken = true;
                synced(client, LoneGroup.now(client.sync));
            }
        }
    }

    private void joined(Client client, JoinGroupResponseData answer) {
        Errors error = Errors.forCode(answer.errorCode());
        if (error == Errors.MEMBER_ID_REQUIRED) {
            client.id = answer.memberId();
        }
        forgetIf(client, error);
        client.mustJoin = error != Errors.NONE;
        client.mustSync = error == Errors.NONE;
        if (error != Errors.NONE) {
            return;
        }
        client.id = answer.memberId();
        client.generation = answer.generationId();
        client.leader = answer.skipAssignment() ? "nobody" : answer.leader();
        client.others =
                answer.members().stream().map(JoinGroupResponseMember::memberId).toList();
        String leader = identity(answer.leader());
        assertThat(leaders.computeIfAbsent(answer.generationId(), generation -> leader))
                .as("leader of generation %d", answer.generationId())
                .isEqualTo(leader);
        if (!answer.members().isEmpty()) {
            assertThat(answer.leader()).isEqualTo(client.id);
            assertThat(client.others).contains(client.id).doesNotHaveDuplicates();
        }
    }

    /** A static member is the same whatever id its process has. */
    private static String identity(String memberId) {
        return memberId.startsWith("client-") ? memberId : memberId.substring(0, memberId.indexOf('-'));
    }

    private void synced(Client client, SyncGroupResponseData answer) {
        Errors error = Errors.forCode(answer.errorCode());
        forgetIf(client, error);
        client.mustJoin = error != Errors.NONE;
        client.mustSync = false;
        if (error != Errors.NONE) {
            return;
        }
        int generation = client.syncedGeneration;
        String text = new String(answer.assignment(), StandardCharsets.UTF_8);
        assertThat(text).contains(" in " + generation + " by ");
        String giver = text.substring(text.indexOf(" by ") + 4);
        assertThat(givers.computeIfAbsent(generation, key -> giver))
                .as("who gave assignments in generation %d", generation)
                .isEqualTo(giver);
        assertThat(identity(giver)).isEqualTo(leaders.getOrDefault(generation, identity(giver)));
        assertThat(identity(text.substring(0, text.indexOf(" in ")))).isEqualTo(identity(client.id));
        assertThat(undecided)
                .allSatisfy(commit -> assertThat(commit.generation())
                        .as("commits of generations before %d are decided", generation)
                        .isGreaterThanOrEqualTo(generation));
    }

    void check() {
        GroupState state = lone.state();
        assertThat(state.generation()).isGreaterThanOrEqualTo(highestGeneration);
        highestGeneration = state.generation();
        lone.durable().ifPresent(value -> {
            assertThat(value.getGeneration()).isGreaterThanOrEqualTo(highestDurable);
            highestDurable = value.getGeneration();
        });
        for (int partition = 0; partition < TOPIC.partitions(); partition++) {
            assertThat(lone.stored()
                            .offset(TOPIC, partition)
                            .map(CommittedOffset::getOffset)
                            .orElse(-1L))
                    .as("offset of partition %d", partition)
                    .isEqualTo(offsets.getOrDefault(partition, -1L));
        }
        if (state instanceof Formed.Stable stable) {
            assertThat(lone.durable()).as("a stable generation is stored").isPresent();
            assertThat(highestDurable).isEqualTo(stable.generation());
            mostTogether = Math.max(mostTogether, stable.roster().members().size());
        }
    }
}
