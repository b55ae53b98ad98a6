// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static io.kafscale.broker.group.GroupActions.joinTogether;
import static io.kafscale.broker.group.GroupActions.syncTogether;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members come, stay, leave and die, each on a thread of its own. */
@Timeout(120)
final class RebalanceTest {

    private static final String GROUP = "readers";

    private final GroupWorld world = new GroupWorld();
    private final TestMember first = new TestMember(world, GROUP);
    private final TestMember second = new TestMember(world, GROUP);
    private final TestMember third = new TestMember(world, GROUP);

    @AfterEach
    void closeWorld() {
        world.close();
    }

    private static String expected(TestMember member) {
        return TestMember.assignmentFor(member.id(), member.generation(), member.leader());
    }

    /** Lets the timer, which waits for the clock, see the new time. */
    private void pass(Duration duration) throws InterruptedException {
        world.clock.awaitWaiting(1);
        world.clock.advance(duration);
    }

    @Test
    void threeThatStartTogetherShareOneGeneration() throws InterruptedException {
        joinTogether(world, GROUP, first, second, third);

        assertThat(List.of(first.generation(), second.generation(), third.generation()))
                .containsOnly(1);
        assertThat(Stream.of(first, second, third).filter(TestMember::leads)).hasSize(1);
        assertThat(Stream.of(first, second, third).map(TestMember::assignment))
                .containsExactly(expected(first), expected(second), expected(third));
        assertThat(world.stateOf(GROUP)).isEqualTo("Stable");
        assertThat(Stream.of(first, second, third).map(TestMember::heartbeat)).containsOnly(Errors.NONE);
    }

    @Test
    void aThirdMemberMakesTheOthersJoinAgain() throws InterruptedException {
        joinTogether(world, GROUP, first, second);
        Pending<Errors> joining = third.joining();
        world.untilState(GROUP, "PreparingRebalance");

        assertThat(first.heartbeat()).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        assertThat(second.heartbeat()).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        List<Pending<Errors>> rejoining = List.of(first.joining(), second.joining(), joining);
        GroupActions.assertAllSucceed(world, rejoining);
        syncTogether(world, first, second, third);

        assertThat(List.of(first.generation(), second.generation(), third.generation()))
                .containsOnly(2);
        assertThat(third.assignment()).isEqualTo(expected(third));
        assertThat(world.describe(GROUP).members()).hasSize(3);
    }

