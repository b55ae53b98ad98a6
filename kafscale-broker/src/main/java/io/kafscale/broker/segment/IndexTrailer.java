// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * The last bytes of an {@code .index}, by which all the rest is found. All numbers are big-endian.
 *
 * <pre>
 *  0 16 topic id          40 i64 length of the .kfs       64 i32 length of the state     88 u32 CRC-32C of all before
 * 16 i32 partition        48 u32 CRC-32C of its batches   68 u32 CRC-32C of the state    92 u32 CRC-32C of 0 to 92
 * 20 i32 leader epoch     52 i64 max timestamp            72 i32 number of blocks        96 u16 version, 1
 * 24 i64 base offset      60 i32 position of the state    76 u32 CRC-32C of the blocks   98 u16 flags, 0
 * 32 i64 last offset                                      80 i32 number of time marks   100 "KSI!"
 *                                                         84 u32 CRC-32C of the marks
 * </pre>
 *
 * <p>Immutable as a view.
 */
final class IndexTrailer {

    static final int BYTES = 104;
    static final int MARK_BYTES = 16;

    /** The start of an index, which any program reads: header and entries. */
    static final int HEADER_BYTES = 16;

    static final int ENTRY_BYTES = 12;

    /** No index is as long; more is not read. */
    static final int MAX_INDEX_BYTES = 256 << 20;

    private static final int CRC_AT = 92;
    private static final int MAGIC = 0x4B534921;
    private static final short VERSION = 1;
    private static final short NO_FLAGS = 0;

    private final ByteBuffer bytes;

    /** The sections of an index as bytes, one behind the other. Immutable. */
    record Sections(ByteBuffer beginning, ByteBuffer state, ByteBuffer blocks, ByteBuffer marks) {
        int sizeBytes() {
            return beginning.remaining() + state.remaining() + blocks.remaining() + marks.remaining();
        }
    }

