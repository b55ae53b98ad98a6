// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static io.kafscale.broker.group.LoneGroup.error;
import static io.kafscale.broker.group.LoneGroup.member;
import static io.kafscale.broker.group.LoneGroup.now;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Members that join and leave, and what becomes of a group without members. */
final class JoiningTest {

    private final LoneGroup lone = new LoneGroup(Duration.ZERO, 3);

    @Test
    void aNewMemberOfAnEmptyGroupLeadsGenerationOne() {
        JoinGroupResponseData answer = now(lone.join(member("")));

        assertThat(answer.errorCode()).isZero();
        assertThat(answer.memberId()).startsWith("client-");
        assertThat(answer.leader()).isEqualTo(answer.memberId());
        assertThat(answer.generationId()).isEqualTo(1);
        assertThat(answer.protocolName()).isEqualTo("range");
        assertThat(answer.protocolType()).isEqualTo(LoneGroup.TYPE);
        assertThat(answer.members()).hasSize(1);
        assertThat(LoneGroup.text(answer.members().get(0).metadata())).isEqualTo("topics");
        assertThat(lone.state().label()).isEqualTo("CompletingRebalance");
    }

    @Test
    void fromVersionFourOnANewMemberLearnsItsIdFirst() {
        Pending<JoinGroupResponseData> first = lone.join(member(""), 4);
        String id = now(first).memberId();

        assertThat(error(first)).isEqualTo(Errors.MEMBER_ID_REQUIRED);
        assertThat(lone.state().label()).isEqualTo("Empty");
        assertThat(error(lone.join(member(id), 4))).isEqualTo(Errors.NONE);
    }

