// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Makes batches for tests, byte by byte and without the code under test. Confined to one thread. */
public final class TestBatch {

    private final List<String> values = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private long producerId = -1;
    private short producerEpoch = -1;
    private int baseSequence = -1;
    private short attributes;
    private int claimed;

    private TestBatch() {}

    /** A batch of records with these values, a millisecond apart from 1,000 on. */
    public static TestBatch of(String... values) {
        TestBatch batch = new TestBatch();
        for (String value : values) {
            batch.record(1_000 + batch.values.size(), value);
        }
        return batch;
    }

    public TestBatch record(long timestamp, String value) {
        times.add(timestamp);
        values.add(value);
        return this;
    }

    public TestBatch producer(long id, int epoch, int sequence) {
        producerId = id;
        producerEpoch = (short) epoch;
        baseSequence = sequence;
        return this;
    }

    /** The header says so many records, whatever stands behind it. */
    public TestBatch claims(int count) {
        claimed = count;
        return this;
    }

    public TestBatch attributes(int bits) {
        attributes = (short) bits;
        return this;
    }

    /** The batch at base offset 0, in an array of exactly its size. */
    public ByteBuffer bytes() {
        byte[] records = records();
        ByteBuffer out = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + records.length);
        out.putLong(0).putInt(out.capacity() - 12).putInt(-1).put((byte) 2).putInt(0);
        int count = claimed > 0 ? claimed : values.size();
        out.putShort(attributes).putInt(count - 1);
        out.putLong(times.get(0))
                .putLong(times.stream().mapToLong(Long::longValue).max().orElseThrow());
        out.putLong(producerId).putShort(producerEpoch).putInt(baseSequence).putInt(count);
        out.put(records).flip();
        return sealed(out);
    }

    public RecordBatch batch() {
        return RecordBatch.at(bytes(), 0);
    }

    /** Writes the checksum that the bytes deserve. */
    public static ByteBuffer sealed(ByteBuffer batch) {
        batch.putInt(17, SlowCrc32c.of(batch.slice(21, batch.limit() - 21)));
        return batch;
    }

    /** The values of a batch's uncompressed records. */
    public static List<String> valuesOf(ByteBuffer batch) {
        ByteBuffer in = batch.duplicate();
        int count = in.getInt(in.position() + 57);
        in.position(in.position() + 61);
        List<String> out = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int end = readVarint(in);
            end += in.position();
            in.get();
            readVarint(in);
            readVarint(in);
            readVarint(in);
            byte[] value = new byte[readVarint(in)];
            in.get(value);
            out.add(new String(value, UTF_8));
            in.position(end);
        }
        return out;
    }

    private byte[] records() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < values.size(); i++) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.write(0);
            writeVarint(body, times.get(i) - times.get(0));
            writeVarint(body, i);
            writeVarint(body, -1);
            byte[] value = values.get(i).getBytes(UTF_8);
            writeVarint(body, value.length);
            body.writeBytes(value);
            writeVarint(body, 0);
            writeVarint(out, body.size());
            out.writeBytes(body.toByteArray());
        }
        return out.toByteArray();
    }

    private static void writeVarint(ByteArrayOutputStream out, long value) {
        long zigzag = (value << 1) ^ (value >> 63);
        while ((zigzag & ~0x7fL) != 0) {
            out.write((int) (zigzag & 0x7f) | 0x80);
            zigzag >>>= 7;
        }
        out.write((int) zigzag);
    }

    private static int readVarint(ByteBuffer in) {
        int value = 0;
        int shift = 0;
        byte b;
        do {
            b = in.get();
            value |= (b & 0x7f) << shift;
            shift += 7;
        } while (b < 0);
        return (value >>> 1) ^ -(value & 1);
    }
}
