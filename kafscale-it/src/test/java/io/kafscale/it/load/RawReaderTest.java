// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.history.History;
import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.PlacedRecord;
import io.kafscale.it.history.RecordId;
import io.kafscale.it.process.Patience;
import io.kafscale.it.wire.Frames;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownServerException;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/** Those who watch for wrong errors and wrong bytes see them: here from a broker that is only played. */
final class RawReaderTest {
    private static final RecordId FIRST = new RecordId(0, 0, 0);

    private final HistoryRecorder recorder = new HistoryRecorder();
    private final Tally errors = new Tally();
    private final Tally wrongErrors = new Tally();

    private static PartitionData answer() {
        return new PartitionData().setPartitionIndex(0).setHighWatermark(10).setLastStableOffset(10);
    }

    private static ByteBuffer batch(byte[] value) {
        return MemoryRecords.withRecords(0L, Compression.NONE, new SimpleRecord(value))
                .buffer();
    }

    /** What a reader makes of a broker that gives this answer to every request. */
    private void read(PartitionData partition, boolean isRead) throws IOException {
        FetchResponseData content = new FetchResponseData()
                .setResponses(List.of(new FetchableTopicResponse().setTopic("t").setPartitions(List.of(partition))));
        try (ServerSocket listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> serve(listener, content));
            RawReader reader = RawReader.start(
                    LoadSettings.of("127.0.0.1:" + listener.getLocalPort(), "t", 1, 100),
                    recorder,
                    errors,
                    wrongErrors);
            Patience.until(
                    "the reader has seen it",
                    () -> isRead ? reader.read() > 0 : !errors.isEmpty() || !wrongErrors.isEmpty());
            reader.stop();
        }
    }

    private static void serve(ServerSocket listener, FetchResponseData content) {
        byte[] frame = Frames.response(ApiKeys.FETCH, RawReader.VERSION, content);
        try {
            while (true) {
                try (Socket socket = listener.accept()) {
                    answerAll(new DataInputStream(socket.getInputStream()), socket.getOutputStream(), frame);
                } catch (EOFException gone) {
                    // It comes back if it has to.
                }
            }
        } catch (IOException over) {
            // The test has ended.
        }
    }

    private static void answerAll(DataInputStream in, OutputStream out, byte[] frame) throws IOException {
        while (true) {
            in.skipNBytes(in.readInt());
            out.write(frame);
        }
    }

    @Test
    void aRecordIsRemembered() throws IOException {
        read(answer().setRecords(MemoryRecords.readableRecords(batch(Payload.encode(FIRST, 100)))), true);

        History history = recorder.history(List.of());
        assertThat(history.seen()).contains(new PlacedRecord(0, 0, FIRST));
        assertThat(wrongErrors.isEmpty()).isTrue();
    }

    @Test
    void anErrorThatNoFaultExcusesIsWrong() throws IOException {
        read(answer().setErrorCode(Errors.UNKNOWN_SERVER_ERROR.code()), false);

        assertThat(wrongErrors).hasToString("Fetch UNKNOWN_SERVER_ERROR " + wrongErrors.total());
    }

    @Test
    void anErrorOfAStoreIsCountedOnly() throws IOException {
        read(answer().setErrorCode(Errors.KAFKA_STORAGE_ERROR.code()), false);

        assertThat(errors).hasToString("KAFKA_STORAGE_ERROR " + errors.total());
        assertThat(wrongErrors.isEmpty()).isTrue();
    }

    @Test
    void aBatchWithAWrongBitIsWrong() throws IOException {
        ByteBuffer damaged = batch(Payload.encode(FIRST, 100));
        damaged.put(damaged.limit() - 10, (byte) (damaged.get(damaged.limit() - 10) ^ 1));

        read(answer().setRecords(MemoryRecords.readableRecords(damaged)), false);

        assertThat(wrongErrors.toString()).contains("CorruptRecord");
    }

    @Test
    void aValueThatNobodySentIsWrong() throws IOException {
        read(answer().setRecords(MemoryRecords.readableRecords(batch(new byte[100]))), false);

        assertThat(wrongErrors.toString()).contains("that no test sent");
    }

    @Test
    void onlyWhatAStoreInTroubleExplainsIsExcusedOfAProduce() {
        assertThat(ImpatientProducer.isExcusable(new KafkaStorageException())).isTrue();
        assertThat(ImpatientProducer.isExcusable(new TimeoutException())).isTrue();
        assertThat(ImpatientProducer.isExcusable(new UnknownServerException())).isFalse();
        assertThat(ImpatientProducer.isExcusable(new IllegalStateException())).isFalse();
    }
}
