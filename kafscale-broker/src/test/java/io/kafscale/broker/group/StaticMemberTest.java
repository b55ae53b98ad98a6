// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static io.kafscale.broker.group.LoneGroup.error;
import static io.kafscale.broker.group.LoneGroup.member;
import static io.kafscale.broker.group.LoneGroup.now;
import static io.kafscale.broker.group.LoneGroup.staticMember;
import static io.kafscale.broker.group.LoneGroup.syncError;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Members that outlive their processes. */
final class StaticMemberTest {

    private final LoneGroup lone = new LoneGroup(Duration.ZERO, 3);

    @Test
    void aStaticMemberComesBackWithoutARebalance() {
        String old = now(lone.join(staticMember("", "i"))).memberId();
        lone.sync(old, 1, Map.of(old, "all"));
        lone.decideAll();

        Pending<JoinGroupResponseData> back = lone.join(staticMember("", "i"), 9);
        assertThat(back.poll()).isEmpty();
        lone.decideAll();

        JoinGroupResponseData answer = now(back);
        assertThat(answer.generationId()).isEqualTo(1);
        assertThat(answer.memberId()).startsWith("i-").isNotEqualTo(old);
        assertThat(answer.leader()).isEqualTo(answer.memberId());
        assertThat(answer.skipAssignment()).isTrue();
        assertThat(answer.members()).hasSize(1);
        assertThat(answer.members().get(0).groupInstanceId()).isEqualTo("i");
        assertThat(LoneGroup.text(now(lone.sync(answer.memberId(), 1, Map.of())).assignment()))
                .isEqualTo("all");
        assertThat(lone.group().heartbeat(old, "i", 1)).isEqualTo(Errors.FENCED_INSTANCE_ID);
        assertThat(lone.durable())
                .get()
                .satisfies(
                        value -> assertThat(value.getMembers(0).getMemberId()).isEqualTo(answer.memberId()));
    }

    @Test
    void anOlderClientThatComesBackIsNotToldThatItLeads() {
        String old = now(lone.join(staticMember("", "i"))).memberId();
        lone.sync(old, 1, Map.of(old, "all"));
        lone.decideAll();

        Pending<JoinGroupResponseData> back = lone.join(staticMember("", "i"), 8);
        lone.decideAll();

        assertThat(now(back).leader()).isEqualTo(old);
        assertThat(now(back).members()).isEmpty();
        assertThat(now(back).skipAssignment()).isFalse();
    }

    @Test
    void aTakeoverThatCannotBeStoredIsTriedAgainByTheClient() {
        String old = now(lone.join(staticMember("", "i"))).memberId();
        lone.sync(old, 1, Map.of(old, "all"));
        lone.decideAll();
        Pending<JoinGroupResponseData> failed = lone.join(staticMember("", "i"), 9);
        lone.decide(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(error(failed)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);

        Pending<JoinGroupResponseData> again = lone.join(staticMember("", "i"), 9);
        lone.decideAll();

        assertThat(now(again).generationId()).isEqualTo(1);
    }

    @Test
    void aTakeoverThatPrefersAnotherProtocolBeginsANewGeneration() {
        String old = now(lone.join(staticMember("", "i"))).memberId();
        lone.sync(old, 1, Map.of(old, "all"));
        lone.decideAll();

        JoinGroupResponseData answer = now(lone.join(member("", "i", Map.of("sticky", "topics")), 9));

        assertThat(answer.generationId()).isEqualTo(2);
        assertThat(answer.protocolName()).isEqualTo("sticky");
    }

    @Test
    void aSecondProcessSendsTheFirstAwayWhereverItWaits() {
        String old = now(lone.join(staticMember("", "i"))).memberId();
        lone.join(member(""));
        Pending<JoinGroupResponseData> preparing = lone.join(staticMember("", "i"));
        assertThat(lone.group().heartbeat(old, "i", 1)).isEqualTo(Errors.FENCED_INSTANCE_ID);
        String second = now(preparing).memberId();
        Pending<SyncGroupResponseData> sync = lone.sync(second, 2, Map.of());
        assertThat(sync.poll()).isNotPresent();

        lone.join(staticMember("", "i"));

        assertThat(syncError(sync)).isEqualTo(Errors.FENCED_INSTANCE_ID);
    }

    @Test
    void aStaticMemberThatWaitsIsSentAwayByTheNextProcess() {
        String first = lone.stableAlone();
        Pending<JoinGroupResponseData> waiting = lone.join(staticMember("", "i"));
        assertThat(waiting.poll()).isEmpty();

        Pending<JoinGroupResponseData> next = lone.join(staticMember("", "i"));

        assertThat(error(waiting)).isEqualTo(Errors.FENCED_INSTANCE_ID);
        assertThat(now(lone.join(member(first))).members()).hasSize(2);
        assertThat(next.poll()).isPresent();
    }

    @Test
    void aStaticMemberLeavesByItsInstanceIdAlone() {
        now(lone.join(staticMember("", "i")));

        assertThat(lone.group().leave("", "j")).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(lone.group().leave("other", "i")).isEqualTo(Errors.FENCED_INSTANCE_ID);
        assertThat(lone.group().leave("", "i")).isEqualTo(Errors.NONE);
        assertThat(lone.state().roster().isEmpty()).isTrue();
    }

    @Test
    void anInvitedIdIsNotForAStaticMember() {
        String id = now(lone.join(member(""), 4)).memberId();

        assertThat(error(lone.join(staticMember(id, "i"), 5))).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }
}
