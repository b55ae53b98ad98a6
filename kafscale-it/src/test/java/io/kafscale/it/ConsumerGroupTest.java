// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.client.Scenario;
import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.ForeignClient;
import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Members of a group in processes of their own: they join, leave, die and come back. */
@ExtendWith(SharedBroker.class)
final class ConsumerGroupTest {
    /** Kafka's shortest: a member that died is missed after this time. */
    private static final String SHORT_SESSION = "session.timeout.ms=6000";

    /** Members hear of a rebalance with a heartbeat's answer. */
    private static final String QUICK_HEARTBEAT = "heartbeat.interval.ms=1000";

    private static final Pattern TWO = Pattern.compile("assigned \\[\\d, \\d]");
    private static final Pattern ALL = Pattern.compile("assigned \\[0, 1, 2, 3]");
    private static final String COOPERATIVE =
            "partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor";

    private final List<ChildProcess> members = new ArrayList<>();

    @AfterEach
    void closeMembers() {
        members.forEach(ChildProcess::close);
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
        ChildProcess first = member(client, topic, properties);
        awaitAssignment(first, ALL, 0);
        topic.sendNumbers(0, 100);
        awaitNumber(99);

        String[] dying = append(properties, SHORT_SESSION);
        ChildProcess second = member(client, topic, dying);
        awaitAssignment(second, TWO, 0);
        awaitAssignment(first, TWO, 0);
        topic.sendNumbers(100, 200);
        awaitNumber(199);

        long beforeDeath = first.standardOutput().count();
        second.kill();
        awaitAssignment(first, ALL, beforeDeath);
        topic.sendNumbers(200, 300);
        awaitNumber(299);

        ChildProcess back = member(client, topic, dying);
        awaitAssignment(back, TWO, 0);
        long beforeLeave = back.standardOutput().count();
        first.endInput();
        assertThat(first.awaitExit(Patience.LIMIT)).isZero();
        assertThat(first.standardOutput().lines()).contains("left");
        awaitAssignment(back, ALL, beforeLeave);
        topic.sendNumbers(300, 400);
        awaitNumber(399);

        Patience.until(
                "everything is committed", () -> topic.committed(topic.name()).equals(topic.endOffsets()));
        assertEverythingWasSeenInOrder();
    }

    private ChildProcess member(ForeignClient client, TestTopic topic, String... properties) {
        ChildProcess member =
                client.start(Scenario.MEMBER, topic.bootstrap(), topic.name(), append(properties, QUICK_HEARTBEAT));
        members.add(member);
        return member;
    }

    private static void awaitAssignment(ChildProcess member, Pattern assignment, long from) {
        // Less than the default session time-out: who leaves must not be waited for.
        Duration limit = Duration.ofSeconds(30);
        member.standardOutput().awaitLine(assignment.pattern(), from, limit, assignment.asMatchPredicate());
    }

    /** The last number sent to each partition has arrived somewhere when all of the last four have. */
    private void awaitNumber(int last) {
        IntStream.rangeClosed(last - 3, last)
                .forEach(number -> Patience.until(
                        "number " + number + " arrives",
                        () -> members.stream()
                                .anyMatch(member ->
                                        member.standardOutput().lines().stream().anyMatch(isNumber(number)))));
    }

    private static Predicate<String> isNumber(int number) {
        return Pattern.compile("record \\d+ \\d+ " + number).asMatchPredicate();
    }

    private void assertEverythingWasSeenInOrder() {
        Map<Integer, String> placeOf = new HashMap<>();
        for (ChildProcess member : members) {
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

    private static String[] append(String[] words, String word) {
        List<String> all = new ArrayList<>(List.of(words));
        all.add(word);
        return all.toArray(String[]::new);
    }
}
