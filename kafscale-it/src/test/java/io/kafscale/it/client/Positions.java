// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import static io.kafscale.it.client.Session.at;
import static io.kafscale.it.client.Session.check;
import static io.kafscale.it.client.Session.checkEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** A consumer that moves about in a log. Stateless. */
final class Positions {
    private static final Duration POLL = Duration.ofMillis(100);

    private Positions() {}

    static void seek(Session session) throws Exception {
        session.createTopic(1);
        session.send(0, 0, 100);
        TopicPartition partition = new TopicPartition(session.name(), 0);
        try (KafkaConsumer<String, String> consumer = session.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 40);
            checkEquals("40", Session.poll(consumer, 60).get(0).value(), "first value after a seek forward");
            consumer.seek(partition, 10);
            checkEquals("10", Session.poll(consumer, 90).get(0).value(), "first value after a seek back");
            consumer.seekToEnd(List.of(partition));
            checkEquals(100L, consumer.position(partition), "position at the end");
            session.send(0, 100, 101);
            checkEquals("100", Session.poll(consumer, 1).get(0).value(), "value behind the end");
            consumer.seekToBeginning(List.of(partition));
            checkEquals(0L, consumer.position(partition), "position at the start");
            checkEquals(Map.of(partition, 0L), consumer.beginningOffsets(List.of(partition)), "start offset");
            checkEquals(Map.of(partition, 101L), consumer.endOffsets(List.of(partition)), "end offset");
        }
    }

    static void pause(Session session) throws Exception {
        session.createTopic(2);
        TopicPartition paused = new TopicPartition(session.name(), 0);
        TopicPartition running = new TopicPartition(session.name(), 1);
        session.send(0, 0, 50);
        session.send(1, 50, 100);
        try (KafkaConsumer<String, String> consumer = session.consumer()) {
            consumer.assign(List.of(paused, running));
            consumer.pause(List.of(paused));
            checkEquals(Set.of(1), partitionsOf(Session.poll(consumer, 50)), "partitions while one is paused");
            consumer.resume(List.of(paused));
            checkEquals(Set.of(0), partitionsOf(Session.poll(consumer, 50)), "partitions after it goes on");
        }
    }

    /** Records a second apart, all in one batch if the producer can: the answer is exact inside a batch, compressed or not. */
    static void offsetsByTime(Session session) throws Exception {
        session.createTopic(1);
        long start = System.currentTimeMillis() - 1_000_000;
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (int index = 0; index < 100; index++) {
            records.add(new ProducerRecord<>(session.name(), 0, start + index * 1000L, null, "value " + index));
        }
        try (KafkaProducer<String, String> producer = session.producer("linger.ms", "100")) {
            Session.sendAll(producer, records);
        }
        TopicPartition partition = new TopicPartition(session.name(), 0);
        try (KafkaConsumer<String, String> consumer = session.consumer()) {
            checkEquals(0L, offsetAt(consumer, partition, 0), "offset at the beginning of time");
            checkEquals(0L, offsetAt(consumer, partition, start), "offset at the first record's time");
            checkEquals(50L, offsetAt(consumer, partition, start + 50_000), "offset at a record's time");
            checkEquals(51L, offsetAt(consumer, partition, start + 50_001), "offset just after a record's time");
            checkEquals(99L, offsetAt(consumer, partition, start + 99_000), "offset at the last record's time");
            Map<TopicPartition, OffsetAndTimestamp> later = consumer.offsetsForTimes(Map.of(partition, start + 99_001));
            check(later.get(partition) == null, "an offset behind the last record: " + later);
            OffsetAndTimestamp found = at(consumer.offsetsForTimes(Map.of(partition, start + 50_001)), partition);
            checkEquals(start + 51_000, found.timestamp(), "timestamp of what was found");
        }
    }

    static void offsetOutOfRange(Session session) throws Exception {
        session.createTopic(1);
        session.send(0, 0, 10);
        TopicPartition partition = new TopicPartition(session.name(), 0);
        try (KafkaConsumer<String, String> consumer = session.consumer("auto.offset.reset", "none")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 11);
            Session.until("the consumer is told that offset 11 is not there", () -> {
                try {
                    checkEquals(0, consumer.poll(POLL).count(), "records behind the end");
                    return false;
                } catch (OffsetOutOfRangeException expected) {
                    checkEquals(Map.of(partition, 11L), expected.offsetOutOfRangePartitions(), "what is out of range");
                    return true;
                }
            });
        }
    }

    private static long offsetAt(KafkaConsumer<String, String> consumer, TopicPartition partition, long timestamp) {
        return at(consumer.offsetsForTimes(Map.of(partition, timestamp)), partition)
                .offset();
    }

    private static Set<Integer> partitionsOf(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(ConsumerRecord::partition).collect(Collectors.toSet());
    }
}
