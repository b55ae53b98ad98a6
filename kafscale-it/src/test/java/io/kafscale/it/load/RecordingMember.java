// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.OffsetCommit;
import io.kafscale.it.history.OffsetLookup;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.PlacedRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * A member of the group with the topic's name that records what it reads, what it commits and what it is told was committed. Thread-safe: runs on a thread
 * of its own.
 */
public final class RecordingMember {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration LOOKUP = Duration.ofSeconds(5);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final HistoryRecorder recorder;
    private final Thread thread;
    private final AtomicLong read = new AtomicLong();
    private volatile Optional<RuntimeException> failure = Optional.empty(); // set once, by the reading thread
    private volatile boolean stopping; // read by the reading thread between two polls

    private RecordingMember(int number, LoadSettings load, HistoryRecorder recorder) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", load.bootstrap());
        settings.put("group.id", load.topic());
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        this.consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.recorder = recorder;
        this.thread = Thread.ofPlatform().name("member-" + number).unstarted(() -> run(load.topic()));
    }

    static RecordingMember start(int number, LoadSettings load, HistoryRecorder recorder) {
        RecordingMember member = new RecordingMember(number, load, recorder);
        member.thread.start();
        return member;
    }

    /** How many records it got. */
    long read() {
        return read.get();
    }

    /** What ended it, if not {@link #stop}. */
    Optional<RuntimeException> failure() {
        return failure;
    }

    /** Leaves the group and returns when it is out. */
    void stop() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    private void run(String topic) {
        try (consumer) {
            consumer.subscribe(List.of(topic), new Lookups());
            while (!stopping) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    recorder.saw(new PlacedRecord(record.partition(), record.offset(), Payload.decode(record.value())));
                    read.incrementAndGet();
                }
                commit(records);
            }
        } catch (RuntimeException unexpected) {
            failure = Optional.of(unexpected);
        }
    }

    private void commit(ConsumerRecords<byte[], byte[]> records) {
        if (records.isEmpty()) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : records.partitions()) {
            offsets.put(
                    partition,
                    new OffsetAndMetadata(records.records(partition).getLast().offset() + 1));
        }
        long began = recorder.now();
        boolean acknowledged = true;
        try {
            consumer.commitSync(offsets);
        } catch (UnknownServerException bug) {
            throw bug;
        } catch (KafkaException unknown) {
            acknowledged = false;
        }
        long ended = recorder.now();
        for (Map.Entry<TopicPartition, OffsetAndMetadata> entry : offsets.entrySet()) {
            recorder.committed(new OffsetCommit(
                    entry.getKey().partition(), entry.getValue().offset(), began, ended, acknowledged));
        }
    }

    /** Asks what was committed whenever partitions come. Confined to the reading thread. */
    private final class Lookups implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // Everything read is committed already.
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            long began = recorder.now();
            try {
                Map<TopicPartition, OffsetAndMetadata> committed =
                        consumer.committed(new HashSet<>(partitions), LOOKUP);
                long ended = recorder.now();
                for (TopicPartition partition : partitions) {
                    OffsetAndMetadata found = committed.get(partition);
                    long offset = found == null ? OffsetLookup.NONE : found.offset();
                    recorder.lookedUp(new OffsetLookup(partition.partition(), offset, began, ended));
                }
            } catch (KafkaException brokerAway) {
                // Nothing was learned.
            }
        }
    }
}
