// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import java.util.Optional;

/**
 * What of an {@code .index} is needed to find offsets and times: where the blocks of its segment are, and the largest times
 * up to there. Immutable.
 */
public final class SegmentIndex {

    private static final int OVERHEAD_BYTES = 600;

    private final SegmentName name;
    private final long segmentBytes;
    private final int bodyCrc;
    private final long maxTimestamp;
    private final BlockTable blocks;
    private final TimeMarks marks;

    SegmentIndex(
            SegmentName name, long segmentBytes, int bodyCrc, long maxTimestamp, BlockTable blocks, TimeMarks marks) {
        this.name = name;
        this.segmentBytes = segmentBytes;
        this.bodyCrc = bodyCrc;
        this.maxTimestamp = maxTimestamp;
        this.blocks = blocks;
        this.marks = marks;
    }

    public SegmentName name() {
        return name;
    }

    /** Length of the {@code .kfs}. */
    public long segmentBytes() {
        return segmentBytes;
    }

    /** CRC-32C of all its batches. */
    public int bodyCrc() {
        return bodyCrc;
    }

    /** Largest time of a record in the segment. */
    public long maxTimestamp() {
        return maxTimestamp;
    }

    public int blockCount() {
        return blocks.count();
    }

    /** The blocks, by their place from 0 on. */
    public Block block(int place) {
        return blocks.at(place);
    }

    /** The block that holds an offset, which must be inside of the segment. */
    public Block blockAt(long offset) {
        if (offset < name.baseOffset() || offset >= name.endOffset()) {
            throw new IllegalArgumentException("offset " + offset + " in " + name);
        }
        return blocks.at(blocks.firstBehind(offset));
    }

    /** The first block with a record at or after a time, among those that end behind an offset. */
    public Optional<Block> firstAtOrAfter(long timestamp, long fromOffset) {
        for (int place = blocks.firstBehind(fromOffset); place < blocks.count(); place++) {
            if (blocks.maxTimestamp(place) >= timestamp) {
                return Optional.of(blocks.at(place));
            }
        }
        return Optional.empty();
    }

    /** Largest time of a record in the blocks that end behind an offset; {@link Long#MIN_VALUE} when there are none. */
    long maxTimestampBehind(long offset) {
        return blocks.maxTimestampFrom(blocks.firstBehind(offset));
    }

    TimeMarks marks() {
        return marks;
    }

    BlockTable blocks() {
        return blocks;
    }

    /** Whether both are of the same batches. */
    boolean sameSegmentAs(SegmentIndex other) {
        return name.equals(other.name)
                && segmentBytes == other.segmentBytes
                && bodyCrc == other.bodyCrc
                && blocks.sameAs(other.blocks);
    }

    /** About how much memory it holds. */
    long sizeBytes() {
        return OVERHEAD_BYTES + (long) blocks.count() * BlockTable.ROW_BYTES + marks.count() * 40L;
    }
}
