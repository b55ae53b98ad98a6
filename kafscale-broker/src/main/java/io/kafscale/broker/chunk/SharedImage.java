// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.proto.log.BatchList;
import io.kafscale.proto.log.ChunkDetails;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A shared object as it will be written: the batches' own bytes in their order, uncopied, and the footer behind them.
 * Immutable.
 *
 * @param body all bytes of the object, in order
 * @param footerPosition where the footer begins
 * @param footerLength without the trailer
 * @param chunks in the order of the footer
 */
public record SharedImage(List<ByteBuffer> body, long footerPosition, int footerLength, List<Chunk> chunks) {

    /** How many batches of a producer are remembered. */
    public static final int PRODUCER_BATCHES = 5;

    public SharedImage {
        body = List.copyOf(body);
        chunks = List.copyOf(chunks);
    }

    /** What one partition puts into the object. Immutable. */
    public record Run(PartitionId id, int leaderEpoch, List<RecordBatch> batches) {}

    public long sizeBytes() {
        return footerPosition + footerLength + SharedFooter.TRAILER_BYTES;
    }

    /** The footer, as whoever reads the object will have it. */
    public SharedFooter footer() {
        return SharedFooter.parse(body.getLast(), footerPosition);
    }

    /** Puts runs together, at most one for each partition; all their bytes are read once, for the checksums. */
    public static SharedImage of(List<Run> runs) {
        List<Run> sorted = new ArrayList<>(runs);
        sorted.sort((a, b) -> SharedFooter.compareIds(a.id(), b.id()));
        List<ByteBuffer> body = new ArrayList<>();
        List<SharedFooter.Entry> entries = new ArrayList<>();
        long position = 0;
        for (Run run : sorted) {
            SharedFooter.Entry entry = gather(run, position, body);
            position += entry.chunk().bytes().length();
            entries.add(entry);
        }
        ByteBuffer footer = SharedFooter.encode(position, entries);
        body.add(footer);
        return new SharedImage(
                body,
                position,
                footer.remaining() - SharedFooter.TRAILER_BYTES,
                entries.stream().map(SharedFooter.Entry::chunk).toList());
    }

    private static SharedFooter.Entry gather(Run run, long position, List<ByteBuffer> body) {
        long baseOffset = run.batches().getFirst().baseOffset();
        long nextOffset = baseOffset;
        long maxTimestamp = Long.MIN_VALUE;
        int length = 0;
        CRC32C crc = new CRC32C();
        BatchList.Builder list = BatchList.newBuilder();
        for (RecordBatch batch : run.batches()) {
            if (batch.baseOffset() != nextOffset || batch.leaderEpoch() != run.leaderEpoch()) {
                throw new IllegalStateException("partition " + run.id() + ": " + batch + " of epoch "
                        + batch.leaderEpoch() + " where offset " + nextOffset + " of epoch " + run.leaderEpoch()
                        + " is due");
            }
            list.addOffsetDelta(nextOffset - baseOffset).addPosition(length).addMaxTimestamp(batch.maxTimestamp());
            ByteBuffer bytes = batch.bytes();
            crc.update(bytes.duplicate());
            body.add(bytes);
            length = Math.addExact(length, bytes.remaining());
            maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp());
            nextOffset = batch.nextOffset();
        }
        Chunk.Extent extent = new Chunk.Extent(position, length, (int) crc.getValue());
        Chunk chunk = new Chunk(run.id(), run.leaderEpoch(), baseOffset, nextOffset - 1, maxTimestamp, extent);
        ChunkDetails details = ChunkDetails.newBuilder()
                .addAllProducers(producers(run.batches()))
                .setBatches(list)
                .build();
        return new SharedFooter.Entry(chunk, run.batches().size(), details);
    }

    private static List<ProducerTail> producers(List<RecordBatch> batches) {
        Map<Long, List<RecordBatch>> tails = new LinkedHashMap<>();
        for (RecordBatch batch : batches) {
            if (batch.hasProducer()) {
                List<RecordBatch> tail = tails.computeIfAbsent(batch.producerId(), id -> new ArrayList<>());
                if (!tail.isEmpty() && tail.getLast().producerEpoch() != batch.producerEpoch()) {
                    tail.clear();
                }
                if (tail.size() == PRODUCER_BATCHES) {
                    tail.removeFirst();
                }
                tail.add(batch);
            }
        }
        return tails.values().stream().map(SharedImage::producerTail).toList();
    }

    private static ProducerTail producerTail(List<RecordBatch> batches) {
        ProducerTail.Builder tail = ProducerTail.newBuilder()
                .setProducerId(batches.getFirst().producerId())
                .setProducerEpoch(batches.getFirst().producerEpoch());
        for (RecordBatch batch : batches) {
            tail.addBatches(ProducerBatch.newBuilder()
                    .setBaseSequence(batch.baseSequence())
                    .setBaseOffset(batch.baseOffset())
                    .setLastOffsetDelta(batch.lastOffsetDelta())
                    .setMaxTimestamp(batch.maxTimestamp())
                    .setLogAppendTime(batch.hasLogAppendTime()));
        }
        return tail.build();
    }
}
