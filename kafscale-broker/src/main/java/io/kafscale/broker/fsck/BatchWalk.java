// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.proto.log.BatchList;
import io.kafscale.proto.log.ChunkDetails;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * Goes through the batches of one chunk and compares them with what the footer says of them. Confined to one thread.
 */
final class BatchWalk {

    private static final byte MAGIC = 2;

    private final Chunk chunk;
    private final ByteBuffer bytes;

    /** Where batches begin: position in the chunk to base offset. */
    private final TreeMap<Integer, Long> begins = new TreeMap<>();

    private final TreeMap<Integer, Long> timestamps = new TreeMap<>();
    private final Map<Long, Deque<ProducerBatch>> producers = new HashMap<>();
    private final Map<Long, Integer> producerEpochs = new HashMap<>();

    /**
     * A walk that has not begun.
     *
     * @param bytes exactly those of the chunk
     */
    BatchWalk(Chunk chunk, ByteBuffer bytes) {
        this.chunk = chunk;
        this.bytes = bytes;
    }

    int batches() {
        return begins.size();
    }

    /** What is wrong; empty when all is as it must be. */
    Optional<String> check(ChunkDetails details) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        if ((int) crc.getValue() != chunk.bytes().crc()) {
            return Optional.of("the checksum of its bytes does not match");
        }
        return walk().or(() -> checkTimes(details.getBatches())).or(() -> checkProducers(details));
    }

    private Optional<String> walk() {
        int position = 0;
        long due = chunk.baseOffset();
        while (position < bytes.limit()) {
            int left = bytes.limit() - position;
            Optional<String> problem = left < RecordBatch.HEADER_BYTES
                    ? Optional.of("only " + left + " bytes")
                    : checkBatch(RecordBatch.at(bytes, position), left, due);
            if (problem.isPresent()) {
                return Optional.of("batch of offset " + due + " at "
                        + (chunk.bytes().position() + position) + ": " + problem.get());
            }
            RecordBatch batch = RecordBatch.at(bytes, position);
            note(batch, position);
            position += batch.sizeBytes();
            due = batch.nextOffset();
        }
        return due == chunk.endOffset() ? Optional.empty() : Optional.of("its batches end before offset " + due);
    }

    private Optional<String> checkBatch(RecordBatch batch, int left, long due) {
        if (batch.sizeBytes() < RecordBatch.HEADER_BYTES || batch.sizeBytes() > left) {
            return Optional.of("it has a length of " + batch.sizeBytes() + " where " + left + " bytes are left");
        }
        if (batch.magic() != MAGIC) {
            return Optional.of("its magic is " + batch.magic());
        }
        if (batch.computeCrc() != batch.crc()) {
            return Optional.of("its checksum does not match");
        }
        if (batch.baseOffset() != due || batch.lastOffsetDelta() < 0) {
            return Optional.of("it has offsets " + batch.baseOffset() + " to " + batch.lastOffset());
        }
        return batch.leaderEpoch() == chunk.leaderEpoch()
                ? Optional.empty()
                : Optional.of("it is of leader epoch " + batch.leaderEpoch() + ", its chunk of " + chunk.leaderEpoch());
    }

    private void note(RecordBatch batch, int position) {
        begins.put(position, batch.baseOffset());
        timestamps.put(position, batch.maxTimestamp());
        if (batch.hasProducer()) {
            Deque<ProducerBatch> tail = producers.computeIfAbsent(batch.producerId(), id -> new ArrayDeque<>());
            Integer before = producerEpochs.put(batch.producerId(), (int) batch.producerEpoch());
            if (before != null && before != batch.producerEpoch()) {
                tail.clear();
            }
            if (tail.size() == SharedImage.PRODUCER_BATCHES) {
                tail.removeFirst();
            }
            tail.addLast(ProducerBatch.newBuilder()
                    .setBaseSequence(batch.baseSequence())
                    .setBaseOffset(batch.baseOffset())
                    .setLastOffsetDelta(batch.lastOffsetDelta())
                    .setMaxTimestamp(batch.maxTimestamp())
                    .setLogAppendTime(batch.hasLogAppendTime())
                    .build());
        }
    }

    /** Each listed batch stands for itself and those behind it that are not listed. */
    private Optional<String> checkTimes(BatchList list) {
        long max = timestamps.values().stream().mapToLong(Long::longValue).max().orElse(Long.MIN_VALUE);
        if (max != chunk.maxTimestamp()) {
            return Optional.of("its largest timestamp is " + max + ", the footer says " + chunk.maxTimestamp());
        }
        int count = list.getPositionCount();
        if (list.getOffsetDeltaCount() != count || list.getMaxTimestampCount() != count) {
            return Optional.of("its list of batches has columns of different lengths");
        }
        for (int i = 0; i < count; i++) {
            int position = list.getPosition(i);
            int end = i + 1 < count ? list.getPosition(i + 1) : bytes.limit();
            Long offset = begins.get(position);
            boolean isBatch = offset != null && offset - chunk.baseOffset() == list.getOffsetDelta(i) && position < end;
            if (!isBatch || (i == 0 && position != 0)) {
                return Optional.of("its list of batches names one at " + position + ", where none begins");
            }
            long latest = timestamps.subMap(position, end).values().stream()
                    .mapToLong(Long::longValue)
                    .max()
                    .orElse(Long.MIN_VALUE);
            if (latest != list.getMaxTimestamp(i)) {
                return Optional.of("its list of batches has another timestamp at " + position);
            }
        }
        return Optional.empty();
    }

    private Optional<String> checkProducers(ChunkDetails details) {
        Map<Long, ProducerTail> told = new HashMap<>();
        details.getProducersList().forEach(tail -> told.put(tail.getProducerId(), tail));
        Map<Long, ProducerTail> found = new HashMap<>();
        producers.forEach((id, tail) -> found.put(
                id,
                ProducerTail.newBuilder()
                        .setProducerId(id)
                        .setProducerEpoch(producerEpochs.getOrDefault(id, 0))
                        .addAllBatches(tail)
                        .build()));
        return told.equals(found)
                ? Optional.empty()
                : Optional.of("its last batches of idempotent producers are not those that the footer names");
    }
}
