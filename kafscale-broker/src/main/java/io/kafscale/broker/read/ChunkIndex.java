// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.storage.ObjectKey;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Where the committed chunks of one partition are that are not sealed, in the order of their offsets, without a hole. Grows
 * at its end, loses chunks at its beginning, and in its middle has runs of chunks replaced by what they were merged into. A
 * log may have many, so they are columns of numbers. Confined to its owner's lock.
 */
final class ChunkIndex {

    private static final int FIRST_CAPACITY = 4;

    private long[] baseOffsets = new long[FIRST_CAPACITY];
    private long[] positions = new long[FIRST_CAPACITY];
    private long[] maxTimestamps = new long[FIRST_CAPACITY];
    private long[] knownSinceMillis = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private int[] crcs = new int[FIRST_CAPACITY];
    private ObjectKey[] objects = new ObjectKey[FIRST_CAPACITY];

    /** Rows from {@code first} to below {@code end} are in use. */
    private int first;

    private int end;
    private long endOffset;
    private long bytes;

    /**
     * Adds the chunk that follows the last one.
     *
     * @param nowMillis wall time
     */
    void add(Chunk chunk, ObjectKey object, long nowMillis) {
        if (first < end && chunk.baseOffset() != endOffset) {
            throw new IllegalStateException("partition " + chunk.id() + ": chunk from offset " + chunk.baseOffset()
                    + " where " + endOffset + " is due");
        }
        if (end == baseOffsets.length) {
            makeRoom();
        }
        set(end, chunk, object);
        knownSinceMillis[end] = nowMillis;
        endOffset = chunk.endOffset();
        bytes += chunk.bytes().length();
        end++;
    }

    private void set(int row, Chunk chunk, ObjectKey object) {
        baseOffsets[row] = chunk.baseOffset();
        positions[row] = chunk.bytes().position();
        maxTimestamps[row] = chunk.maxTimestamp();
        lengths[row] = chunk.bytes().length();
        crcs[row] = chunk.bytes().crc();
        objects[row] = object;
    }

    /** Moves the rows to the front, into larger columns unless half of them is free. */
    private void makeRoom() {
        int count = end - first;
        resize(count > baseOffsets.length / 2 ? Math.addExact(count, Math.max(FIRST_CAPACITY, count >> 1)) : count * 2);
    }

    private void resize(int capacity) {
        int size = Math.max(FIRST_CAPACITY, capacity);
        baseOffsets = Arrays.copyOf(Arrays.copyOfRange(baseOffsets, first, end), size);
        positions = Arrays.copyOf(Arrays.copyOfRange(positions, first, end), size);
        maxTimestamps = Arrays.copyOf(Arrays.copyOfRange(maxTimestamps, first, end), size);
        knownSinceMillis = Arrays.copyOf(Arrays.copyOfRange(knownSinceMillis, first, end), size);
        lengths = Arrays.copyOf(Arrays.copyOfRange(lengths, first, end), size);
        crcs = Arrays.copyOf(Arrays.copyOfRange(crcs, first, end), size);
        objects = Arrays.copyOf(Arrays.copyOfRange(objects, first, end), size);
        end -= first;
        first = 0;
    }

    /** Drops the chunks that end at an offset or before. */
    void dropBefore(long offset) {
        int before = first;
        while (first < end && endOf(first) <= offset) {
            bytes -= lengths[first];
            objects[first] = null;
            first++;
        }
        boolean mostlyFree = end - first < baseOffsets.length / 4;
        if (first > before && mostlyFree && baseOffsets.length > FIRST_CAPACITY) {
            resize((end - first) * 2);
        }
    }

