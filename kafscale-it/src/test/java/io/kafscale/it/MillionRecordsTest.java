// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.history.Payload;
import io.kafscale.it.history.RecordId;
import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The main job, at a size at which what is rare happens. {@code kafscale.it.records} makes it smaller or larger. */
@ExtendWith(SharedBroker.class)
class MillionRecordsTest {
    private static final long RECORDS = Long.getLong("kafscale.it.records", 1_000_000);
    private static final int VALUE_BYTES = 1_000;
    private static final int PARTITIONS = 12;
    private static final int MEMBERS = 3;
    private static final Duration LIMIT = Duration.ofMinutes(8);

    private final AtomicLongArray nextSequence = new AtomicLongArray(PARTITIONS);
    private final AtomicLong received = new AtomicLong();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private volatile boolean finished; // tells the members to leave

    @Test
    void everyRecordArrivesOnceAndInOrder(Bootstrap broker) throws InterruptedException {
        TestTopic topic = TestTopic.create(broker.address(), broker.newName("million"), PARTITIONS);
        AtomicLong assigned = new AtomicLong();
        List<Thread> members = new ArrayList<>();
        for (int member = 0; member < MEMBERS; member++) {
            members.add(Thread.ofPlatform().name("million-" + member).start(() -> consume(topic, assigned)));
        }
        Patience.until("every member has its partitions", () -> assigned.get() == PARTITIONS);

        produce(topic);
        Patience.until("all arrive", LIMIT, () -> received.get() >= RECORDS || !complaints.isEmpty());
        finished = true;
        for (Thread member : members) {
            member.join();
        }

        assertThat(complaints).isEmpty();
        assertThat(received).hasValue(RECORDS);
        assertThat(topic.endOffsets().values().stream().mapToLong(end -> end).sum())
                .isEqualTo(RECORDS);
        assertThat(topic.committed(topic.name())).isEqualTo(topic.endOffsets());
    }

    // The outcome comes by the callback; the future would say the same.
    @SuppressWarnings("FutureReturnValueIgnored")
    private void produce(TestTopic topic) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                TestTopic.settings(topic.bootstrap()), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long index = 0; index < RECORDS && complaints.isEmpty(); index++) {
                RecordId id = new RecordId(0, (int) (index % PARTITIONS), index / PARTITIONS);
                byte[] value = Payload.encode(id, VALUE_BYTES);
                producer.send(new ProducerRecord<>(topic.name(), id.partition(), null, value), (metadata, failure) -> {
                    if (failure != null) {
                        complaints.add("send of " + id + ": " + failure);
                    } else if (metadata.offset() != id.sequence()) {
                        complaints.add(id + " was acknowledged at " + metadata.offset());
                    }
                });
            }
        }
    }

    /** Default settings: offsets are committed now and then, and at the end. */
    private void consume(TestTopic topic, AtomicLong assigned) {
        Properties settings = TestTopic.settings(topic.bootstrap());
        settings.put("group.id", topic.name());
        settings.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic.name()), new CountingAssignments(assigned));
            while (!finished) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    check(record);
                }
            }
        } catch (RuntimeException failure) {
            complaints.add("consumer: " + failure);
        }
    }

    private void check(ConsumerRecord<byte[], byte[]> record) {
        RecordId expected = new RecordId(0, record.partition(), nextSequence.getAndIncrement(record.partition()));
        RecordId got = Payload.decode(record.value());
        if (!got.equals(expected) || record.offset() != expected.sequence()) {
            complaints.add(expected + " expected, got " + got + " at " + record.offset());
        }
        received.incrementAndGet();
    }

    /** Keeps the sum of all members' partitions. */
    private record CountingAssignments(AtomicLong assigned) implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            assigned.addAndGet(-partitions.size());
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            assigned.addAndGet(partitions.size());
        }
    }
}