    private IndexTrailer(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    /** Writes the sections and the trailer that fits them. */
    static ByteBuffer write(SegmentIndex index, Sections sections) {
        ByteBuffer out = ByteBuffer.allocate(sections.sizeBytes() + BYTES);
        out.put(sections.beginning().duplicate());
        int statePosition = out.position();
        out.put(sections.state().duplicate());
        out.put(sections.blocks().duplicate());
        out.put(sections.marks().duplicate());
        int trailerAt = out.position();
        SegmentName name = index.name();
        UUID topicId = name.id().topicId();
        out.putLong(topicId.getMostSignificantBits()).putLong(topicId.getLeastSignificantBits());
        out.putInt(name.id().partition()).putInt(name.leaderEpoch());
        out.putLong(name.baseOffset()).putLong(name.lastOffset());
        out.putLong(index.segmentBytes()).putInt(index.bodyCrc()).putLong(index.maxTimestamp());
        out.putInt(statePosition).putInt(sections.state().remaining());
        out.putInt(Corrupt.crc(sections.state().duplicate()));
        out.putInt(sections.blocks().remaining() / BlockTable.ROW_BYTES);
        out.putInt(Corrupt.crc(sections.blocks().duplicate()));
        out.putInt(sections.marks().remaining() / MARK_BYTES);
        out.putInt(Corrupt.crc(sections.marks().duplicate()));
        out.putInt(Corrupt.crc(out.slice(0, trailerAt)));
        out.putInt(Corrupt.crc(out.slice(trailerAt, CRC_AT)));
        return out.putShort(VERSION).putShort(NO_FLAGS).putInt(MAGIC).flip();
    }

    /**
     * Reads and checks the trailer.
     *
     * @param tail any part of the index that ends where the index does
     */
    static IndexTrailer parse(SegmentName name, ByteBuffer tail) {
        Corrupt.unless(tail.remaining() >= BYTES, name, "index of " + tail.remaining() + " bytes");
        ByteBuffer bytes = tail.slice(tail.limit() - BYTES, BYTES);
        Corrupt.unless(bytes.getInt(100) == MAGIC, name, "index has no trailer");
        Corrupt.unless(bytes.getShort(96) == VERSION, name, "index of version " + bytes.getShort(96));
        Corrupt.unless(bytes.getShort(98) == NO_FLAGS, name, "index with flags " + bytes.getShort(98));
        Corrupt.unless(bytes.getInt(CRC_AT) == Corrupt.crc(bytes.slice(0, CRC_AT)), name, "index trailer's checksum");
        IndexTrailer trailer = new IndexTrailer(bytes);
        trailer.check(name);
        return trailer;
    }

    private void check(SegmentName name) {
        UUID topicId = new UUID(bytes.getLong(0), bytes.getLong(8));
        boolean isOurs = topicId.equals(name.id().topicId())
                && bytes.getInt(16) == name.id().partition()
                && bytes.getInt(20) == name.leaderEpoch()
                && bytes.getLong(24) == name.baseOffset()
                && bytes.getLong(32) == name.lastOffset();
        Corrupt.unless(isOurs, name, "index of another segment");
        long most = SegmentFormat.MAX_BYTES;
        Corrupt.unless(segmentBytes() > 0 && segmentBytes() <= most, name, "segment of " + segmentBytes() + " bytes");
        Corrupt.unless(
                statePosition() >= HEADER_BYTES && (statePosition() - HEADER_BYTES) % ENTRY_BYTES == 0,
                name,
                "state at " + statePosition());
        Corrupt.unless(stateLength() >= 0 && blockCount() > 0, name, "sizes of sections");
        Corrupt.unless(markCount() > 0 && markCount() <= TimeMarks.MOST, name, markCount() + " time marks");
        Corrupt.unless(indexBytes() <= MAX_INDEX_BYTES, name, "index of " + indexBytes() + " bytes");
    }

    /**
     * Whether the sections that lie wholly in a part of the index are what was written.
     *
     * @param position where the part begins in the index
     */
    boolean bearsOut(long position, ByteBuffer part) {
        return bearsOut(statePosition(), stateLength(), stateCrc(), position, part)
                && bearsOut(blocksPosition(), blockCount() * BlockTable.ROW_BYTES, blocksCrc(), position, part)
                && bearsOut(marksPosition(), markCount() * MARK_BYTES, marksCrc(), position, part);
    }

    private static boolean bearsOut(long section, int length, int crc, long position, ByteBuffer part) {
        boolean isInside = section >= position && section + length <= position + part.remaining();
        return !isInside || Corrupt.crc(part.slice(part.position() + (int) (section - position), length)) == crc;
    }

    long segmentBytes() {
        return bytes.getLong(40);
    }

    int bodyCrc() {
        return bytes.getInt(48);
    }

    long maxTimestamp() {
        return bytes.getLong(52);
    }

    int statePosition() {
        return bytes.getInt(60);
    }

    int stateLength() {
        return bytes.getInt(64);
    }

    int stateCrc() {
        return bytes.getInt(68);
    }

    int blockCount() {
        return bytes.getInt(72);
    }

    int blocksCrc() {
        return bytes.getInt(76);
    }

    int markCount() {
        return bytes.getInt(80);
    }

    int marksCrc() {
        return bytes.getInt(84);
    }

    /** Of all bytes before the trailer. */
    int indexCrc() {
        return bytes.getInt(88);
    }

    int entryCount() {
        return (statePosition() - HEADER_BYTES) / ENTRY_BYTES;
    }

    long blocksPosition() {
        return (long) statePosition() + stateLength();
    }

    long marksPosition() {
        return blocksPosition() + (long) blockCount() * BlockTable.ROW_BYTES;
    }

    /** Length of the whole index. */
    long indexBytes() {
        return marksPosition() + (long) markCount() * MARK_BYTES + BYTES;
    }
}
