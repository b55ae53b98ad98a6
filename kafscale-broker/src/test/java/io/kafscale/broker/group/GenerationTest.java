// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static io.kafscale.broker.group.LoneGroup.error;
import static io.kafscale.broker.group.LoneGroup.member;
import static io.kafscale.broker.group.LoneGroup.now;
import static io.kafscale.broker.group.LoneGroup.syncError;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** A generation from its beginning to its end. */
final class GenerationTest {

    private final LoneGroup lone = new LoneGroup(Duration.ZERO, 3);

    @Test
    void assignmentsAreGivenOutWhenTheyAreStored() {
        String id = lone.completingAlone();
        Pending<SyncGroupResponseData> sync = lone.sync(id, 1, Map.of(id, "all"));
        assertThat(sync.poll()).isEmpty();
        assertThat(lone.state().label()).isEqualTo("CompletingRebalance");

        lone.decide(Errors.NONE);

        assertThat(LoneGroup.text(now(sync).assignment())).isEqualTo("all");
        assertThat(now(sync).protocolName()).isEqualTo("range");
        assertThat(now(sync).protocolType()).isEqualTo(LoneGroup.TYPE);
        assertThat(lone.state().label()).isEqualTo("Stable");
        assertThat(lone.durable()).get().satisfies(value -> {
            assertThat(value.getGeneration()).isEqualTo(1);
            assertThat(value.getMembers(0).getAssignment().toStringUtf8()).isEqualTo("all");
        });
    }

