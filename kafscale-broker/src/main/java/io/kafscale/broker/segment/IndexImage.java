// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.proto.log.LeaderEpochStart;
import io.kafscale.proto.log.SegmentState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * An {@code .index} as bytes. All numbers are big-endian; the trailer is drawn at {@link IndexTrailer}.
 *
 * <pre>
 * header, 16 bytes   0 "IDX\0"   4 u16 version, 1   6 i32 entry count   10 i32 interval, 4096   14 u16 reserved, 0
 * entries, 12 each   0 i64 base offset of a batch   8 i32 its position in the .kfs
 * state              a SegmentState message
 * blocks, 28 each    drawn at {@link BlockTable}
 * marks, 16 each     0 i64 end offset of a segment   8 i64 its max timestamp
 * trailer, 104 bytes
 * </pre>
 *
 * <p>Whoever looks for offsets and times reads the end, from the blocks on. Stateless.
 */
final class IndexImage {

    /** A batch gets an entry when it begins at least so many bytes behind the one that has the entry before. */
    static final int INTERVAL = 4096;

    private static final int MAGIC = 0x49445800;
    private static final short VERSION = 1;
    private static final short RESERVED = 0;

    private IndexImage() {}

    /** An index with the state that stands in it. Immutable. */
    record Content(SegmentIndex index, SealedState state) {}

    /**
     * All bytes of an index.
     *
     * @param entries those of the batches, from position to limit
     */
    static ByteBuffer encode(Content content, ByteBuffer entries) {
        SegmentIndex index = content.index();
        ByteBuffer beginning = ByteBuffer.allocate(IndexTrailer.HEADER_BYTES + entries.remaining());
        beginning.putInt(MAGIC).putShort(VERSION).putInt(entries.remaining() / IndexTrailer.ENTRY_BYTES);
        beginning.putInt(INTERVAL).putShort(RESERVED).put(entries.duplicate()).flip();
        ByteBuffer blocks = ByteBuffer.allocate(index.blockCount() * BlockTable.ROW_BYTES);
        index.blocks().write(blocks);
        ByteBuffer marks = ByteBuffer.allocate(index.marks().count() * IndexTrailer.MARK_BYTES);
        index.marks().marks().forEach(mark -> marks.putLong(mark.endOffset()).putLong(mark.maxTimestamp()));
        ByteBuffer state = content.state().message().toByteString().asReadOnlyByteBuffer();
        return IndexTrailer.write(index, new IndexTrailer.Sections(beginning, state, blocks.flip(), marks.flip()));
    }

    /** Reads a whole index and checks all of it. */
    static Content parse(SegmentName name, ByteBuffer whole) {
        ByteBuffer all = whole.slice();
        IndexTrailer trailer = IndexTrailer.parse(name, all);
        Corrupt.unless(trailer.indexBytes() == all.remaining(), name, "index of " + all.remaining() + " bytes");
        ByteBuffer body = all.slice(0, all.remaining() - IndexTrailer.BYTES);
        Corrupt.unless(Corrupt.crc(body.duplicate()) == trailer.indexCrc(), name, "index's checksum");
        checkBeginning(name, trailer, all);
        SegmentIndex index = parseIndex(name, trailer, body.position((int) trailer.blocksPosition()));
        return new Content(
                index, parseState(index, trailer, all.slice(trailer.statePosition(), trailer.stateLength())));
    }

