// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ChunkDetails;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What stands behind the records of a shared object: a sorted directory of its chunks, details of each, and the trailer.
 * All numbers are big-endian.
 *
 * <pre>
 * header, 16 bytes     0 i32 chunk count     4 u32 CRC-32C of the directory     8 i64 bytes before the footer
 * directory, 80 bytes for each chunk, sorted by topic id, partition and base offset:
 *    0 16 topic id       24 i64 base offset   48 i32 length          64 i32 batch count
 *   16 i32 partition     32 i64 last offset   52 u32 CRC-32C         68 i32 details' position in the footer
 *   20 i32 leader epoch  40 i64 position      56 i64 max timestamp   72 i32 details' length
 *                                                                    76 u32 CRC-32C of the details
 * details              a ChunkDetails message for each chunk
 * trailer, 16 bytes    0 i32 footer length without trailer   4 u32 CRC-32C of the footer
 *                      8 u16 format version, 1   10 u16 flags, 0   12 "KSO!"
 * </pre>
 *
 * <p>Immutable.
 */
public final class SharedFooter {

    public static final int TRAILER_BYTES = 16;

    /** Order of the directory: that of the bytes of topic id and partition, then base offset. */
    public static final Comparator<Chunk> ORDER =
            Comparator.comparing(Chunk::id, SharedFooter::compareIds).thenComparingLong(Chunk::baseOffset);

    static final int HEADER_BYTES = 16;

    /** No object has so much in it that its footer would be longer. */
    private static final int MOST_FOOTER_BYTES = 512 << 20;

    static final int ENTRY_BYTES = 80;

    /** Where an entry says at which place in the footer its details are. */
    static final int DETAILS_AT = 68;

    private static final int BATCH_COUNT_AT = 64;
    private static final int MAGIC = 0x4B534F21;
    private static final short VERSION = 1;
    private static final short NO_FLAGS = 0;

    private final ByteBuffer footer;
    private final List<Chunk> chunks;

    /** A chunk with its details. Immutable. */
    record Entry(Chunk chunk, int batchCount, ChunkDetails details) {}

    private SharedFooter(ByteBuffer footer, List<Chunk> chunks) {
        this.footer = footer;
        this.chunks = List.copyOf(chunks);
    }

    static int compareIds(PartitionId a, PartitionId b) {
        UUID x = a.topicId();
        UUID y = b.topicId();
        int high = Long.compareUnsigned(x.getMostSignificantBits(), y.getMostSignificantBits());
        if (high != 0) {
            return high;
        }
        int low = Long.compareUnsigned(x.getLeastSignificantBits(), y.getLeastSignificantBits());
        return low != 0 ? low : Integer.compare(a.partition(), b.partition());
    }

    /** CRC-32C of the bytes of topic id and partition: how commit records name what is inside. */
    public static int mark(PartitionId id) {
        ByteBuffer bytes = ByteBuffer.allocate(20);
        bytes.putLong(id.topicId().getMostSignificantBits());
        bytes.putLong(id.topicId().getLeastSignificantBits());
        return crc(bytes.putInt(id.partition()).flip());
    }

    /**
     * The bytes of footer and trailer.
     *
     * @param bodyBytes bytes before the footer
     * @param entries in {@link #ORDER}
     */
    static ByteBuffer encode(long bodyBytes, List<Entry> entries) {
        FooterWriter writer = new FooterWriter();
        entries.forEach(entry -> writer.add(entry.chunk(), entry.batchCount(), entry.details()));
        return writer.finish(bodyBytes);
    }

    /** What stands behind length and checksum in every trailer. */
    static ByteBuffer putTrailerEnd(ByteBuffer out) {
        return out.putShort(VERSION).putShort(NO_FLAGS).putInt(MAGIC);
    }

    /**
     * Reads footer and trailer and checks both.
     *
     * @param bytes exactly footer and trailer, from position to limit
     * @param bodyBytes where the footer begins in its object
     * @throws StorageException of kind {@link StorageException.Kind#CORRUPT} when they are not what was written
     */
    public static SharedFooter parse(ByteBuffer bytes, long bodyBytes) {
        ByteBuffer all = bytes.slice();
        int length = all.remaining() - TRAILER_BYTES;
        check(length >= HEADER_BYTES, "too short");
        check(all.getInt(length + 12) == MAGIC, "no trailer");
        check(all.getShort(length + 8) == VERSION, "format version " + all.getShort(length + 8));
        check(all.getShort(length + 10) == NO_FLAGS, "flags " + all.getShort(length + 10));
        check(all.getInt(length) == length, "length " + all.getInt(length));
        ByteBuffer footer = all.slice(0, length);
        check(crc(footer.duplicate()) == all.getInt(length + 4), "checksum");
        check(footer.getLong(8) == bodyBytes, "body of " + footer.getLong(8));
        int count = footer.getInt(0);
        check(count >= 0 && count <= (length - HEADER_BYTES) / ENTRY_BYTES, "chunk count " + count);
        return new SharedFooter(footer, parseChunks(footer, count, bodyBytes));
    }