    @Test
    void theOthersGoOnWhenOneLeaves() throws InterruptedException {
        joinTogether(world, GROUP, first, second, third);

        assertThat(first.leave()).isEqualTo(Errors.NONE);
        assertThat(second.heartbeat()).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        GroupActions.assertAllSucceed(world, List.of(second.joining(), third.joining()));
        syncTogether(world, second, third);

        assertThat(second.generation()).isEqualTo(2);
        assertThat(Stream.of(second, third).filter(TestMember::leads)).hasSize(1);
        assertThat(first.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @Test
    void theOthersGoOnWhenOneDies() throws InterruptedException {
        joinTogether(world, GROUP, first, second, third);
        pass(Duration.ofMillis(TestMember.SESSION_MS - 1));
        assertThat(second.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(third.heartbeat()).isEqualTo(Errors.NONE);

        pass(Duration.ofMillis(1));
        world.untilMembers(GROUP, 2);

        assertThat(second.heartbeat()).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        GroupActions.assertAllSucceed(world, List.of(second.joining(), third.joining()));
        syncTogether(world, second, third);
        assertThat(first.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @Test
    void theGroupEndsUpEmptyWhenAllDie() throws InterruptedException {
        joinTogether(world, GROUP, first, second, third);

        pass(Duration.ofMillis(TestMember.SESSION_MS));

        world.untilState(GROUP, "Empty");
        assertThat(world.describe(GROUP).members()).isEmpty();
    }

    @Test
    void anOldGenerationIsFencedWhereverItShowsUp() throws InterruptedException {
        world.topics.create("t", 1);
        joinTogether(world, GROUP, first, second);
        int old = first.generation();
        second.leave();
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(first.sync()).isEqualTo(Errors.NONE);

        assertThat(first.commitAs(first.id(), old, "t", 0, 5)).isEqualTo(Errors.ILLEGAL_GENERATION);
        assertThat(second.commit("t", 0, 5)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(second.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(second.sync()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(first.committed("t", 0)).isEqualTo(-1);
    }

    @Test
    void commitsAreTakenBeforeARebalanceIsCompleteAndNotWhileItIsBeingCompleted() throws InterruptedException {
        world.topics.create("t", 1);
        joinTogether(world, GROUP, first);
        Pending<Errors> joining = second.joining();
        world.untilState(GROUP, "PreparingRebalance");

        assertThat(first.commit("t", 0, 41)).isEqualTo(Errors.NONE);
        int old = first.generation();
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(world.await(joining)).isEqualTo(Errors.NONE);

        assertThat(world.stateOf(GROUP)).isEqualTo("CompletingRebalance");
        assertThat(first.commit("t", 0, 42)).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        assertThat(first.commitAs(first.id(), old, "t", 0, 42)).isEqualTo(Errors.ILLEGAL_GENERATION);
        syncTogether(world, first, second);
        assertThat(second.committed("t", 0)).isEqualTo(41);
        assertThat(first.commit("t", 0, 43)).isEqualTo(Errors.NONE);
        assertThat(second.committed("t", 0)).isEqualTo(43);
    }

    @Test
    void fiftyMembersShareOneGeneration() throws InterruptedException {
        TestMember[] members = IntStream.range(0, 50)
                .mapToObj(i -> new TestMember(world, GROUP))
                .toArray(TestMember[]::new);

        joinTogether(world, GROUP, members);

        Set<String> ids = new HashSet<>();
        for (TestMember member : members) {
            assertThat(member.generation()).isEqualTo(1);
            assertThat(member.assignment()).isEqualTo(expected(member));
            ids.add(member.id());
        }
        assertThat(ids).hasSize(50);
    }

    @Test
    void fiveHundredGroupsGoTheirOwnWays() throws InterruptedException {
        world.topics.create("t", 1);
        List<Pending<Boolean>> lives = new ArrayList<>();
        List<TestMember> members = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            TestMember member = new TestMember(world, "group-" + i);
            long offset = i;
            members.add(member);
            lives.add(world.async(() -> member.join() == Errors.NONE
                    && member.sync() == Errors.NONE
                    && member.commit("t", 0, offset) == Errors.NONE));
        }
        for (int i = 0; i < 500; i++) {
            world.untilMembers("group-" + i, 1);
        }
        world.clock.advance(GroupWorld.DELAY);

        for (int i = 0; i < 500; i++) {
            assertThat(world.await(lives.get(i))).isTrue();
            assertThat(members.get(i).committed("t", 0)).isEqualTo(i);
        }
        world.restart();
        for (int i = 0; i < 500; i++) {
            assertThat(members.get(i).heartbeat()).isEqualTo(Errors.NONE);
            assertThat(members.get(i).committed("t", 0)).isEqualTo(i);
        }
    }

    @Test
    void requestsThatMakeNoSenseAreRefused() throws InterruptedException {
        JoinGroupRequestData request = new TestMember(world, GROUP).joinRequest();
        RequestOrigin origin = new RequestOrigin("client", "/127.0.0.1", (short) 9);

        assertThat(error(origin, request.duplicate().setSessionTimeoutMs(999)))
                .isEqualTo(Errors.INVALID_SESSION_TIMEOUT);
        assertThat(error(origin, request.duplicate().setSessionTimeoutMs(300_001)))
                .isEqualTo(Errors.INVALID_SESSION_TIMEOUT);
        assertThat(error(origin, request.duplicate().setGroupId(""))).isEqualTo(Errors.INVALID_GROUP_ID);
        assertThat(error(origin, request.duplicate().setGroupId("g".repeat(1025))))
                .isEqualTo(Errors.INVALID_GROUP_ID);
        assertThat(error(origin, request.duplicate().setMemberId("made up"))).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(first.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(first.sync()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(first.leave()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(world.describe(GROUP).errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    }

    private Errors error(RequestOrigin origin, JoinGroupRequestData request) throws InterruptedException {
        return Errors.forCode(world.coordinator().join(origin, request).errorCode());
    }

    @Test
    void aClientThatHangsUpWhileItWaitsIsForgottenAfterASession() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Thread connection = world.threads.start("connection", () -> {
            try {
                second.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        world.untilMembers(GROUP, 2);

        connection.interrupt();
        connection.join();
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(first.others()).hasSize(2);
        assertThat(first.sync()).isEqualTo(Errors.NONE);
        pass(Duration.ofMillis(TestMember.SESSION_MS - 1));
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
        pass(Duration.ofMillis(1));
        world.untilMembers(GROUP, 1);
    }
}
