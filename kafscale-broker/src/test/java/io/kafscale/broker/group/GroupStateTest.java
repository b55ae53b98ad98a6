// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.group.Formed.CompletingRebalance;
import io.kafscale.broker.group.Formed.Stable;
import io.kafscale.broker.group.GroupState.Dead;
import io.kafscale.broker.group.GroupState.Empty;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What each state answers to each request that changes nothing, and where each transition leads. */
final class GroupStateTest {

    private static final long NOW = 5_000_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final int GENERATION = 7;

    /** Members a and b are dynamic, s is static with instance i; a leads. */
    private static Roster roster() {
        return Roster.EMPTY
                .with(LoneGroup.TYPE, LoneGroup.member("a"))
                .with(LoneGroup.TYPE, LoneGroup.member("b"))
                .with(LoneGroup.TYPE, LoneGroup.staticMember("s", "i"));
    }

    private static PreparingRebalance preparing() {
        return new PreparingRebalance(
                GENERATION, roster(), Set.of(), PreparingRebalance.Window.rejoining(NOW, LoneGroup.REBALANCE_MS));
    }

    private static CompletingRebalance completing() {
        PreparingRebalance preparing = new PreparingRebalance(
                GENERATION - 1,
                roster(),
                Set.of("a", "b", "s"),
                PreparingRebalance.Window.rejoining(NOW, LoneGroup.REBALANCE_MS));
        return (CompletingRebalance) preparing.closed(NOW);
    }

    private static Stable stable() {
        return completing()
                .proposed(Map.of("a", ByteString.copyFromUtf8("for a"), "b", ByteString.copyFromUtf8("for b")))
                .stored();
    }

    private static GroupState state(String label) {
        return switch (label) {
            case "Empty" -> new Empty(GENERATION, Roster.EMPTY);
            case "PreparingRebalance" -> preparing();
            case "CompletingRebalance" -> completing();
            case "Stable" -> stable();
            default -> new Empty(GENERATION, Roster.EMPTY).deleted();
        };
    }

    /** Who asks: member id, instance id, generation. */
    enum Asker {
        CURRENT("a", "", GENERATION),
        OLD("a", "", GENERATION - 1),
        AHEAD("a", "", GENERATION + 1),
        STRANGER("x", "", GENERATION),
        STATIC("s", "i", GENERATION),
        FENCED("old-s", "i", GENERATION),
        STATIC_STRANGER("s", "j", GENERATION),
        NOBODY("", "", -1),
        NOBODY_WITH_GENERATION("", "", GENERATION),
        MEMBER_WITHOUT_GENERATION("a", "", -1);

        private final String memberId;
        private final String instanceId;
        private final int generation;

        Asker(String memberId, String instanceId, int generation) {
            this.memberId = memberId;
            this.instanceId = instanceId;
            this.generation = generation;
        }
    }

    private static Arguments row(String state, Asker asker, Errors heartbeat, Errors sync, Errors commit) {
        return Arguments.of(state, asker, heartbeat, sync, commit);
    }

    static Stream<Arguments> everyPair() {
        return Stream.of(everyPairOfEmptyAndDead(), everyPairOfRebalances(), everyPairOfStable())
                .flatMap(rows -> rows);
    }

    private static Stream<Arguments> everyPairOfEmptyAndDead() {
        Errors unknown = Errors.UNKNOWN_MEMBER_ID;
        Errors unavailable = Errors.COORDINATOR_NOT_AVAILABLE;
        Stream<Arguments> empty = Stream.of(Asker.values())
                .map(asker -> row("Empty", asker, unknown, unknown, asker.generation < 0 ? Errors.NONE : unknown));
        Stream<Arguments> dead =
                Stream.of(Asker.values()).map(asker -> row("Dead", asker, unavailable, unavailable, unavailable));
        return Stream.concat(empty, dead);
    }

    private static Stream<Arguments> everyPairOfRebalances() {
        Errors unknown = Errors.UNKNOWN_MEMBER_ID;
        Errors illegal = Errors.ILLEGAL_GENERATION;
        Errors fenced = Errors.FENCED_INSTANCE_ID;
        Errors again = Errors.REBALANCE_IN_PROGRESS;
        Errors none = Errors.NONE;
        String preparing = "PreparingRebalance";
        String completing = "CompletingRebalance";
        return Stream.of(
                row(preparing, Asker.CURRENT, again, again, none),
                row(preparing, Asker.OLD, illegal, illegal, illegal),
                row(preparing, Asker.AHEAD, illegal, illegal, illegal),
                row(preparing, Asker.STRANGER, unknown, unknown, unknown),
                row(preparing, Asker.STATIC, again, again, none),
                row(preparing, Asker.FENCED, fenced, fenced, fenced),
                row(preparing, Asker.STATIC_STRANGER, unknown, unknown, unknown),
                row(preparing, Asker.NOBODY, unknown, unknown, unknown),
                row(preparing, Asker.NOBODY_WITH_GENERATION, unknown, unknown, unknown),
                row(preparing, Asker.MEMBER_WITHOUT_GENERATION, illegal, illegal, illegal),
                row(completing, Asker.CURRENT, none, none, again),
                row(completing, Asker.OLD, illegal, illegal, illegal),
                row(completing, Asker.AHEAD, illegal, illegal, illegal),
                row(completing, Asker.STRANGER, unknown, unknown, unknown),
                row(completing, Asker.STATIC, none, none, again),
                row(completing, Asker.FENCED, fenced, fenced, fenced),
                row(completing, Asker.STATIC_STRANGER, unknown, unknown, unknown),
                row(completing, Asker.NOBODY, unknown, unknown, unknown),
                row(completing, Asker.NOBODY_WITH_GENERATION, unknown, unknown, unknown),
                row(completing, Asker.MEMBER_WITHOUT_GENERATION, illegal, illegal, illegal));
    }

