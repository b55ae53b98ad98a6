// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Record batches, good ones and those that a broker must refuse. Stateless. */
public final class Batches {
    private static final int LENGTH_AT = 8;
    private static final int MAGIC_AT = 16;
    private static final int CRC_AT = 17;
    private static final int ATTRIBUTES_AT = 21;
    private static final int LAST_OFFSET_DELTA_AT = 23;
    private static final int RECORD_COUNT_AT = 57;
    private static final int CONTROL = 0x20;

    private Batches() {}

    public static byte[] good() {
        return at(System.currentTimeMillis());
    }

    /** A good batch of two records with this timestamp. */
    public static byte[] at(long timestamp) {
        return bytes(MemoryRecords.withRecords(
                Compression.NONE,
                new SimpleRecord(timestamp, "first".getBytes(StandardCharsets.UTF_8)),
                new SimpleRecord(timestamp, "second".getBytes(StandardCharsets.UTF_8))));
    }

    /** One record with a value of {@code sizeBytes}. */
    public static byte[] ofSize(int sizeBytes) {
        return bytes(MemoryRecords.withRecords(
                Compression.NONE, new SimpleRecord(System.currentTimeMillis(), new byte[sizeBytes])));
    }

    public static byte[] withWrongCrc() {
        byte[] batch = good();
        batch[CRC_AT] ^= 1;
        return batch;
    }

    public static byte[] withAlteredContent() {
        byte[] batch = good();
        batch[batch.length - 2] ^= 1;
        return batch;
    }

    public static byte[] withMagic(int magic) {
        byte[] batch = good();
        batch[MAGIC_AT] = (byte) magic;
        return batch;
    }

    public static byte[] severalInOne() {
        byte[] batch = good();
        return ByteBuffer.allocate(2 * batch.length).put(batch).put(batch).array();
    }

    public static byte[] control() {
        byte[] batch = good();
        ByteBuffer.wrap(batch).putShort(ATTRIBUTES_AT, (short) CONTROL);
        return sealed(batch);
    }

    public static byte[] withWrongLastOffsetDelta() {
        byte[] batch = good();
        ByteBuffer.wrap(batch).putInt(LAST_OFFSET_DELTA_AT, 7);
        return sealed(batch);
    }

    public static byte[] withWrongRecordCount() {
        byte[] batch = good();
        ByteBuffer.wrap(batch).putInt(RECORD_COUNT_AT, 1_000_000);
        return sealed(batch);
    }

    /** The length in the batch's header says more than there is. */
    public static byte[] withLengthBeyondItsEnd() {
        byte[] batch = good();
        ByteBuffer.wrap(batch).putInt(LENGTH_AT, 1_000_000);
        return batch;
    }

    public static byte[] cutInItsHeader() {
        return Arrays.copyOf(good(), 40);
    }

    private static byte[] sealed(byte[] batch) {
        CRC32C crc = new CRC32C();
        crc.update(batch, ATTRIBUTES_AT, batch.length - ATTRIBUTES_AT);
        ByteBuffer.wrap(batch).putInt(CRC_AT, (int) crc.getValue());
        return batch;
    }

    private static byte[] bytes(MemoryRecords records) {
        byte[] bytes = new byte[records.sizeInBytes()];
        records.buffer().duplicate().get(bytes);
        return bytes;
    }
}