    @Test
    void anIdThatWasNotGivenOutIsUnknown() {
        lone.join(member(""), 4);

        assertThat(error(lone.join(member("made up"), 4))).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @Test
    void anInvitationEndsWithTheSession() {
        String id = now(lone.join(member(""), 4)).memberId();

        lone.pass(Duration.ofMillis(LoneGroup.SESSION_MS));

        assertThat(lone.isForgotten()).isTrue();
        assertThat(error(lone.join(member(id), 4))).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    }

    @Test
    void anInvitedMemberMayLeave() {
        String id = now(lone.join(member(""), 4)).memberId();

        assertThat(lone.group().leave(id, "")).isEqualTo(Errors.NONE);
        assertThat(lone.isForgotten()).isTrue();
    }

    @Test
    void aMemberThatJoinsAgainTakesItsRoomOnce() {
        Map<String, String> large = Map.of("range", "m".repeat(520 * 1024));
        String id = now(lone.join(member("", "", large))).memberId();

        assertThat(error(lone.join(member(id, "", large)))).isEqualTo(Errors.NONE);
    }

    @Test
    void aStaticMemberThatComesBackTakesItsRoomOnce() {
        Map<String, String> large = Map.of("range", "m".repeat(520 * 1024));
        lone.join(member("", "instance", large));

        assertThat(error(lone.join(member("", "instance", large)))).isEqualTo(Errors.NONE);
    }

    @Test
    void aCommitThatCouldNotBeStoredLeavesNoGroup() {
        lone.commit("t");

        lone.decide(Errors.COORDINATOR_NOT_AVAILABLE);

        assertThat(lone.isForgotten()).isTrue();
    }

    @Test
    void aMemberWithoutAProtocolIsRefusedAndLeavesNoTrace() {
        Member nothing = member("", "", Map.of());

        assertThat(error(lone.join(nothing))).isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
        assertThat(lone.isForgotten()).isTrue();
    }

    @Test
    void nobodyCanLeaveAnEmptyGroup() {
        lone.join(member(""), 4);

        assertThat(lone.group().leave("x", "")).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(lone.group().leave("", "instance")).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(lone.group().leave("", "")).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @Test
    void aSecondMemberWaitsUntilTheFirstJoinsAgain() {
        String first = lone.stableAlone();

        Pending<JoinGroupResponseData> second = lone.join(member(""));
        assertThat(second.poll()).isEmpty();
        assertThat(lone.state().label()).isEqualTo("PreparingRebalance");
        assertThat(lone.group().heartbeat(first, "", 1)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);

        JoinGroupResponseData again = now(lone.join(member(first)));
        assertThat(again.generationId()).isEqualTo(2);
        assertThat(again.leader()).isEqualTo(first);
        assertThat(again.members()).hasSize(2);
        assertThat(now(second).members()).isEmpty();
        assertThat(now(second).leader()).isEqualTo(first);
    }

    @Test
    void aNewerJoinOfTheSameMemberSendsTheOlderOneAway() {
        String first = lone.stableAlone();
        lone.join(member(""));
        Pending<JoinGroupResponseData> third = lone.join(member(""));
        Pending<JoinGroupResponseData> waiting = lone.join(member(first));
        assertThat(waiting.poll()).isPresent();
        String late = now(third).memberId();

        lone.join(member("")); // full: refused
        Pending<JoinGroupResponseData> one = lone.join(member(late, "", Map.of("range", "changed")));
        Pending<JoinGroupResponseData> two = lone.join(member(late, "", Map.of("range", "changed")));

        assertThat(error(one)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        assertThat(two.poll()).isEmpty();
    }

    @Test
    void aFullGroupTakesNobodyElse() {
        List<String> pair = lone.stablePair();
        lone.join(member(""));

        assertThat(error(lone.join(member("")))).isEqualTo(Errors.GROUP_MAX_SIZE_REACHED);
        assertThat(lone.join(member(pair.get(0))).poll()).isEmpty();
    }

    @Test
    void aMemberThatDoesNotJoinInTimeIsLeftBehind() {
        String first = lone.stableAlone();
        Pending<JoinGroupResponseData> second = lone.join(member(""));

        keepAlive(first, Duration.ofMillis(LoneGroup.REBALANCE_MS));

        assertThat(now(second).generationId()).isEqualTo(2);
        assertThat(now(second).leader()).isEqualTo(now(second).memberId());
        assertThat(lone.group().heartbeat(first, "", 1)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    /** Heartbeats every three seconds, without joining again. */
    private void keepAlive(String id, Duration time) {
        for (int i = 0; i < time.toSeconds() / 3; i++) {
            lone.pass(Duration.ofSeconds(3));
            lone.group().heartbeat(id, "", 1);
        }
        lone.pass(Duration.ofSeconds(3));
    }

    @Test
    void aWaitingMemberNeedsNoHeartbeats() {
        String first = lone.stableAlone();
        Pending<JoinGroupResponseData> second = lone.join(member(""));

        keepAlive(first, Duration.ofMillis(3 * LoneGroup.SESSION_MS));
        assertThat(second.poll()).isEmpty();

        assertThat(now(lone.join(member(first))).members()).hasSize(2);
    }

    @Test
    void whoLeavesWhileOthersWaitIsNotWaitedFor() {
        String first = lone.stableAlone();
        Pending<JoinGroupResponseData> second = lone.join(member(""));

        assertThat(lone.group().leave(first, "")).isEqualTo(Errors.NONE);

        assertThat(now(second).members()).hasSize(1);
    }

    @Test
    void anInvitationHoldsTheRebalanceUpUntilItIsUsedOrEnds() {
        String first = lone.stableAlone();
        lone.join(member(""), 4);
        Pending<JoinGroupResponseData> changed = lone.join(member(first, "", Map.of("range", "changed")), 4);
        assertThat(changed.poll()).isEmpty();

        lone.pass(Duration.ofMillis(LoneGroup.SESSION_MS));

        assertThat(now(changed).generationId()).isEqualTo(2);
    }

    @Test
    void aJoinWhoseCallerGaveUpCountsUntilTheSessionEnds() {
        String first = lone.stableAlone();
        Pending<JoinGroupResponseData> second = lone.join(member(""));

        lone.group().withdraw(second);
        now(lone.join(member(first)));
        assertThat(lone.state().roster().members()).hasSize(2);

        lone.pass(Duration.ofMillis(LoneGroup.SESSION_MS - 1));
        assertThat(second.poll()).isEmpty();
        lone.pass(Duration.ofMillis(1));
        assertThat(lone.state().roster().members()).hasSizeLessThan(2);
    }

    @Test
    void aGroupThatIsBeingDeletedAcceptsNothingAndComesBackIfItFails() {
        String id = lone.stableAlone();
        assertThat(now(lone.group().delete().answer())).isEqualTo(Errors.NON_EMPTY_GROUP);
        lone.group().leave(id, "");
        lone.decideAll();

        Pending<Errors> deletion = lone.group().delete().answer();
        assertThat(deletion.poll()).isEmpty();
        assertThat(error(lone.join(member("")))).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(lone.group().leave(id, "")).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(lone.group().commit("", "", -1, List.of())).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(now(lone.group().delete().answer())).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);

        lone.decide(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(now(deletion)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(now(lone.join(member(""))).generationId()).isEqualTo(3);
    }

    @Test
    void aDeletedGroupIsForgotten() {
        String id = lone.stableAlone();
        lone.group().leave(id, "");
        lone.decideAll();

        Pending<Errors> deletion = lone.group().delete().answer();
        lone.decideAll();

        assertThat(now(deletion)).isEqualTo(Errors.NONE);
        assertThat(lone.isForgotten()).isTrue();
        assertThat(lone.durable()).isEqualTo(Optional.empty());
    }

    @Test
    void whoeverWaitsIsSentAwayWhenTheShardGoes() {
        String first = lone.stableAlone();
        Pending<JoinGroupResponseData> second = lone.join(member(""));

        lone.group().abandon(Errors.NOT_COORDINATOR);

        assertThat(error(second)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(lone.group().heartbeat(first, "", 1)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    }
}
