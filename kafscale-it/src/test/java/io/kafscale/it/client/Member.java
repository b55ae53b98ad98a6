// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * A member of a group that says what happens to it, line by line, until its input ends; then it leaves. Confined to the main thread
 * but for a thread that waits for the end of the input.
 */
final class Member {
    private Member() {}

    static void run(Session session) {
        String group = session.properties().getOrDefault("group.id", session.name());
        try (KafkaConsumer<String, String> consumer =
                session.consumer("group.id", group, "enable.auto.commit", "false")) {
            Thread.ofPlatform().daemon().start(() -> wakeUpAtEndOfInput(consumer));
            consumer.subscribe(List.of(session.name()), new Reporter(consumer));
            while (true) {
                consume(consumer);
            }
        } catch (WakeupException inputEnded) {
            System.out.println("left");
        }
    }

    private static void consume(KafkaConsumer<String, String> consumer) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
        for (ConsumerRecord<String, String> record : records) {
            System.out.println("record " + record.partition() + " " + record.offset() + " " + record.value());
        }
        try {
            consumer.commitSync();
        } catch (CommitFailedException | RebalanceInProgressException lost) {
            System.out.println("commit failed");
        }
    }

    private static void wakeUpAtEndOfInput(KafkaConsumer<String, String> consumer) {
        try {
            System.in.transferTo(System.err);
        } catch (IOException broken) {
            System.err.println(broken);
        }
        consumer.wakeup();
    }

    /** Prints the whole assignment whenever it changes. Confined to the consumer's thread. */
    private record Reporter(KafkaConsumer<String, String> consumer) implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            System.out.println("revoked " + numbers(partitions));
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            System.out.println("assigned " + numbers(consumer.assignment()));
        }

        private static String numbers(Collection<TopicPartition> partitions) {
            return partitions.stream()
                    .map(TopicPartition::partition)
                    .collect(Collectors.toCollection(TreeSet::new))
                    .toString();
        }
    }
}
