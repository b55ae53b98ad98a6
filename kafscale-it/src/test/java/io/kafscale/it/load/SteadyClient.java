// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;

/**
 * A client that would notice: it sends one number after the other, each once and with ten seconds' patience, and reads them back.
 * Thread-safe: runs on two threads of its own.
 */
public final class SteadyClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final String topic;
    private final KafkaProducer<Long, Long> producer;
    private final KafkaConsumer<Long, Long> consumer;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads;
    private volatile boolean stopping; // read by both threads between two records

    /** Starts on a topic of one partition, which must exist. */
    public SteadyClient(String bootstrap, String topic) {
        this.topic = topic;
        Properties sending = new Properties();
        sending.put("bootstrap.servers", bootstrap);
        sending.put("enable.idempotence", "false");
        sending.put("acks", "all");
        sending.put("retries", "0");
        sending.put("request.timeout.ms", PATIENCE_MILLIS);
        sending.put("delivery.timeout.ms", PATIENCE_MILLIS);
        sending.put("linger.ms", "0");
        this.producer = new KafkaProducer<>(sending, new LongSerializer(), new LongSerializer());
        Properties reading = new Properties();
        reading.put("bootstrap.servers", bootstrap);
        reading.put("auto.offset.reset", "none");
        this.consumer = new KafkaConsumer<>(reading, new LongDeserializer(), new LongDeserializer());
        this.threads = List.of(
                Thread.ofPlatform().name("steady-producer").start(this::send),
                Thread.ofPlatform().name("steady-consumer").start(this::read));
    }

    /** Waits for some records more, then fails the test if one of them all was refused, late, lost, doubled or misplaced. */
    public void assertUndisturbed() {
        long before = read.get();
        Patience.until("the steady client reads on", () -> read.get() > before + 10 || !complaints.isEmpty());
        if (!complaints.isEmpty()) {
            throw new AssertionError("The steady client noticed: " + complaints);
        }
    }

    @Override
    public void close() {
        stopping = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new AssertionError(interrupted);
            }
        }
    }

    private void send() {
        try (producer) {
            while (!stopping && complaints.isEmpty()) {
                producer.send(new ProducerRecord<>(topic, 0, null, sent.get())).get();
                sent.incrementAndGet();
            }
        } catch (InterruptedException | ExecutionException | RuntimeException failure) {
            complaints.add("sending " + sent + ": " + failure);
        }
    }

    private void read() {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (consumer) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (!stopping && complaints.isEmpty()) {
                for (ConsumerRecord<Long, Long> record : consumer.poll(Duration.ofMillis(100))) {
                    long expected = read.getAndIncrement();
                    if (record.value() != expected || record.offset() != expected) {
                        complaints.add(record.value() + " at " + record.offset() + ", expected " + expected);
                    }
                }
            }
        } catch (RuntimeException failure) {
            complaints.add("reading " + read + ": " + failure);
        }
    }
}