    /** Whether the checksum of such bytes is right. */
    static boolean isIntact(ByteBuffer bytes) {
        ByteBuffer all = bytes.slice();
        int length = all.remaining() - TRAILER_BYTES;
        return length >= HEADER_BYTES && crc(all.slice(0, length)) == all.getInt(length + 4);
    }

    /**
     * How long a footer is without the trailer, by a trailer that nothing else is known of.
     *
     * @param objectBytes the size of the object that it ends
     * @throws StorageException of kind {@link StorageException.Kind#CORRUPT} when it is none, or cannot be that object's
     */
    public static int footerBytes(ByteBuffer trailer, long objectBytes) {
        ByteBuffer all = trailer.slice();
        check(all.remaining() == TRAILER_BYTES, "trailer of " + all.remaining() + " bytes");
        check(all.getInt(12) == MAGIC, "no trailer");
        check(all.getShort(8) == VERSION, "format version " + all.getShort(8));
        int length = all.getInt(0);
        boolean fits = length >= HEADER_BYTES && length <= MOST_FOOTER_BYTES && length <= objectBytes - TRAILER_BYTES;
        check(fits, "length " + length + " in an object of " + objectBytes);
        return length;
    }

    private static List<Chunk> parseChunks(ByteBuffer footer, int count, long bodyBytes) {
        check(crc(footer.slice(HEADER_BYTES, count * ENTRY_BYTES)) == footer.getInt(4), "directory checksum");
        List<Chunk> chunks = new ArrayList<>(count);
        long position = 0;
        for (int i = 0; i < count; i++) {
            Chunk chunk = parseChunk(footer.slice(HEADER_BYTES + i * ENTRY_BYTES, ENTRY_BYTES));
            check(i == 0 || ORDER.compare(chunks.getLast(), chunk) < 0, "order of chunk " + i);
            check(chunk.bytes().position() == position, "position of chunk " + i);
            position += chunk.bytes().length();
            chunks.add(chunk);
        }
        check(position == bodyBytes, "chunks end at " + position);
        return chunks;
    }

    private static Chunk parseChunk(ByteBuffer in) {
        try {
            PartitionId id = new PartitionId(new UUID(in.getLong(), in.getLong()), in.getInt());
            int leaderEpoch = in.getInt();
            long baseOffset = in.getLong();
            long lastOffset = in.getLong();
            Chunk.Extent bytes = new Chunk.Extent(in.getLong(), in.getInt(), in.getInt());
            return new Chunk(id, leaderEpoch, baseOffset, lastOffset, in.getLong(), bytes);
        } catch (IllegalArgumentException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, "shared footer: " + e.getMessage(), e);
        }
    }

    /** In {@link #ORDER}. */
    public List<Chunk> chunks() {
        return chunks;
    }

    /** Where it begins in its object. */
    public long position() {
        return footer.getLong(8);
    }

    /** Its bytes without the trailer. */
    public int lengthBytes() {
        return footer.limit();
    }

    /** How many batches a chunk has, by its place among {@link #chunks()}. */
    public int batchCount(int index) {
        return footer.getInt(HEADER_BYTES + index * ENTRY_BYTES + BATCH_COUNT_AT);
    }

    /** What stands in the footer beside the directory, for one of {@link #chunks()} by its place there. */
    public ChunkDetails details(int index) {
        int entryAt = HEADER_BYTES + index * ENTRY_BYTES;
        int at = footer.getInt(entryAt + DETAILS_AT);
        int length = footer.getInt(entryAt + 72);
        check(at >= 0 && length >= 0 && at <= footer.limit() - length, "details of chunk " + index);
        ByteBuffer bytes = footer.slice(at, length);
        check(crc(bytes.duplicate()) == footer.getInt(entryAt + 76), "details checksum of chunk " + index);
        try {
            return ChunkDetails.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, "shared footer: details of chunk " + index, e);
        }
    }

    /** About how much memory it holds. */
    public int sizeBytes() {
        return footer.limit() + chunks.size() * 150;
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new StorageException(StorageException.Kind.CORRUPT, "shared footer: " + what);
        }
    }

    /** CRC-32C of what is between position and limit, which is read. */
    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
