// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * The bytes of a metadata file: a header, then frames. Each frame was made durable before the next one was written, so
 * only the last can be torn. Not thread-safe: confined to whoever reads the file.
 *
 * <pre>
 *   header   0         8         12               20        24
 *            | KAFSMETA| i32 = 1 | i64 salt       | i32 crc |       crc: CRC-32C of what stands before it
 *
 *   frame    0         8         12               12 + length
 *            | marker  | i32 len | body ...       | i32 crc |       marker: salt XOR the frame's position in the file
 * </pre>
 *
 * <p>A marker stands only where it was written: neither a value that holds a copy of a frame nor bytes of an older file
 * are taken for one. A check sum behind the body is wrong as long as any end of the frame is missing. Behind the last
 * frame the file may go on with zeros, space kept for frames to come.
 */
final class LogFrames {

    static final int HEADER_BYTES = 24;

    /** What a frame has beside its body. */
    static final int FRAME_BYTES = 16;

    /** No body is larger, so that a damaged length is not taken for one. */
    static final int MAX_BODY_BYTES = 64 * 1024 * 1024;

    private static final int FRAME_HEAD_BYTES = 12;
    private static final long MAGIC = 0x4b4146534d455441L;
    private static final int VERSION = 1;
    private static final int WINDOW_BYTES = 1024 * 1024;

    private final DiskFile file;
    private final long size;
    private final long salt;
    private ByteBuffer window = ByteBuffer.allocate(0);
    private long windowStart;

    private LogFrames(DiskFile file, long size, long salt) {
        this.file = file;
        this.size = size;
        this.salt = salt;
    }

    /** A frame that was found. Immutable, apart from the position of its body. */
    record Frame(ByteBuffer body, long endPosition) {}

    static ByteBuffer header(long salt) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        header.putLong(MAGIC).putInt(VERSION).putLong(salt);
        return header.putInt(crc(List.of(header.slice(0, header.position())))).flip();
    }

    /** A frame for that position, in parts. */
    static List<ByteBuffer> frame(long salt, long position, ByteBuffer body) {
        ByteBuffer head = ByteBuffer.allocate(FRAME_HEAD_BYTES);
        head.putLong(salt ^ position).putInt(body.remaining()).flip();
        ByteBuffer tail = ByteBuffer.allocate(Integer.BYTES);
        tail.putInt(crc(List.of(head, body))).flip();
        return List.of(head, body, tail);
    }

    /** Writes a frame; answers its size. */
    static long write(DiskFile file, long salt, long position, ByteBuffer body) throws IOException {
        file.write(frame(salt, position, body), position);
        return body.remaining() + (long) FRAME_BYTES;
    }

    private static int crc(List<ByteBuffer> parts) {
        CRC32C crc = new CRC32C();
        parts.forEach(part -> crc.update(part.duplicate()));
        return (int) crc.getValue();
    }

    /** Reads the header; empty when it is none of ours. */
    static Optional<LogFrames> of(DiskFile file) throws IOException {
        long size = file.size();
        if (size < HEADER_BYTES) {
            return Optional.empty();
        }
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        file.read(header, 0);
        long salt = header.getLong(12);
        return header.flip().equals(header(salt)) ? Optional.of(new LogFrames(file, size, salt)) : Optional.empty();
    }

    long salt() {
        return salt;
    }

    long size() {
        return size;
    }

    /** The frame at a position; empty when there is none, or not all of it. */
    Optional<Frame> at(long position) throws IOException {
        if (position > size - FRAME_BYTES || longAt(position) != (salt ^ position)) {
            return Optional.empty();
        }
        int length = bytes(position + Long.BYTES, Integer.BYTES).getInt();
        if (length < 0 || length > Math.min(MAX_BODY_BYTES, size - position - FRAME_BYTES)) {
            return Optional.empty();
        }
        ByteBuffer frame = bytes(position, length + FRAME_BYTES);
        ByteBuffer body = frame.slice(FRAME_HEAD_BYTES, length);
        boolean whole =
                frame.getInt(FRAME_HEAD_BYTES + length) == crc(List.of(frame.slice(0, FRAME_HEAD_BYTES + length)));
        return whole ? Optional.of(new Frame(body, position + length + FRAME_BYTES)) : Optional.empty();
    }

    /** The first position behind the given one that holds a frame. */
    OptionalLong nextBehind(long position) throws IOException {
        for (long candidate = position + 1; candidate <= size - FRAME_BYTES; candidate++) {
            if (longAt(candidate) == (salt ^ candidate) && at(candidate).isPresent()) {
                return OptionalLong.of(candidate);
            }
        }
        return OptionalLong.empty();
    }

    /** Whether the file holds nothing but zeros from the position on. */
    boolean isBlankFrom(long position) throws IOException {
        for (long at = position; at < size; at++) {
            load(at, 1);
            if (window.get((int) (at - windowStart)) != 0) {
                return false;
            }
        }
        return true;
    }

    private long longAt(long position) throws IOException {
        load(position, Long.BYTES);
        return window.getLong((int) (position - windowStart));
    }

    /** So many bytes, which stay what they are while others are read. */
    private ByteBuffer bytes(long position, int length) throws IOException {
        load(position, length);
        return window.slice((int) (position - windowStart), length);
    }

    private void load(long position, int length) throws IOException {
        if (position >= windowStart && position + length <= windowStart + window.limit()) {
            return;
        }
        ByteBuffer fresh = ByteBuffer.allocate((int) Math.min(size - position, Math.max(length, WINDOW_BYTES)));
        file.read(fresh, position);
        window = fresh.flip();
        windowStart = position;
    }
}
