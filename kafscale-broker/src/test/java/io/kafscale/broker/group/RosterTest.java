// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RosterTest {

    private static Member member(String id, String... protocols) {
        return new Member(
                id,
                "",
                "client",
                "/host",
                1000,
                2000,
                Stream.of(protocols)
                        .map(name -> new Member.Protocol(name, ByteString.EMPTY))
                        .toList());
    }

    private static Roster of(Member... members) {
        Roster roster = Roster.EMPTY;
        for (Member member : members) {
            roster = roster.with("consumer", member);
        }
        return roster;
    }

    @Test
    void mostVotesWinAmongWhatAllSupport() {
        Roster roster = of(
                member("a", "sticky", "range", "robin"), member("b", "robin", "range"), member("c", "robin", "range"));

        assertThat(roster.selectProtocol()).isEqualTo("robin");
    }

    @Test
    void whatOneMemberLacksIsNotChosen() {
        Roster roster =
                of(member("a", "sticky", "range"), member("b", "sticky", "range"), member("c", "range", "other"));

        assertThat(roster.selectProtocol()).isEqualTo("range");
    }

    @Test
    void aNewcomerNeedsSomethingInCommonWithAllOthers() {
        Roster roster = of(member("a", "sticky", "range"), member("b", "sticky"));

        assertThat(roster.canTake("consumer", member("c", "sticky"))).isTrue();
        assertThat(roster.canTake("consumer", member("c", "range"))).isFalse();
        assertThat(roster.canTake("connect", member("c", "sticky"))).isFalse();
        assertThat(roster.canTake("consumer", member("c"))).isFalse();
        assertThat(roster.canTake("", member("c", "sticky"))).isFalse();
    }

    @Test
    void anEmptyGroupTakesAnyKind() {
        Roster left = of(member("a", "range")).without(List.of("a"));

        assertThat(left.canTake("connect", member("b", "other"))).isTrue();
        assertThat(left.with("connect", member("b", "other")).protocolType()).isEqualTo("connect");
    }

    @Test
    void aMemberMayChangeItsMindAlone() {
        assertThat(of(member("a", "range")).canTake("consumer", member("a", "sticky")))
                .isTrue();
        assertThat(of(member("a", "range"), member("b", "range")).canTake("consumer", member("a", "sticky")))
                .isFalse();
    }

    @Test
    void theLongestThereLeadsWhenTheLeaderGoes() {
        Roster roster = of(member("a", "range"), member("b", "range"), member("c", "range"));

        assertThat(roster.leader()).isEqualTo("a");
        assertThat(roster.without(List.of("b")).leader()).isEqualTo("a");
        assertThat(roster.without(List.of("a")).leader()).isEqualTo("b");
        assertThat(roster.without(List.of("a", "b", "c")).leader()).isEmpty();
    }

    @Test
    void joiningUsesTheInvitationUp() {
        Roster roster = Roster.EMPTY.inviting("a").inviting("b");

        assertThat(roster.with("consumer", member("a", "range")).invited()).containsExactly("b");
        assertThat(roster.withdrawing("b").invited()).containsExactly("a");
    }
}
