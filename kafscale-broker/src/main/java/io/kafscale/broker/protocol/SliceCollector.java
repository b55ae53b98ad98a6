// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Writable;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Receives a message while it is written: small fields go into one buffer of the size known beforehand, large byte fields
 * and records are kept as slices between its parts. Confined to the thread that encodes.
 */
final class SliceCollector implements Writable {

    private final List<ByteBuffer> slices = new ArrayList<>();
    private final ByteBuffer fields;
    private final ByteBufferAccessor accessor;
    private int taken;

    SliceCollector(int fieldBytes) {
        fields = ByteBuffer.allocate(fieldBytes);
        accessor = new ByteBufferAccessor(fields);
    }

    /** Everything written so far; fails when the size stated at first was not met, which would be our bug. */
    List<ByteBuffer> slices() {
        if (fields.hasRemaining()) {
            throw new IllegalStateException(fields.remaining() + " bytes fewer than the message announced");
        }
        takeFields();
        return slices;
    }

    private void takeFields() {
        if (fields.position() > taken) {
            slices.add(fields.slice(taken, fields.position() - taken));
            taken = fields.position();
        }
    }

    private void append(ByteBuffer slice) {
        if (slice.hasRemaining()) {
            takeFields();
            slices.add(slice);
        }
    }

    @Override
    public void writeRecords(BaseRecords records) {
        switch (records) {
            case SlicedRecords sliced -> sliced.slices().forEach(this::append);
            case MemoryRecords memory -> append(memory.buffer());
            default -> throw new IllegalArgumentException("cannot send " + records.getClass());
        }
    }

    @Override
    public void writeByteBuffer(ByteBuffer bytes) {
        append(bytes.duplicate());
    }

    @Override
    public void writeByte(byte value) {
        accessor.writeByte(value);
    }

    @Override
    public void writeShort(short value) {
        accessor.writeShort(value);
    }

    @Override
    public void writeInt(int value) {
        accessor.writeInt(value);
    }

    @Override
    public void writeLong(long value) {
        accessor.writeLong(value);
    }

    @Override
    public void writeDouble(double value) {
        accessor.writeDouble(value);
    }

    @Override
    public void writeByteArray(byte[] bytes) {
        accessor.writeByteArray(bytes);
    }

    @Override
    public void writeUnsignedVarint(int value) {
        accessor.writeUnsignedVarint(value);
    }

    @Override
    public void writeVarint(int value) {
        accessor.writeVarint(value);
    }

    @Override
    public void writeVarlong(long value) {
        accessor.writeVarlong(value);
    }
}
