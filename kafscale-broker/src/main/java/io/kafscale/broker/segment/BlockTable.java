// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.chunk.Chunk;
import java.nio.ByteBuffer;

/**
 * Where the blocks of a segment are, in order, one behind the other; as columns of numbers, since there are many segments.
 * As bytes a block is a row of 28:
 *
 * <pre>
 * 0 i64 base offset     8 i64 max timestamp     16 i32 position     20 i32 length     24 u32 CRC-32C
 * </pre>
 *
 * <p>Immutable.
 */
final class BlockTable {

    static final int ROW_BYTES = 28;

    private final long[] baseOffsets;
    private final long[] maxTimestamps;
    private final int[] positions;
    private final int[] lengths;
    private final int[] crcs;
    private final long endOffset;

    /** Takes in rows. */
    private BlockTable(ByteBuffer rows, long endOffset) {
        int count = rows.remaining() / ROW_BYTES;
        this.baseOffsets = new long[count];
        this.maxTimestamps = new long[count];
        this.positions = new int[count];
        this.lengths = new int[count];
        this.crcs = new int[count];
        this.endOffset = endOffset;
        ByteBuffer in = rows.duplicate();
        for (int i = 0; i < count; i++) {
            baseOffsets[i] = in.getLong();
            maxTimestamps[i] = in.getLong();
            positions[i] = in.getInt();
            lengths[i] = in.getInt();
            crcs[i] = in.getInt();
        }
    }

    /**
     * Reads rows.
     *
     * @param where what they are from, for the message of a failure
     * @param baseOffset of the segment
     * @param endOffset of the segment, exclusive
     * @param bodyEnd position behind the last batch
     */
    static BlockTable parse(ByteBuffer rows, Object where, long baseOffset, long endOffset, int bodyEnd) {
        Corrupt.unless(rows.hasRemaining() && rows.remaining() % ROW_BYTES == 0, where, "no whole blocks");
        BlockTable table = new BlockTable(rows, endOffset);
        Corrupt.unless(table.baseOffsets[0] == baseOffset, where, "first block from " + table.baseOffsets[0]);
        long position = SegmentFormat.HEADER_BYTES;
        for (int i = 0; i < table.count(); i++) {
            boolean follows = table.positions[i] == position && table.lengths[i] > 0;
            Corrupt.unless(follows && table.baseOffsets[i] < table.endOffset(i), where, "block " + i);
            position += table.lengths[i];
        }
        Corrupt.unless(position == bodyEnd, where, "blocks end at " + position);
        return table;
    }

    void write(ByteBuffer out) {
        for (int i = 0; i < count(); i++) {
            out.putLong(baseOffsets[i]).putLong(maxTimestamps[i]);
            out.putInt(positions[i]).putInt(lengths[i]).putInt(crcs[i]);
        }
    }

    int count() {
        return baseOffsets.length;
    }

    private long endOffset(int place) {
        return place + 1 < count() ? baseOffsets[place + 1] : endOffset;
    }

    Block at(int place) {
        return new Block(
                baseOffsets[place],
                endOffset(place),
                maxTimestamps[place],
                new Chunk.Extent(positions[place], lengths[place], crcs[place]));
    }

    /** Place of the first block that ends behind an offset; {@link #count()} when none does. */
    int firstBehind(long offset) {
        int low = 0;
        int high = count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (endOffset(middle) > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    long maxTimestamp(int place) {
        return maxTimestamps[place];
    }

    /** Largest time of a record in the blocks from a place on; {@link Long#MIN_VALUE} when there are none. */
    long maxTimestampFrom(int place) {
        long max = Long.MIN_VALUE;
        for (int i = place; i < count(); i++) {
            max = Math.max(max, maxTimestamps[i]);
        }
        return max;
    }

    /** Whether both have the same blocks. */
    boolean sameAs(BlockTable other) {
        ByteBuffer mine = ByteBuffer.allocate(count() * ROW_BYTES);
        ByteBuffer theirs = ByteBuffer.allocate(other.count() * ROW_BYTES);
        write(mine);
        other.write(theirs);
        return endOffset == other.endOffset && mine.flip().equals(theirs.flip());
    }
}
