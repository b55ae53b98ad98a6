// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Members come, stay, leave and die. */
@Timeout(60)
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

    @Test
    void threeThatStartTogetherShareOneGeneration() throws InterruptedException {
        together(first, second, third);

        assertThat(List.of(first.generation(), second.generation(), third.generation()))
                .containsOnly(1);
        assertThat(Stream.of(first, second, third).filter(TestMember::leads)).hasSize(1);
        assertThat(Stream.of(first, second, third).map(TestMember::assignment))
                .containsExactlyInAnyOrder(expected(first), expected(second), expected(third));
        assertThat(world.stateOf(GROUP)).isEqualTo("Stable");
        assertThat(Stream.of(first, second, third).map(TestMember::heartbeat)).containsOnly(Errors.NONE);
    }

    private static String expected(TestMember member) {
        return TestMember.assignmentFor(member.id(), member.generation(), member.leader());
    }

    /** Lets members that are not in the group join it at once, and get their assignments. */
    private void together(TestMember... members) throws InterruptedException {
        GroupActions.joinTogether(world, GROUP, members);
    }
}
