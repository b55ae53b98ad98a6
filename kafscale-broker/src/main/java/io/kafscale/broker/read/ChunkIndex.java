// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.storage.ObjectKey;
import java.util.Arrays;

/**
 * Where the committed chunks of one partition are, in the order of their offsets, without a hole. A log has very many, so
 * they are columns of numbers. Confined to its owner's lock.
 */
final class ChunkIndex {

    private static final int FIRST_CAPACITY = 16;

    private long[] baseOffsets = new long[FIRST_CAPACITY];
    private long[] positions = new long[FIRST_CAPACITY];
    private long[] maxTimestamps = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private int[] crcs = new int[FIRST_CAPACITY];
    private ObjectKey[] objects = new ObjectKey[FIRST_CAPACITY];
    private int count;
    private long endOffset;

    /** Adds the chunk that follows the last one. */
    void add(Chunk chunk, ObjectKey object) {
        if (count > 0 && chunk.baseOffset() != endOffset) {
            throw new IllegalStateException("partition " + chunk.id() + ": chunk from offset " + chunk.baseOffset()
                    + " where " + endOffset + " is due");
        }
        if (count == baseOffsets.length) {
            grow();
        }
        baseOffsets[count] = chunk.baseOffset();
        positions[count] = chunk.bytes().position();
        maxTimestamps[count] = chunk.maxTimestamp();
        lengths[count] = chunk.bytes().length();
        crcs[count] = chunk.bytes().crc();
        objects[count] = object;
        endOffset = chunk.endOffset();
        count++;
    }

    private void grow() {
        int capacity = count + (count >> 1);
        baseOffsets = Arrays.copyOf(baseOffsets, capacity);
        positions = Arrays.copyOf(positions, capacity);
        maxTimestamps = Arrays.copyOf(maxTimestamps, capacity);
        lengths = Arrays.copyOf(lengths, capacity);
        crcs = Arrays.copyOf(crcs, capacity);
        objects = Arrays.copyOf(objects, capacity);
    }

    int count() {
        return count;
    }

    /** Place of the chunk that holds an offset, which must be inside of the index. */
    int placeOf(long offset) {
        if (count == 0 || offset < baseOffsets[0] || offset >= endOffset) {
            throw new IllegalArgumentException("offset " + offset + " is in no chunk");
        }
        int found = Arrays.binarySearch(baseOffsets, 0, count, offset);
        return found >= 0 ? found : -found - 2;
    }

    Located at(int place) {
        long end = place + 1 < count ? baseOffsets[place + 1] : endOffset;
        return new Located(
                objects[place],
                new Chunk.Extent(positions[place], lengths[place], crcs[place]),
                baseOffsets[place],
                end);
    }

    int length(int place) {
        return lengths[place];
    }

    /** Place of the first chunk from {@code from} on with a record at or after a time; {@link #count()} when none has. */
    int firstAtOrAfter(long timestamp, int from) {
        int place = from;
        while (place < count && maxTimestamps[place] < timestamp) {
            place++;
        }
        return place;
    }

    /** The largest time of a record; {@link Long#MIN_VALUE} for an empty index. */
    long maxTimestamp() {
        long max = Long.MIN_VALUE;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, maxTimestamps[i]);
        }
        return max;
    }
}
