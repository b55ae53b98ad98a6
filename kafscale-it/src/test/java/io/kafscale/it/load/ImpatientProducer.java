// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.RecordId;
import io.kafscale.it.history.SendOutcome;
import io.kafscale.it.history.SendOutcome.Acknowledged;
import io.kafscale.it.history.SendOutcome.Refused;
import io.kafscale.it.history.SendOutcome.Unknown;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A producer that tries nothing twice, so that it learns what a patient one never shows: every error that the broker answers with. One that
 * says "not written" binds the broker to that. Thread-safe: runs on a thread of its own.
 */
final class ImpatientProducer {
    /** Far above the numbers of those who are patient. */
    private static final int FIRST_NUMBER = 1_000;

    private static final String PATIENCE_MILLIS = "5000";

    private static final Set<Class<?>> DEFINITE = Set.of(
            KafkaStorageException.class,
            NotEnoughReplicasException.class,
            NotLeaderOrFollowerException.class,
            LeaderNotAvailableException.class,
            UnknownTopicOrPartitionException.class);
    private static final Set<Class<?>> INDEFINITE = Set.of(
            TimeoutException.class,
            NetworkException.class,
            DisconnectException.class,
            NotEnoughReplicasAfterAppendException.class);

    private final LoadSettings load;
    private final HistoryRecorder recorder;
    private final Tally errors;
    private final Tally wrongErrors;
    private final Thread thread = Thread.ofPlatform().name("impatient").unstarted(this::send);
    private volatile boolean stopping; // read by the sending thread between two records

    private ImpatientProducer(LoadSettings load, HistoryRecorder recorder, Tally errors, Tally wrongErrors) {
        this.load = load;
        this.recorder = recorder;
        this.errors = errors;
        this.wrongErrors = wrongErrors;
    }

    /** Starts to send. */
    static ImpatientProducer start(LoadSettings load, HistoryRecorder recorder, Tally errors, Tally wrongErrors) {
        ImpatientProducer producer = new ImpatientProducer(load, recorder, errors, wrongErrors);
        producer.thread.start();
        return producer;
    }

    void stop() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }

    /**
     * One record at a time. Behind an error the next may overtake what is still under way, so it goes by the number of another
     * producer: order is promised to none who breaks it.
     */
    private void send() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", load.bootstrap());
        settings.put("enable.idempotence", "false");
        settings.put("retries", "0");
        settings.put("linger.ms", "0");
        settings.put("max.block.ms", PATIENCE_MILLIS);
        settings.put("request.timeout.ms", PATIENCE_MILLIS);
        settings.put("delivery.timeout.ms", PATIENCE_MILLIS);
        int number = FIRST_NUMBER;
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long index = 0; !stopping; index++) {
                RecordId id = new RecordId(number, (int) (index % load.partitions()), index / load.partitions());
                recorder.sending(id);
                SendOutcome outcome = sendOne(producer, id);
                recorder.sent(id, outcome);
                if (!(outcome instanceof Acknowledged)) {
                    number++;
                }
            }
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private SendOutcome sendOne(KafkaProducer<byte[], byte[]> producer, RecordId id) throws InterruptedException {
        try {
            byte[] value = Payload.encode(id, load.valueBytes());
            return new Acknowledged(producer.send(new ProducerRecord<>(load.topic(), id.partition(), null, value))
                    .get()
                    .offset());
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            return outcomeOf(cause == null ? failure : cause);
        }
    }

    private SendOutcome outcomeOf(Throwable failure) {
        errors.count(failure.getClass().getSimpleName().replace("Exception", ""));
        if (isExcusable(failure)) {
            return DEFINITE.contains(failure.getClass())
                    ? new Refused(failure.toString())
                    : new Unknown(failure.toString());
        }
        wrongErrors.count("Produce " + failure);
        return new Unknown(failure.toString());
    }

    /** Whether a store in trouble may make a broker, or the client itself, answer so. */
    static boolean isExcusable(Throwable failure) {
        return DEFINITE.contains(failure.getClass()) || INDEFINITE.stream().anyMatch(kind -> kind.isInstance(failure));
    }
}
