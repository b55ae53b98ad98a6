// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import java.nio.ByteBuffer;

/**
 * What stands before and behind the batches of a {@code .kfs}. All numbers are big-endian.
 *
 * <pre>
 * header, 32 bytes     0 "KAFS"   4 u16 version, 1   6 u16 flags, 0   8 i64 base offset   16 i32 record count
 *                     20 i64 created, ms since 1970-01-01 UTC   28 reserved, 0
 * batches
 * footer, 16 bytes     0 u32 CRC-32C of the batches   4 i64 last offset   12 "END!"
 * </pre>
 *
 * <p>The record count is that of the offsets: a batch is accepted only when each of its offsets has a record. Stateless.
 */
final class SegmentFormat {

    static final int HEADER_BYTES = 32;
    static final int FOOTER_BYTES = 16;

    /** Positions in an index are signed numbers of 32 bits. */
    static final int MAX_BYTES = Integer.MAX_VALUE;

    private static final int MAGIC = 0x4B414653;
    private static final int END = 0x454E4421;
    private static final short VERSION = 1;
    private static final short NO_FLAGS = 0;
    private static final int CREATED_AT = 20;

    private SegmentFormat() {}

    static int recordCount(SegmentName name) {
        return Math.toIntExact(name.endOffset() - name.baseOffset());
    }

    static ByteBuffer header(SegmentName name, long createdMillis) {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES);
        out.putInt(MAGIC).putShort(VERSION).putShort(NO_FLAGS);
        out.putLong(name.baseOffset()).putInt(recordCount(name));
        return out.putLong(createdMillis).putInt(0).flip();
    }

    static ByteBuffer footer(SegmentName name, int bodyCrc) {
        ByteBuffer out = ByteBuffer.allocate(FOOTER_BYTES);
        return out.putInt(bodyCrc).putLong(name.lastOffset()).putInt(END).flip();
    }

    /** Checks a header and gives the time at which the segment was made. */
    static long createdMillis(SegmentName name, ByteBuffer header) {
        Corrupt.unless(header.remaining() == HEADER_BYTES, name, "header of " + header.remaining() + " bytes");
        long createdMillis = header.getLong(CREATED_AT);
        Corrupt.unless(header.equals(header(name, createdMillis)), name, "header");
        return createdMillis;
    }

    /** Checks a footer and gives the checksum of the batches. */
    static int bodyCrc(SegmentName name, ByteBuffer footer) {
        Corrupt.unless(footer.remaining() == FOOTER_BYTES, name, "footer of " + footer.remaining() + " bytes");
        int crc = footer.getInt(0);
        Corrupt.unless(footer.equals(footer(name, crc)), name, "footer");
        return crc;
    }
}