    /**
     * Puts a merged chunk in the place of those that it was made of. What was made of a chunk that has been dropped since
     * changes as much as is still here.
     *
     * @return false when the chunks that are here do not add up to the merged one, and nothing was changed
     */
    boolean replace(StoredChunk merged) {
        Chunk chunk = merged.chunk();
        int from = first;
        while (from < end && endOf(from) <= chunk.baseOffset()) {
            from++;
        }
        int to = from;
        while (to < end && endOf(to) <= chunk.endOffset()) {
            to++;
        }
        if (from == to) {
            return from == first; // nothing of it is here any more
        }
        boolean begins =
                baseOffsets[from] == chunk.baseOffset() || (from == first && baseOffsets[from] > chunk.baseOffset());
        if (!begins || endOf(to - 1) != chunk.endOffset()) {
            return false;
        }
        for (int row = from; row < to; row++) {
            bytes -= lengths[row];
        }
        bytes += chunk.bytes().length();
        set(from, chunk, merged.object());
        knownSinceMillis[from] = knownSinceMillis[to - 1]; // of the youngest
        closeGap(from + 1, to);
        return true;
    }

    private void closeGap(int from, int to) {
        int rest = end - to;
        System.arraycopy(baseOffsets, to, baseOffsets, from, rest);
        System.arraycopy(positions, to, positions, from, rest);
        System.arraycopy(maxTimestamps, to, maxTimestamps, from, rest);
        System.arraycopy(knownSinceMillis, to, knownSinceMillis, from, rest);
        System.arraycopy(lengths, to, lengths, from, rest);
        System.arraycopy(crcs, to, crcs, from, rest);
        System.arraycopy(objects, to, objects, from, rest);
        int last = from + rest;
        Arrays.fill(objects, last, end, null);
        end = last;
    }

    int count() {
        return end - first;
    }

    /** Bytes of all chunks. */
    long bytes() {
        return bytes;
    }

    /** The chunk that holds an offset; empty when none does. */
    Optional<Located> find(long offset) {
        return contains(offset) ? Optional.of(at(placeOf(offset))) : Optional.empty();
    }

    boolean contains(long offset) {
        return first < end && offset >= baseOffsets[first] && offset < endOffset;
    }

    /** Up to a number of chunks behind the one that holds an offset. */
    List<Located> behind(long offset, int most) {
        if (!contains(offset)) {
            return List.of();
        }
        int place = placeOf(offset) + 1;
        return IntStream.range(place, Math.min(count(), place + most))
                .mapToObj(this::at)
                .toList();
    }

    /** Place of the chunk that holds an offset, which must be inside of the index; places count from the first chunk. */
    int placeOf(long offset) {
        if (!contains(offset)) {
            throw new IllegalArgumentException("offset " + offset + " is in no chunk");
        }
        int found = Arrays.binarySearch(baseOffsets, first, end, offset);
        return (found >= 0 ? found : -found - 2) - first;
    }

    Located at(int place) {
        int row = first + place;
        return new Located(
                objects[row], new Chunk.Extent(positions[row], lengths[row], crcs[row]), baseOffsets[row], endOf(row));
    }

    private long endOf(int row) {
        return row + 1 < end ? baseOffsets[row + 1] : endOffset;
    }

    int length(int place) {
        return lengths[first + place];
    }

    /** The largest time of a record in a chunk. */
    long maxTimestamp(int place) {
        return maxTimestamps[first + place];
    }

    /** From when on a chunk ages: its largest time, or if no record carries one, when it was added. */
    long agesFromMillis(int place) {
        long time = maxTimestamp(place);
        return time >= 0 ? time : knownSinceMillis[first + place];
    }

    /** Place of the first chunk from {@code from} on with a record at or after a time; {@link #count()} when none has. */
    int firstAtOrAfter(long timestamp, int from) {
        int row = first + from;
        while (row < end && maxTimestamps[row] < timestamp) {
            row++;
        }
        return row - first;
    }

    /** The largest time of a record in a chunk that ends behind an offset; {@link Long#MIN_VALUE} when none does. */
    long maxTimestampBehind(long offset) {
        long max = Long.MIN_VALUE;
        for (int row = first; row < end; row++) {
            if (endOf(row) > offset) {
                max = Math.max(max, maxTimestamps[row]);
            }
        }
        return max;
    }
}
