// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Makes the index of a segment from its batches, one after the other. The same batches make the same blocks, however they
 * come. Confined to one thread.
 */
final class IndexBuilder {

    /** A block ends before the batch with which it would be larger. */
    static final int BLOCK_BYTES = 4 << 20;

    private final SegmentName name;
    private final StateBuilder state;
    private final Rows entries = new Rows();
    private final Rows blocks = new Rows();
    private final CRC32C bodyCrc = new CRC32C();
    private final CRC32C blockCrc = new CRC32C();

    private long nextOffset;
    private int leaderEpoch;
    private int position = SegmentFormat.HEADER_BYTES;
    private int entryPosition = SegmentFormat.HEADER_BYTES - IndexImage.INTERVAL;
    private long blockBase;
    private int blockPosition = SegmentFormat.HEADER_BYTES;
    private long blockMaxTimestamp = Long.MIN_VALUE;

    /** What was made of the batches. Immutable, but for the bytes, which nobody may change. */
    record Built(IndexImage.Content content, ByteBuffer image) {}

    /** Rows of numbers that grow. Confined to one thread. */
    private static final class Rows {
        private ByteBuffer bytes = ByteBuffer.allocate(1024);

        private ByteBuffer room(int length) {
            if (bytes.remaining() < length) {
                ByteBuffer larger = ByteBuffer.allocate(Math.addExact(bytes.capacity(), bytes.capacity()));
                bytes = larger.put(bytes.flip());
            }
            return bytes;
        }

        private ByteBuffer filled() {
            return bytes.duplicate().flip();
        }
    }

    IndexBuilder(SegmentName name, long createdMillis, SealedState before) {
        this.name = name;
        this.state = new StateBuilder(before, createdMillis);
        this.nextOffset = name.baseOffset();
        boolean joins = before.endOffset() <= name.baseOffset()
                && !before.storedEpochs().isEmpty();
        this.leaderEpoch = joins ? before.storedEpochs().getLast().getLeaderEpoch() : 0;
    }

    /**
     * Takes the next batch.
     *
     * @throws IllegalArgumentException when it is not the one that follows, or there is no room for it
     */
    void add(RecordBatch batch) {
        int size = batch.sizeBytes();
        boolean fits = size >= RecordBatch.HEADER_BYTES
                && size <= SegmentFormat.MAX_BYTES - SegmentFormat.FOOTER_BYTES - position;
        boolean follows = batch.baseOffset() == nextOffset
                && batch.lastOffsetDelta() >= 0
                && batch.lastOffset() <= name.lastOffset()
                && batch.leaderEpoch() >= leaderEpoch
                && batch.leaderEpoch() <= name.leaderEpoch();
        if (!fits || !follows) {
            throw new IllegalArgumentException(name + ": " + batch + " of epoch " + batch.leaderEpoch() + " at "
                    + position + ", where offset " + nextOffset + " of epoch " + leaderEpoch + " or later is due");
        }
        if (position - entryPosition >= IndexImage.INTERVAL) {
            entries.room(IndexTrailer.ENTRY_BYTES).putLong(batch.baseOffset()).putInt(position);
            entryPosition = position;
        }
        if (position > blockPosition && position - blockPosition > BLOCK_BYTES - size) {
            endBlock();
        }
        if (position == blockPosition) {
            blockBase = batch.baseOffset();
        }
        bodyCrc.update(batch.bytes());
        blockCrc.update(batch.bytes());
        blockMaxTimestamp = Math.max(blockMaxTimestamp, batch.maxTimestamp());
        state.add(batch);
        position += size;
        nextOffset = batch.nextOffset();
        leaderEpoch = batch.leaderEpoch();
    }

    private void endBlock() {
        blocks.room(BlockTable.ROW_BYTES)
                .putLong(blockBase)
                .putLong(blockMaxTimestamp)
                .putInt(blockPosition)
                .putInt(position - blockPosition)
                .putInt((int) blockCrc.getValue());
        blockCrc.reset();
        blockPosition = position;
        blockMaxTimestamp = Long.MIN_VALUE;
    }

    /** Whether the last batch was added. */
    boolean isComplete() {
        return nextOffset == name.endOffset();
    }

    /** Length of the segment without its footer, so far. */
    int position() {
        return position;
    }

    /** CRC-32C of all batches, so far. */
    int bodyCrc() {
        return (int) bodyCrc.getValue();
    }

    /** Ends the last block and puts all together, once. */
    Built build() {
        if (!isComplete()) {
            throw new IllegalStateException(name + " ends where offset " + nextOffset + " is due");
        }
        endBlock();
        SealedState end = state.build(name.endOffset());
        BlockTable table = BlockTable.parse(blocks.filled(), name, name.baseOffset(), name.endOffset(), position);
        SegmentIndex index = new SegmentIndex(
                name,
                (long) position + SegmentFormat.FOOTER_BYTES,
                bodyCrc(),
                state.maxTimestamp(),
                table,
                end.marks());
        IndexImage.Content content = new IndexImage.Content(index, end);
        return new Built(content, IndexImage.encode(content, entries.filled()));
    }
}
