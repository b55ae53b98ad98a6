// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import io.kafscale.it.client.Scenario;
import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.ForeignClient;
import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The members that a test starts, each in a process of its own, in the group that has the topic's name. Confined to the test's thread. */
final class GroupMembers implements AutoCloseable {
    /** Members hear of a rebalance with a heartbeat's answer. */
    private static final String QUICK_HEARTBEAT = "heartbeat.interval.ms=1000";

    private final List<ChildProcess> processes = new ArrayList<>();

    /** {@code properties} are {@code name=value} for the consumer. */
    ChildProcess join(ForeignClient client, TestTopic topic, String... properties) {
        ChildProcess member =
                client.start(Scenario.MEMBER, topic.bootstrap(), topic.name(), append(properties, QUICK_HEARTBEAT));
        processes.add(member);
        return member;
    }

    static String[] append(String[] words, String word) {
        List<String> all = new ArrayList<>(List.of(words));
        all.add(word);
        return all.toArray(String[]::new);
    }

    /** Waits until a member said, behind line {@code from}, that it was assigned what is wanted. */
    static void awaitAssignment(ChildProcess member, Pattern assignment, long from) {
        // Less than the default session time-out: who leaves must not be waited for.
        Duration limit = Duration.ofSeconds(30);
        member.standardOutput().awaitLine(assignment.pattern(), from, limit, assignment.asMatchPredicate());
    }

    /** The last number sent to each of four partitions has arrived somewhere when all of the last four have. */
    void awaitNumber(int last) {
        IntStream.rangeClosed(last - 3, last)
                .forEach(number -> Patience.until(
                        "number " + number + " arrives",
                        () -> processes.stream()
                                .anyMatch(member ->
                                        member.standardOutput().lines().stream().anyMatch(isNumber(number)))));
    }

    private static Predicate<String> isNumber(int number) {
        return Pattern.compile("record \\d+ \\d+ " + number).asMatchPredicate();
    }

    List<ChildProcess> all() {
        return List.copyOf(processes);
    }

    @Override
    public void close() {
        processes.forEach(ChildProcess::close);
    }
}