    private static Stream<Arguments> everyPairOfStable() {
        Errors unknown = Errors.UNKNOWN_MEMBER_ID;
        Errors illegal = Errors.ILLEGAL_GENERATION;
        Errors fenced = Errors.FENCED_INSTANCE_ID;
        Errors none = Errors.NONE;
        return Stream.of(
                row("Stable", Asker.CURRENT, none, none, none),
                row("Stable", Asker.OLD, illegal, illegal, illegal),
                row("Stable", Asker.AHEAD, illegal, illegal, illegal),
                row("Stable", Asker.STRANGER, unknown, unknown, unknown),
                row("Stable", Asker.STATIC, none, none, none),
                row("Stable", Asker.FENCED, fenced, fenced, fenced),
                row("Stable", Asker.STATIC_STRANGER, unknown, unknown, unknown),
                row("Stable", Asker.NOBODY, unknown, unknown, unknown),
                row("Stable", Asker.NOBODY_WITH_GENERATION, unknown, unknown, unknown),
                row("Stable", Asker.MEMBER_WITHOUT_GENERATION, illegal, illegal, illegal));
    }

    @ParameterizedTest(name = "{0} and {1}: heartbeat {2}, sync {3}, commit {4}")
    @MethodSource("everyPair")
    void everyStateAnswersEveryRequest(String label, Asker asker, Errors heartbeat, Errors sync, Errors commit) {
        GroupState state = state(label);

        assertThat(state.label()).isEqualTo(label);
        assertThat(state.heartbeat(asker.memberId, asker.instanceId, asker.generation))
                .isEqualTo(heartbeat);
        assertThat(state.sync(asker.memberId, asker.instanceId, asker.generation))
                .isEqualTo(sync);
        assertThat(state.commit(asker.memberId, asker.instanceId, asker.generation))
                .isEqualTo(commit);
    }

    @Test
    void theTableHasARowForEachPair() {
        assertThat(everyPair()).hasSize(5 * Asker.values().length);
    }

    @Test
    void theFirstMemberOpensAWindowForOthers() {
        PreparingRebalance opened = Empty.NEW.joined("connect", LoneGroup.member("a"), NOW, 100);

        assertThat(opened.joined()).containsExactly("a");
        assertThat(opened.roster().protocolType()).isEqualTo("connect");
        assertThat(opened.isComplete(NOW)).isFalse();
        assertThat(opened.isComplete(NOW + SECOND / 10 - 1)).isFalse();
        assertThat(opened.isComplete(NOW + SECOND / 10)).isTrue();
    }

    @Test
    void eachNewcomerExtendsTheWindowUpToTheRebalanceTimeout() {
        PreparingRebalance state = Empty.NEW.joined("connect", LoneGroup.member("m0"), NOW, 40_000);
        state = state.joined("connect", LoneGroup.member("m1"), NOW + 30 * SECOND, 40_000);

        assertThat(state.due().atNanos()).isEqualTo(NOW + LoneGroup.REBALANCE_MS / 1000 * SECOND);

        PreparingRebalance same = state.joined("connect", LoneGroup.member("m1"), NOW + 31 * SECOND, 1);
        assertThat(same.window()).isEqualTo(state.window());
    }

    @Test
    void aRebalanceIsCompleteWhenAllHaveJoinedAndNoInvitationIsOpen() {
        PreparingRebalance state = preparing().joined(LoneGroup.TYPE, LoneGroup.member("a"), NOW, 100);
        state = state.joined(LoneGroup.TYPE, LoneGroup.member("b"), NOW, 100);
        assertThat(state.isComplete(NOW)).isFalse();

        PreparingRebalance all = state.joined(LoneGroup.TYPE, LoneGroup.staticMember("s", "i"), NOW, 100);
        assertThat(all.isComplete(NOW)).isTrue();
        assertThat(all.inviting("n").isComplete(NOW)).isFalse();
        assertThat(all.inviting("n").withdrawing("n").isComplete(NOW)).isTrue();
        assertThat(all.inviting("n").isComplete(NOW + LoneGroup.REBALANCE_MS / 1000 * SECOND))
                .isTrue();
    }

