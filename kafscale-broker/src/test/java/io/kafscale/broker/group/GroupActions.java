// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.Pending;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** What several members do together. Stateless. */
final class GroupActions {

    private GroupActions() {}

    /** Lets members join an empty group at once, and get their assignments. */
    static void joinTogether(GroupWorld world, String group, TestMember... members) throws InterruptedException {
        List<Pending<Errors>> joins = new ArrayList<>();
        for (TestMember member : members) {
            joins.add(member.joining());
        }
        world.untilMembers(group, members.length);
        world.clock.advance(GroupWorld.DELAY);
        assertAllSucceed(world, joins);
        syncTogether(world, members);
    }

    /** Lets all members of the newest generation get their assignments. */
    static void syncTogether(GroupWorld world, TestMember... members) throws InterruptedException {
        List<Pending<Errors>> syncs = new ArrayList<>();
        for (TestMember member : members) {
            syncs.add(member.syncing());
        }
        assertAllSucceed(world, syncs);
    }

    static void assertAllSucceed(GroupWorld world, List<Pending<Errors>> answers) throws InterruptedException {
        for (Pending<Errors> answer : answers) {
            assertThat(world.await(answer)).isEqualTo(Errors.NONE);
        }
    }
}