    private static void checkBeginning(SegmentName name, IndexTrailer trailer, ByteBuffer all) {
        boolean known = all.getInt(0) == MAGIC && all.getShort(4) == VERSION && all.getShort(14) == RESERVED;
        Corrupt.unless(known, name, "index header");
        Corrupt.unless(all.getInt(6) == trailer.entryCount(), name, all.getInt(6) + " index entries");
        Corrupt.unless(trailer.entryCount() > 0 && all.getInt(10) == INTERVAL, name, "interval " + all.getInt(10));
        long offset = name.baseOffset() - 1;
        long position = SegmentFormat.HEADER_BYTES - INTERVAL;
        for (int i = 0; i < trailer.entryCount(); i++) {
            int at = IndexTrailer.HEADER_BYTES + i * IndexTrailer.ENTRY_BYTES;
            boolean follows = all.getLong(at) > offset && all.getInt(at + 8) >= position + INTERVAL;
            offset = all.getLong(at);
            position = all.getInt(at + 8);
            Corrupt.unless(follows && offset <= name.lastOffset(), name, "index entry " + i);
        }
        Corrupt.unless(position < trailer.segmentBytes(), name, "index entry at " + position);
    }

    /**
     * Reads what stands between the state and the trailer.
     *
     * @param bytes exactly that, from position to limit
     */
    static SegmentIndex parseIndex(SegmentName name, IndexTrailer trailer, ByteBuffer bytes) {
        int blocksLength = trailer.blockCount() * BlockTable.ROW_BYTES;
        ByteBuffer blocks = bytes.slice(bytes.position(), blocksLength);
        ByteBuffer marks = bytes.slice(bytes.position() + blocksLength, bytes.remaining() - blocksLength);
        Corrupt.unless(Corrupt.crc(blocks.duplicate()) == trailer.blocksCrc(), name, "checksum of the blocks");
        Corrupt.unless(Corrupt.crc(marks.duplicate()) == trailer.marksCrc(), name, "checksum of the time marks");
        int bodyEnd = (int) trailer.segmentBytes() - SegmentFormat.FOOTER_BYTES;
        BlockTable table = BlockTable.parse(blocks, name, name.baseOffset(), name.endOffset(), bodyEnd);
        Corrupt.unless(table.maxTimestampFrom(0) == trailer.maxTimestamp(), name, "time of the blocks");
        TimeMarks times = parseMarks(name, marks);
        Corrupt.unless(times.maxBehind(name.lastOffset()) >= trailer.maxTimestamp(), name, "time of the marks");
        return new SegmentIndex(name, trailer.segmentBytes(), trailer.bodyCrc(), trailer.maxTimestamp(), table, times);
    }

    private static TimeMarks parseMarks(SegmentName name, ByteBuffer bytes) {
        List<TimeMarks.Mark> marks = new ArrayList<>();
        while (bytes.hasRemaining()) {
            marks.add(new TimeMarks.Mark(bytes.getLong(), bytes.getLong()));
        }
        try {
            return new TimeMarks(marks);
        } catch (IllegalArgumentException e) {
            throw Corrupt.because(name, "time marks: " + e.getMessage());
        }
    }

    static SealedState parseState(SegmentIndex index, IndexTrailer trailer, ByteBuffer bytes) {
        SegmentName name = index.name();
        Corrupt.unless(Corrupt.crc(bytes.duplicate()) == trailer.stateCrc(), name, "checksum of the state");
        try {
            SegmentState state = SegmentState.parseFrom(bytes);
            checkEpochs(name, state.getEpochsList());
            return new SealedState(name.endOffset(), state, index.marks());
        } catch (InvalidProtocolBufferException e) {
            throw Corrupt.because(name, "state: " + e.getMessage());
        }
    }

    private static void checkEpochs(SegmentName name, List<LeaderEpochStart> epochs) {
        Corrupt.unless(!epochs.isEmpty(), name, "no leader epochs");
        int epoch = -1;
        long offset = -1;
        for (LeaderEpochStart next : epochs) {
            boolean follows = next.getLeaderEpoch() > epoch && next.getStartOffset() > offset;
            Corrupt.unless(follows, name, "leader epoch " + next.getLeaderEpoch());
            epoch = next.getLeaderEpoch();
            offset = next.getStartOffset();
        }
        Corrupt.unless(epoch <= name.leaderEpoch() && offset <= name.lastOffset(), name, "leader epoch " + epoch);
    }
}
