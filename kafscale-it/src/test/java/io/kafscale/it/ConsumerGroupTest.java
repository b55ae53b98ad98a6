// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.ForeignClient;
import io.kafscale.it.process.Patience;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Members of a group in processes of their own: they join, leave, die and come back. */
@ExtendWith(SharedBroker.class)
class ConsumerGroupTest {
    /** Kafka's shortest: a member that died is missed after this time. */
    private static final String SHORT_SESSION = "session.timeout.ms=6000";

    private static final Pattern TWO = Pattern.compile("assigned \\[\\d, \\d]");
    private static final Pattern ALL = Pattern.compile("assigned \\[0, 1, 2, 3]");
    private static final String COOPERATIVE =
            "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

    private final GroupMembers members = new GroupMembers();

    @AfterEach
    void closeMembers() {
        members.close();
    }

    @ParameterizedTest
    @EnumSource
    void membersJoinLeaveDieAndComeBack(ForeignClient client, Bootstrap broker) {
        playThrough(client, broker);
    }

    @Test
    void membersThatRebalanceCooperativelyDoTheSame(Bootstrap broker) {
        playThrough(ForeignClient.KAFKA_CLIENTS_4, broker, COOPERATIVE);
    }

    private void playThrough(ForeignClient client, Bootstrap broker, String... properties) {
        TestTopic topic = TestTopic.create(broker.address(), broker.newName("group"), 4);
        ChildProcess first = members.join(client, topic, properties);
        GroupMembers.awaitAssignment(first, ALL, 0);
        topic.sendNumbers(0, 100);
        members.awaitNumber(99);

        String[] dying = GroupMembers.append(properties, SHORT_SESSION);
        ChildProcess second = members.join(client, topic, dying);
        GroupMembers.awaitAssignment(second, TWO, 0);
        GroupMembers.awaitAssignment(first, TWO, 0);
        topic.sendNumbers(100, 200);
        members.awaitNumber(199);

        long beforeDeath = first.standardOutput().count();
        second.kill();
        GroupMembers.awaitAssignment(first, ALL, beforeDeath);
        topic.sendNumbers(200, 300);
        members.awaitNumber(299);

        ChildProcess back = members.join(client, topic, dying);
        GroupMembers.awaitAssignment(back, TWO, 0);
        long beforeLeave = back.standardOutput().count();
        first.endInput();
        assertThat(first.awaitExit(Patience.LIMIT)).isZero();
        assertThat(first.standardOutput().lines()).contains("left");
        GroupMembers.awaitAssignment(back, ALL, beforeLeave);
        topic.sendNumbers(300, 400);
        members.awaitNumber(399);

        Patience.until(
                "everything is committed", () -> topic.committed(topic.name()).equals(topic.endOffsets()));
        assertEverythingWasSeenInOrder();
    }

    private void assertEverythingWasSeenInOrder() {
        Map<Integer, String> placeOf = new HashMap<>();
        for (ChildProcess member : members.all()) {
            for (String line : member.standardOutput().lines()) {
                String[] words = line.split(" ", -1);
                if (words[0].equals("record")) {
                    int number = Integer.parseInt(words[3]);
                    assertThat(words[1]).isEqualTo(Integer.toString(number % 4));
                    assertThat(words[2]).isEqualTo(Integer.toString(number / 4));
                    placeOf.put(number, line);
                }
            }
        }
        assertThat(placeOf).hasSize(400);
    }
}
