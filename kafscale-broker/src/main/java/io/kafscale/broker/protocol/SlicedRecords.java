// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
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

    /** Holds the remaining bytes of each slice; positions and limits of the given buffers are left alone. */
    public SlicedRecords(List<ByteBuffer> slices) {
        this.slices = slices.stream().map(ByteBuffer::slice).toList();
        this.sizeInBytes = Math.toIntExact(
                this.slices.stream().mapToLong(ByteBuffer::remaining).sum());
    }

    /** Fresh views on the slices, each from position 0. */
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
