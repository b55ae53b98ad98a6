// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import static io.kafscale.it.client.Session.at;
import static io.kafscale.it.client.Session.check;
import static io.kafscale.it.client.Session.checkEquals;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Consumer groups as far as one thread can play them. Stateless. */
final class Groups {
    private static final Duration POLL = Duration.ofMillis(50);

    private Groups() {}

    static void committedOffsets(Session session) throws Exception {
        session.createTopic(2);
        session.send(0, 0, 30);
        TopicPartition first = new TopicPartition(session.name(), 0);
        TopicPartition second = new TopicPartition(session.name(), 1);
        String[] settings = {"group.id", session.name(), "enable.auto.commit", "false"};
        try (KafkaConsumer<String, String> consumer = session.consumer(settings)) {
            check(consumer.committed(Set.of(first)).get(first) == null, "something is committed in a new group");
            consumer.subscribe(List.of(session.name()));
            Session.poll(consumer, 30);
            consumer.commitSync(Map.of(first, new OffsetAndMetadata(20, "with a note")));
            OffsetAndMetadata committed = at(consumer.committed(Set.of(first)), first);
            checkEquals(20L, committed.offset(), "committed offset");
            checkEquals("with a note", committed.metadata(), "metadata");
            check(
                    consumer.committed(Set.of(second)).get(second) == null,
                    "something is committed for another partition");
        }
        try (KafkaConsumer<String, String> consumer = session.consumer(settings)) {
            consumer.subscribe(List.of(session.name()));
            checkEquals("20", Session.poll(consumer, 10).get(0).value(), "where the group goes on");
        }
        try (KafkaConsumer<String, String> simple = session.consumer(settings)) {
            simple.assign(List.of(second));
            simple.commitSync(Map.of(second, new OffsetAndMetadata(7)));
            checkEquals(
                    7L, at(simple.committed(Set.of(second)), second).offset(), "offset of a consumer without a group");
        }
    }

    /** A static member that comes back within its session time-out gets what it had, and the others notice nothing. */
    static void staticMembers(Session session) throws Exception {
        session.createTopic(4);
        try (KafkaConsumer<String, String> stays = member(session, "stays")) {
            Rebalances ofStays = subscribe(session, stays);
            Rebalances ofLeaves = new Rebalances();
            try (KafkaConsumer<String, String> leaves = member(session, "leaves")) {
                ofLeaves = subscribe(session, leaves);
                pollUntilHalved(stays, leaves);
            }
            Set<TopicPartition> before = Set.copyOf(ofLeaves.assigned);
            int rebalances = ofStays.count;
            try (KafkaConsumer<String, String> back = member(session, "leaves")) {
                subscribe(session, back);
                pollUntilHalved(stays, back);
                checkEquals(before, back.assignment(), "what the member got back");
            }
            checkEquals(rebalances, ofStays.count, "rebalances that the other member saw");
        }
    }

    private static KafkaConsumer<String, String> member(Session session, String instance) {
        return session.consumer("group.id", session.name(), "group.instance.id", instance);
    }

    private static Rebalances subscribe(Session session, KafkaConsumer<String, String> consumer) {
        Rebalances rebalances = new Rebalances();
        consumer.subscribe(List.of(session.name()), rebalances);
        return rebalances;
    }

    private static void pollUntilHalved(KafkaConsumer<String, String> one, KafkaConsumer<String, String> other) {
        Session.until("both members have two partitions", () -> {
            one.poll(POLL);
            other.poll(POLL);
            return one.assignment().size() == 2 && other.assignment().size() == 2;
        });
    }

    /** Counts what its consumer is given. Confined to the consumer's thread. */
    private static final class Rebalances implements ConsumerRebalanceListener {
        private final Set<TopicPartition> assigned = new HashSet<>();
        private int count;

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // What is held when the consumer closes stays on record.
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.clear();
            assigned.addAll(partitions);
            count++;
        }
    }
}
