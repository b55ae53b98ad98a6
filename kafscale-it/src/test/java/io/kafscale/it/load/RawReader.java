// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.PlacedRecord;
import io.kafscale.it.process.Patience;
import io.kafscale.it.wire.Frames;
import io.kafscale.it.wire.RawConnection;
import io.kafscale.it.wire.Reply;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/**
 * Reads a topic from its start to its end, again and again, without a client that would hide errors. It counts them, and checks every byte
 * it gets. Thread-safe: runs on a thread of its own.
 */
final class RawReader {
    static final int VERSION = 12;

    private static final int PARTITION_BYTES = 64 * 1024;
    private static final Duration BETWEEN_READS = Duration.ofMillis(20);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Set<Errors> KNOWN = Set.of(
            Errors.KAFKA_STORAGE_ERROR,
            Errors.NOT_LEADER_OR_FOLLOWER,
            Errors.LEADER_NOT_AVAILABLE,
            Errors.UNKNOWN_TOPIC_OR_PARTITION);

    private final LoadSettings load;
    private final HistoryRecorder recorder;
    private final Tally errors;
    private final Tally wrongErrors;
    private final long[] positions;
    private final AtomicLong read = new AtomicLong();
    private final Thread thread = Thread.ofPlatform().name("raw-reader").unstarted(this::readOn);
    private volatile boolean stopping; // read by the reading thread between two requests

    private RawReader(LoadSettings load, HistoryRecorder recorder, Tally errors, Tally wrongErrors) {
        this.load = load;
        this.recorder = recorder;
        this.errors = errors;
        this.wrongErrors = wrongErrors;
        this.positions = new long[load.partitions()];
    }

    static RawReader start(LoadSettings load, HistoryRecorder recorder, Tally errors, Tally wrongErrors) {
        RawReader reader = new RawReader(load, recorder, errors, wrongErrors);
        reader.thread.start();
        return reader;
    }

    /** How many records it got so far, each as often as it got it. */
    long read() {
        return read.get();
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

    private void readOn() {
        while (!stopping) {
            try (RawConnection connection = RawConnection.open(load.bootstrap())) {
                boolean answered = true;
                while (!stopping && answered) {
                    answered = readOnce(connection);
                    Patience.hold(BETWEEN_READS);
                }
            } catch (UncheckedIOException brokerAway) {
                Patience.hold(BETWEEN_READS);
            } catch (RuntimeException wrong) {
                wrongErrors.count("Fetch " + wrong);
            }
        }
    }

    /** False: the connection is over. */
    private boolean readOnce(RawConnection connection) {
        List<FetchPartition> all = IntStream.range(0, positions.length)
                .mapToObj(partition -> new FetchPartition()
                        .setPartition(partition)
                        .setFetchOffset(positions[partition])
                        .setPartitionMaxBytes(PARTITION_BYTES))
                .toList();
        FetchRequestData fetch = new FetchRequestData()
                .setMaxWaitMs(10)
                .setMinBytes(1)
                .setMaxBytes(positions.length * PARTITION_BYTES)
                .setTopics(List.of(new FetchTopic().setTopic(load.topic()).setPartitions(all)));
        if (!connection.send(Frames.request(ApiKeys.FETCH, VERSION, fetch))) {
            return false;
        }
        switch (connection.reply(PATIENCE)) {
            case Reply.Answered answered -> look(answered.content());
            case Reply.Closed closed -> {
                return false;
            }
            case Reply.Silence silence -> {
                errors.count("no answer in " + PATIENCE.toSeconds() + " s");
                return false;
            }
        }
        return true;
    }

    private void look(ByteBuffer content) {
        FetchResponseData answer = Frames.response(FetchResponseData.class, ApiKeys.FETCH, VERSION, content);
        for (FetchableTopicResponse topic : answer.responses()) {
            for (PartitionData partition : topic.partitions()) {
                Errors error = Errors.forCode(partition.errorCode());
                if (error != Errors.NONE) {
                    errors.count(error.name());
                }
                if (error != Errors.NONE && !KNOWN.contains(error)) {
                    wrongErrors.count("Fetch " + error);
                }
                if (error == Errors.NONE) {
                    take(partition);
                }
            }
        }
    }

    private void take(PartitionData partition) {
        int index = partition.partitionIndex();
        long next = positions[index];
        for (MutableRecordBatch batch : ((MemoryRecords) partition.records()).batches()) {
            batch.ensureValid();
            for (Record record : batch) {
                if (record.offset() >= next) {
                    byte[] value = new byte[record.valueSize()];
                    record.value().get(value);
                    recorder.saw(new PlacedRecord(index, record.offset(), Payload.decode(value)));
                    read.incrementAndGet();
                }
            }
            next = Math.max(next, batch.nextOffset());
        }
        positions[index] = next >= partition.highWatermark() ? 0 : next;
    }
}
