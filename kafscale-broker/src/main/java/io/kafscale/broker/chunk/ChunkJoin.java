// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.proto.log.BatchList;
import io.kafscale.proto.log.ChunkDetails;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Chunks of one partition and epoch whose offsets join, on their way to being one. Its bytes are theirs in a row; its
 * details are made of theirs, without a look at the bytes. Confined to one thread.
 */
public final class ChunkJoin {

    /** Batches that are listed lie at least so far apart. */
    static final int LIST_STEP_BYTES = 4 * 1024;

    private final Chunk first;
    private final long position;
    private final ProducerTails producers = new ProducerTails();
    private final BatchList.Builder list = BatchList.newBuilder();
    private final CRC32C crc = new CRC32C();

    private Chunk last;
    private int length;
    private int batchCount;
    private long maxTimestamp = Long.MIN_VALUE;

    /**
     * A join that begins with a chunk, which is still to be added.
     *
     * @param position where it will stand in the new object
     */
    public ChunkJoin(Chunk first, long position) {
        this.first = first;
        this.last = first;
        this.position = position;
    }

    /** Whether a chunk follows the last one and there is room for it. */
    public boolean takes(Chunk next, int mostBytes) {
        return next.id().equals(last.id())
                && next.leaderEpoch() == last.leaderEpoch()
                && next.baseOffset() == last.endOffset()
                && next.endOffset() - first.baseOffset() <= Chunk.MOST_OFFSETS
                && (long) length + next.bytes().length() <= mostBytes;
    }

    /** Adds what is known of the next chunk; its bytes come by {@link #update}. */
    public void add(Chunk next, int nextBatches, ChunkDetails details) {
        details.getProducersList().forEach(producers::add);
        addList(next, details.getBatches());
        batchCount = Math.addExact(batchCount, nextBatches);
        maxTimestamp = Math.max(maxTimestamp, next.maxTimestamp());
        length = Math.addExact(length, next.bytes().length());
        last = next;
    }

    private void addList(Chunk next, BatchList batches) {
        long offsetDelta = next.baseOffset() - first.baseOffset();
        if (batches.getPositionCount() == 0) {
            addBatch(offsetDelta, length, next.maxTimestamp());
        }
        for (int i = 0; i < batches.getPositionCount(); i++) {
            addBatch(
                    offsetDelta + batches.getOffsetDelta(i),
                    length + batches.getPosition(i),
                    batches.getMaxTimestamp(i));
        }
    }

    /** What is not listed belongs to the one before it. */
    private void addBatch(long offsetDelta, int at, long timestamp) {
        int before = list.getPositionCount() - 1;
        if (before >= 0 && at - list.getPosition(before) < LIST_STEP_BYTES) {
            list.setMaxTimestamp(before, Math.max(list.getMaxTimestamp(before), timestamp));
        } else {
            list.addOffsetDelta(offsetDelta).addPosition(at).addMaxTimestamp(timestamp);
        }
    }

    /** Takes the next bytes, from position to limit, into the checksum. */
    public void update(ByteBuffer bytes) {
        crc.update(bytes.duplicate());
    }

    /** Where it ends in the new object. */
    public long endPosition() {
        return position + length;
    }

    /** The chunk that they have become, of which all bytes were seen. */
    public Chunk chunk() {
        return new Chunk(
                first.id(),
                first.leaderEpoch(),
                first.baseOffset(),
                last.lastOffset(),
                maxTimestamp,
                new Chunk.Extent(position, length, (int) crc.getValue()));
    }

    /** Puts it into a footer. */
    public void finish(FooterWriter footer) {
        ChunkDetails details = ChunkDetails.newBuilder()
                .addAllProducers(producers.byAge())
                .setBatches(list)
                .build();
        footer.add(chunk(), batchCount, details);
    }
}