    @Test
    void assignmentsThatCannotBeStoredAreNotGivenOut() {
        String id = lone.completingAlone();
        Pending<SyncGroupResponseData> sync = lone.sync(id, 1, Map.of(id, "all"));

        lone.decide(Errors.COORDINATOR_NOT_AVAILABLE);

        assertThat(syncError(sync)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(now(lone.join(member(id))).generationId()).isEqualTo(2);
    }

    @Test
    void assignmentsOfAGenerationThatIsOverAreOfNoInterest() {
        String id = lone.completingAlone();
        Pending<SyncGroupResponseData> sync = lone.sync(id, 1, Map.of(id, "all"));
        Pending<JoinGroupResponseData> other = lone.join(member(""));
        assertThat(syncError(sync)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);

        lone.decide(Errors.NONE);

        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
        assertThat(other.poll()).isEmpty();
    }

    @Test
    void theDecisionOfAnOlderProposalIsNotTakenForThatOfANewerOne() {
        String id = lone.completingAlone();
        lone.sync(id, 1, Map.of(id, "old"));
        lone.join(member(id, "", Map.of("range", "changed")));
        Pending<SyncGroupResponseData> sync = lone.sync(id, 2, Map.of(id, "new"));

        lone.decide(Errors.NONE);
        assertThat(sync.poll()).isEmpty();
        assertThat(lone.state().label()).isEqualTo("CompletingRebalance");

        lone.decide(Errors.NONE);
        assertThat(LoneGroup.text(now(sync).assignment())).isEqualTo("new");
    }

    @Test
    void aMemberThatLostItsAnswerGetsItAgain() {
        String id = lone.completingAlone();

        JoinGroupResponseData again = now(lone.join(member(id)));

        assertThat(again.generationId()).isEqualTo(1);
        assertThat(again.members()).hasSize(1);
    }

    @Test
    void aMemberThatChangedItsMindBeginsANewGeneration() {
        String id = lone.completingAlone();

        assertThat(now(lone.join(member(id, "", Map.of("range", "changed")))).generationId())
                .isEqualTo(2);
    }

    @Test
    void aSyncOfTheOldGenerationDoesNotGetTheAssignmentOfTheNewOne() {
        String id = lone.completingAlone();
        Pending<SyncGroupResponseData> old = lone.sync(id, 1, Map.of(id, "old"));

        lone.join(member(id, "", Map.of("range", "changed")));

        assertThat(syncError(old)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
    }

    @Test
    void whoDoesNotSyncInTimeIsTakenForDead() {
        List<String> pair = lone.stablePair();
        lone.join(member(pair.get(1), "", Map.of("range", "changed")));
        now(lone.join(member(pair.get(0))));
        Pending<SyncGroupResponseData> leader = lone.sync(pair.get(0), 3, Map.of());
        lone.decideAll();
        assertThat(leader.poll()).isPresent();

        for (int i = 0; i < LoneGroup.REBALANCE_MS / 5000; i++) {
            lone.group().heartbeat(pair.get(0), "", 3);
            lone.group().heartbeat(pair.get(1), "", 3);
            lone.pass(Duration.ofSeconds(5));
        }

        assertThat(lone.state().roster().members()).containsOnlyKeys(pair.get(0));
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
    }

    @Test
    void aStoreThatStaysSilentHoldsNobodyLongerThanTheRebalanceTimeout() {
        String id = lone.completingAlone();
        Pending<SyncGroupResponseData> sync = lone.sync(id, 1, Map.of(id, "all"));

        lone.pass(Duration.ofMillis(LoneGroup.REBALANCE_MS));

        assertThat(syncError(sync)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
        lone.decide(Errors.NONE);
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
    }

    @Test
    void aProposalThatCannotBeQueuedIsRefusedAtOnce() {
        String id = lone.completingAlone();
        lone.queueAnswers(Errors.NOT_COORDINATOR);

        assertThat(syncError(lone.sync(id, 1, Map.of(id, "all")))).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
    }

    @Test
    void assignmentsTooLargeToStoreAreRefused() {
        String id = lone.completingAlone();

        Pending<SyncGroupResponseData> sync = lone.sync(id, 1, Map.of(id, "x".repeat(1024 * 1024)));

        assertThat(syncError(sync)).isEqualTo(Errors.GROUP_MAX_SIZE_REACHED);
        assertThat(lone.queue).isEmpty();
    }

    @Test
    void aMemberTooLargeToStoreIsRefused() {
        Member huge = member("", "", Map.of("range", "x".repeat(1024 * 1024)));

        assertThat(error(lone.join(huge))).isEqualTo(Errors.GROUP_MAX_SIZE_REACHED);
    }

    @Test
    void aSyncThatTakesTheGroupForSomethingElseIsRefused() {
        String id = lone.completingAlone();
        SyncGroupRequestData wrongType =
                new SyncGroupRequestData().setMemberId(id).setGenerationId(1).setProtocolType("connect");
        SyncGroupRequestData wrongName =
                new SyncGroupRequestData().setMemberId(id).setGenerationId(1).setProtocolName("sticky");

        assertThat(syncError(lone.group().sync(wrongType).answer())).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
        assertThat(syncError(lone.group().sync(wrongName).answer())).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
    }

    @Test
    void aFollowerThatJoinsAgainUnchangedIsToldThatNothingHasHappened() {
        List<String> pair = lone.stablePair();

        JoinGroupResponseData again = now(lone.join(member(pair.get(1))));

        assertThat(again.generationId()).isEqualTo(2);
        assertThat(again.members()).isEmpty();
        assertThat(lone.state().label()).isEqualTo("Stable");
        assertThat(LoneGroup.text(now(lone.sync(pair.get(1), 2, Map.of())).assignment()))
                .isEqualTo("two");
    }

    @Test
    void aLeaderThatJoinsAgainWantsToAssignAnew() {
        List<String> pair = lone.stablePair();

        assertThat(lone.join(member(pair.get(0))).poll()).isEmpty();
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
    }

    @Test
    void aMemberThatIsSilentForASessionIsTakenForDead() {
        List<String> pair = lone.stablePair();
        lone.pass(Duration.ofMillis(LoneGroup.SESSION_MS - 1));
        lone.group().heartbeat(pair.get(1), "", 2);

        lone.pass(Duration.ofMillis(1));

        assertThat(lone.state().roster().members()).containsOnlyKeys(pair.get(1));
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
    }

    @Test
    void commitsAreSignsOfLife() {
        List<String> pair = lone.stablePair();
        lone.pass(Duration.ofMillis(LoneGroup.SESSION_MS - 1));
        lone.group().heartbeat(pair.get(0), "", 2);
        assertThat(lone.group().commit(pair.get(1), "", 2, List.of())).isEqualTo(Errors.NONE);

        lone.pass(Duration.ofMillis(1));

        assertThat(lone.state().label()).isEqualTo("Stable");
    }

    @Test
    void theLastOneOutLeavesAnEmptyGroupThatIsStored() {
        String id = lone.stableAlone();

        assertThat(lone.group().leave(id, "")).isEqualTo(Errors.NONE);
        lone.decideAll();

        assertThat(lone.state()).isInstanceOf(GroupState.Empty.class);
        assertThat(lone.durable()).get().satisfies(value -> {
            assertThat(value.getMembersCount()).isZero();
            assertThat(value.getGeneration()).isEqualTo(2);
        });
        assertThat(lone.isForgotten()).isFalse();
    }

    @Test
    void anAlarmIsSetForTheNextThingToHappen() {
        String id = lone.stableAlone();
        lone.pass(Duration.ofMillis(LoneGroup.SESSION_MS));

        assertThat(lone.state()).isInstanceOf(GroupState.Empty.class);
        assertThat(lone.group().heartbeat(id, "", 1)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }
}
