// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import com.google.protobuf.ByteString;
import java.util.Collection;
import java.util.List;

/**
 * Which partitions may be in a shared object, as its commit record tells it: their marks one by one, or when these are too
 * many a filter with a bit for each, or nothing, which means any partition. So a record stays small, however many
 * partitions there are. Immutable.
 *
 * @param listed marks in ascending order, each once
 * @param filter empty, or 8 KiB in which bit {@code mark mod 65,536} is set, counted from the lowest of the first byte
 */
public record Marks(List<Integer> listed, ByteString filter) {

    /** Any partition. */
    public static final Marks ANY = new Marks(List.of(), ByteString.EMPTY);

    /** So many are listed; four bytes each. */
    static final int MOST_LISTED = 1_000;

    private static final int FILTER_BYTES = 8 * 1024;
    private static final int FILTER_MASK = FILTER_BYTES * Byte.SIZE - 1;

    public Marks {
        listed = List.copyOf(listed);
        if (!filter.isEmpty() && filter.size() != FILTER_BYTES) {
            throw new IllegalArgumentException("filter of " + filter.size() + " bytes");
        }
    }

    /** The marks of all partitions that have one of these chunks. */
    public static Marks of(Collection<Chunk> chunks) {
        List<Integer> all = chunks.stream()
                .map(Chunk::id)
                .distinct()
                .map(SharedFooter::mark)
                .distinct()
                .sorted()
                .toList();
        return all.size() <= MOST_LISTED ? new Marks(all, ByteString.EMPTY) : new Marks(List.of(), filterOf(all));
    }

    private static ByteString filterOf(List<Integer> marks) {
        byte[] bits = new byte[FILTER_BYTES];
        for (int mark : marks) {
            int bit = mark & FILTER_MASK;
            bits[bit / Byte.SIZE] |= (byte) (1 << (bit % Byte.SIZE));
        }
        return ByteString.copyFrom(bits);
    }

    /** Whether a partition with this mark may be inside; never wrongly false. */
    public boolean mayHold(int mark) {
        if (!listed.isEmpty()) {
            return listed.contains(mark);
        }
        int bit = mark & FILTER_MASK;
        return filter.isEmpty() || (filter.byteAt(bit / Byte.SIZE) & (1 << (bit % Byte.SIZE))) != 0;
    }
}
