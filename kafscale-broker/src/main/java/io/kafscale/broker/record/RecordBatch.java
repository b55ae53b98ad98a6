// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A view on one record batch of magic 2 inside a buffer: reading its header, and writing the fields that a broker may
 * write. All numbers are big-endian:
 *
 * <pre>
 *  0 i64 base offset            21 i16 attributes          43 i64 producer id
 *  8 i32 length from here on    23 i32 last offset delta   51 i16 producer epoch
 * 12 i32 partition leader epoch 27 i64 base timestamp      53 i32 base sequence
 * 16 i8  magic                  35 i64 max timestamp       57 i32 record count
 * 17 u32 CRC-32C of all behind                             61 records
 * </pre>
 *
 * <p>Immutable as a view; the bytes may be written by whoever holds the batch alone, before it shares it.
 */
public final class RecordBatch {

    /** Bytes before the first record. */
    public static final int HEADER_BYTES = 61;

    /** A batch of more is not taken, so that a few of them fit where offsets are counted in 31 bits. */
    public static final int MOST_RECORDS = 1 << 30;

    /** Bytes before the part that the length field counts. */
    public static final int LENGTH_OVERHEAD = 12;

    /** The first byte that the checksum covers. */
    public static final int CRC_START = 21;

    static final int LENGTH_AT = 8;
    static final int LEADER_EPOCH_AT = 12;
    static final int MAGIC_AT = 16;
    static final int CRC_AT = 17;
    static final int ATTRIBUTES_AT = 21;
    static final int LAST_OFFSET_DELTA_AT = 23;
    static final int BASE_TIMESTAMP_AT = 27;
    static final int MAX_TIMESTAMP_AT = 35;
    static final int PRODUCER_ID_AT = 43;
    static final int PRODUCER_EPOCH_AT = 51;
    static final int BASE_SEQUENCE_AT = 53;
    static final int RECORD_COUNT_AT = 57;

    private static final int LEAST_PART_KEPT = 4;

    private static final int COMPRESSION_MASK = 0x07;
    private static final int LOG_APPEND_TIME = 0x08;
    private static final int TRANSACTIONAL = 0x10;
    private static final int CONTROL = 0x20;
    private static final long NO_PRODUCER = -1;

    private final ByteBuffer buffer;
    private final int position;

    private RecordBatch(ByteBuffer buffer, int position) {
        this.buffer = buffer;
        this.position = position;
    }

    /**
     * The batch that begins at an absolute position of a big-endian buffer. The caller has checked that the header is
     * there and that the length it states is.
     */
    public static RecordBatch at(ByteBuffer buffer, int position) {
        return new RecordBatch(buffer, position);
    }

    public long baseOffset() {
        return buffer.getLong(position);
    }

    /** Size of the whole batch, header included. */
    public int sizeBytes() {
        return LENGTH_OVERHEAD + buffer.getInt(position + LENGTH_AT);
    }

    public int leaderEpoch() {
        return buffer.getInt(position + LEADER_EPOCH_AT);
    }

    public byte magic() {
        return buffer.get(position + MAGIC_AT);
    }

    /** The checksum as the header states it. */
    public int crc() {
        return buffer.getInt(position + CRC_AT);
    }

    /** The checksum as the bytes have it. */
    public int computeCrc() {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(position + CRC_START, sizeBytes() - CRC_START));
        return (int) crc.getValue();
    }

    public short attributes() {
        return buffer.getShort(position + ATTRIBUTES_AT);
    }

    public int lastOffsetDelta() {
        return buffer.getInt(position + LAST_OFFSET_DELTA_AT);
    }

    public long baseTimestamp() {
        return buffer.getLong(position + BASE_TIMESTAMP_AT);
    }

    public long maxTimestamp() {
        return buffer.getLong(position + MAX_TIMESTAMP_AT);
    }

    /** -1 for none. */
    public long producerId() {
        return buffer.getLong(position + PRODUCER_ID_AT);
    }

    public short producerEpoch() {
        return buffer.getShort(position + PRODUCER_EPOCH_AT);
    }

    public int baseSequence() {
        return buffer.getInt(position + BASE_SEQUENCE_AT);
    }

    public int recordCount() {
        return buffer.getInt(position + RECORD_COUNT_AT);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    /** The offset behind the last record. */
    public long nextOffset() {
        return lastOffset() + 1;
    }

    /** The last record's sequence; 0 follows {@link Integer#MAX_VALUE}. */
    public int lastSequence() {
        return (baseSequence() + lastOffsetDelta()) & Integer.MAX_VALUE;
    }

    public boolean hasProducer() {
        return producerId() != NO_PRODUCER;
    }

    public boolean isControl() {
        return (attributes() & CONTROL) != 0;
    }

    public boolean isTransactional() {
        return (attributes() & TRANSACTIONAL) != 0;
    }

    /** All records carry {@link #maxTimestamp()}, set by the broker. */
    public boolean hasLogAppendTime() {
        return (attributes() & LOG_APPEND_TIME) != 0;
    }

    /** Kafka's number of the codec: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
    public int compression() {
        return attributes() & COMPRESSION_MASK;
    }

    /** Exactly the batch; a new view each time, of the same bytes. */
    public ByteBuffer bytes() {
        return buffer.slice(position, sizeBytes());
    }

    /** What stands behind the header, compressed if {@link #compression()} says so. */
    public ByteBuffer records() {
        return buffer.slice(position + HEADER_BYTES, sizeBytes() - HEADER_BYTES);
    }

    /** What holds the bytes and lives as long as this view: the buffer's array, or the buffer if it has none. */
    @SuppressWarnings("ByteBufferBackingArray") // the array as a whole is meant
    public Object backing() {
        return buffer.hasArray() ? buffer.array() : buffer;
    }

    /** How many bytes {@link #backing()} keeps in memory. */
    @SuppressWarnings("ByteBufferBackingArray") // the array as a whole is meant
    public int backingBytes() {
        return buffer.hasArray() ? buffer.array().length : buffer.capacity();
    }

    /** Whether the batch is so small a part of {@link #backing()} that it had better not keep that in memory. */
    public boolean keepsTooMuch() {
        return sizeBytes() < backingBytes() / LEAST_PART_KEPT;
    }

    /** The same batch in memory of its own. */
    public RecordBatch copy() {
        byte[] copy = new byte[sizeBytes()];
        buffer.get(position, copy);
        return new RecordBatch(ByteBuffer.wrap(copy), 0);
    }

    /** Writes the two fields that stand outside the checksum. */
    public void assign(long baseOffset, int leaderEpoch) {
        buffer.putLong(position, baseOffset);
        buffer.putInt(position + LEADER_EPOCH_AT, leaderEpoch);
    }

    /** Has the header state the largest time of a record, and the checksum that follows from it; often it does already. */
    public void correctMaxTimestamp(long millis) {
        if (maxTimestamp() != millis) {
            buffer.putLong(position + MAX_TIMESTAMP_AT, millis);
            buffer.putInt(position + CRC_AT, computeCrc());
        }
    }

    /** Gives all records the broker's time, and the batch the checksum that follows from it. */
    public void stampLogAppendTime(long millis) {
        buffer.putShort(position + ATTRIBUTES_AT, (short) (attributes() | LOG_APPEND_TIME));
        buffer.putLong(position + MAX_TIMESTAMP_AT, millis);
        buffer.putInt(position + CRC_AT, computeCrc());
    }

    @Override
    public String toString() {
        return "batch[" + baseOffset() + ".." + lastOffset() + ", " + sizeBytes() + " bytes]";
    }
}
