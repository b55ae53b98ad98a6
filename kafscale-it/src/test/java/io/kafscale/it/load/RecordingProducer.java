// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.RecordId;
import io.kafscale.it.history.SendOutcome.Acknowledged;
import io.kafscale.it.history.SendOutcome.Refused;
import io.kafscale.it.history.SendOutcome.Unknown;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer that sends until it is told to stop, one partition after the other, with a bounded number of records under way. Its
 * settings are the defaults, but that it does not give up while the broker is away. Thread-safe: runs on a thread of its own.
 */
public final class RecordingProducer {
    private static final int PATIENCE_MILLIS = 300_000;

    private final int number;
    private final LoadSettings load;
    private final HistoryRecorder recorder;
    private final AckTimes times;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Semaphore room;
    private final AtomicLong acknowledged = new AtomicLong();
    private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stopping; // read by the sending thread between two records

    private RecordingProducer(int number, LoadSettings load, HistoryRecorder recorder, AckTimes times) {
        this.number = number;
        this.load = load;
        this.recorder = recorder;
        this.times = times;
        this.room = new Semaphore(load.underWay());
        Properties settings = new Properties();
        settings.put("bootstrap.servers", load.bootstrap());
        settings.put("delivery.timeout.ms", PATIENCE_MILLIS);
        settings.putAll(load.producerSettings());
        this.producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        this.thread = Thread.ofPlatform().name("producer-" + number).unstarted(this::send);
    }

    /** Starts to send, as producer {@code number} of the test. */
    static RecordingProducer start(int number, LoadSettings load, HistoryRecorder recorder, AckTimes times) {
        RecordingProducer producer = new RecordingProducer(number, load, recorder, times);
        producer.thread.start();
        return producer;
    }

    /** How many records were acknowledged so far. */
    long acknowledged() {
        return acknowledged.get();
    }

    /** What went wrong for good: with this much patience, nothing should. */
    Queue<Exception> failures() {
        return failures;
    }

    /** Sends no more, once the records under way leave room. */
    void endSending() {
        stopping = true;
    }

    /** Sends no more, and returns when every record has its outcome. */
    void stop() {
        endSending();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
        producer.close();
    }

    private void send() {
        for (long index = 0; !stopping; index++) {
            room.acquireUninterruptibly();
            RecordId id = new RecordId(number, (int) (index % load.partitions()), index / load.partitions());
            recorder.sending(id);
            sendOne(id);
        }
    }

    // The outcome comes by the callback; the future would say the same.
    @SuppressWarnings("FutureReturnValueIgnored")
    private void sendOne(RecordId id) {
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(load.topic(), id.partition(), null, Payload.encode(id, load.valueBytes()));
        producer.send(record, (metadata, failure) -> {
            if (failure == null) {
                recorder.sent(id, new Acknowledged(metadata.offset()));
                acknowledged.incrementAndGet();
                times.acknowledged();
            } else {
                failures.add(failure);
                boolean neverLeft = failure instanceof RecordTooLargeException;
                recorder.sent(id, neverLeft ? new Refused(failure.toString()) : new Unknown(failure.toString()));
            }
            room.release();
        });
    }
}
