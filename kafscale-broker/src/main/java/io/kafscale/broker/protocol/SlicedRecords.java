// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.RecordsSend;

/**
 * Record batches of an answer as they lie in memory, in several pieces, to be sent without copying. Immutable; the bytes
 * behind the slices must not change until the answer is out.
 */
public final class SlicedRecords implements BaseRecords {

    /** No records at all. */
    public static final SlicedRecords EMPTY = new SlicedRecords(List.of());

    private final List<ByteBuffer> slices;
    private final int sizeInBytes;

    /** Holds the given buffers, which belong to it from now on; those that follow each other in one array become one. */
    public SlicedRecords(List<ByteBuffer> slices) {
        this.slices = joined(slices);
        this.sizeInBytes = Math.toIntExact(
                this.slices.stream().mapToLong(ByteBuffer::remaining).sum());
    }

    private static List<ByteBuffer> joined(List<ByteBuffer> slices) {
        List<ByteBuffer> joined = new ArrayList<>(slices.size());
        for (ByteBuffer slice : slices) {
            if (!joined.isEmpty() && follows(joined.getLast(), slice)) {
                ByteBuffer before = joined.removeLast();
                int from = before.arrayOffset() + before.position();
                joined.add(ByteBuffer.wrap(before.array(), from, before.remaining() + slice.remaining()));
            } else {
                joined.add(slice);
            }
        }
        return List.copyOf(joined);
    }

    @SuppressWarnings("ReferenceEquality") // the same array is meant, not the same contents
    private static boolean follows(ByteBuffer before, ByteBuffer next) {
        return before.hasArray()
                && next.hasArray()
                && before.array() == next.array()
                && before.arrayOffset() + before.limit() == next.arrayOffset() + next.position();
    }

    /** The same bytes in memory of their own. */
    public SlicedRecords copy() {
        ByteBuffer all = ByteBuffer.allocate(sizeInBytes);
        slices.forEach(slice -> all.put(slice.duplicate()));
        return new SlicedRecords(List.of(all.flip()));
    }

    /** Fresh views on the slices. */
    public List<ByteBuffer> slices() {
        return slices.stream().map(ByteBuffer::duplicate).toList();
    }

    @Override
    public int sizeInBytes() {
        return sizeInBytes;
    }

    /** Not available: these records leave through {@link ResponseEncoder}. */
    @Override
    public RecordsSend<SlicedRecords> toSend() {
        throw new UnsupportedOperationException("sliced records are sent by the response encoder");
    }
}