    @Test
    void lateMembersAreLeftBehindButStaticOnesKeepTheirPlace() {
        GroupState next = preparing()
                .joined(LoneGroup.TYPE, LoneGroup.member("b"), NOW, 100)
                .closed(NOW);

        assertThat(next).isInstanceOfSatisfying(CompletingRebalance.class, completing -> {
            assertThat(completing.generation()).isEqualTo(GENERATION + 1);
            assertThat(completing.roster().members()).containsOnlyKeys("b", "s");
            assertThat(completing.roster().leader()).isEqualTo("b");
            assertThat(completing.unsynced()).containsExactlyInAnyOrder("b", "s");
        });
    }

    @Test
    void aStaticMemberThatDidNotJoinDoesNotLead() {
        Roster ledByStatic = Roster.EMPTY
                .with(LoneGroup.TYPE, LoneGroup.staticMember("s", "i"))
                .with(LoneGroup.TYPE, LoneGroup.member("b"));
        PreparingRebalance state = new PreparingRebalance(
                GENERATION, ledByStatic, Set.of("b"), PreparingRebalance.Window.rejoining(NOW, 1000));

        assertThat(state.closed(NOW).roster().leader()).isEqualTo("b");
    }

    @Test
    void absentStaticMembersAloneAreWaitedForAgain() {
        GroupState next = preparing().closed(NOW);

        assertThat(next).isInstanceOfSatisfying(PreparingRebalance.class, again -> {
            assertThat(again.generation()).isEqualTo(GENERATION);
            assertThat(again.roster().members()).containsOnlyKeys("s");
            assertThat(again.due().atNanos()).isEqualTo(NOW + LoneGroup.REBALANCE_MS / 1000 * SECOND);
        });
    }

    @Test
    void aGroupThatEverybodyLeftIsANewGenerationOfNobody() {
        GroupState next = preparing().lost(Set.of("a", "b", "s")).closed(NOW);

        assertThat(next).isEqualTo(new Empty(GENERATION + 1, next.roster()));
        assertThat(next.roster().protocolType()).isEqualTo(LoneGroup.TYPE);
    }

    @Test
    void losingMembersMakesAllOthersJoinAgain() {
        PreparingRebalance next = stable().lost(Set.of("a"), NOW);

        assertThat(next.generation()).isEqualTo(GENERATION);
        assertThat(next.joined()).isEmpty();
        assertThat(next.roster().members()).containsOnlyKeys("b", "s");
        assertThat(next.roster().leader()).isEqualTo("b");
    }

    @Test
    void aProposalNamesExactlyTheMembers() {
        CompletingRebalance proposed = completing()
                .proposed(Map.of("a", ByteString.copyFromUtf8("1"), "stranger", ByteString.copyFromUtf8("2")));

        assertThat(proposed.assignments())
                .containsOnly(
                        Map.entry("a", ByteString.copyFromUtf8("1")),
                        Map.entry("b", ByteString.EMPTY),
                        Map.entry("s", ByteString.EMPTY));
        assertThatThrownBy(() -> proposed.proposed(Map.of())).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> completing().stored()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void membersThatDoNotSyncMakeTheGenerationEnd() {
        Stable state = stable().synced("a").synced("b");

        assertThat(state.due()).isEqualTo(state.syncBy());
        assertThat(state.synced("s").due().bounded()).isFalse();
    }

    @Test
    void aNewProcessTakesThePlaceTheAssignmentAndTheLead() {
        Stable led = new Stable(
                GENERATION,
                roster().ledBy("s"),
                "range",
                Set.of("s"),
                stable().syncBy(),
                Map.of("a", ByteString.EMPTY, "b", ByteString.EMPTY, "s", ByteString.copyFromUtf8("kept")));

        Stable after = led.replaced("s", LoneGroup.staticMember("s2", "i"));

        assertThat(after.roster().members()).containsOnlyKeys("a", "b", "s2");
        assertThat(after.roster().leader()).isEqualTo("s2");
        assertThat(after.assignments()).containsEntry("s2", ByteString.copyFromUtf8("kept"));
        assertThat(after.unsynced()).isEmpty();
        assertThat(after.heartbeat("s", "i", GENERATION)).isEqualTo(Errors.FENCED_INSTANCE_ID);
    }

    @Test
    void aDeletedGroupCanComeBackWithoutItsInvitations() {
        Empty empty = new Empty(GENERATION, Roster.EMPTY.inviting("n"));

        Dead dead = empty.deleted();

        assertThat(dead.roster()).isEqualTo(Roster.EMPTY);
        assertThat(dead.revived()).isEqualTo(new Empty(GENERATION, Roster.EMPTY));
        assertThat(dead.inviting("x")).isEqualTo(dead);
        assertThat(dead.withdrawing("x")).isEqualTo(dead);
    }

    @Test
    void statesThatContradictThemselvesCannotBeMade() {
        assertThatThrownBy(() -> new Empty(1, roster())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PreparingRebalance(
                        1, roster(), Set.of("x"), preparing().window()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Stable.restored(1, roster(), "range", Map.of("a", ByteString.EMPTY)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Roster("consumer", Map.of(), Set.of(), "a"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
