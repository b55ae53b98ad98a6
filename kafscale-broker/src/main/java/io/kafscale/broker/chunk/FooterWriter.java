// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.proto.log.ChunkDetails;
import java.nio.ByteBuffer;

/**
 * A footer that grows chunk by chunk, already in the bytes in which it will be written. Confined to one thread.
 */
public final class FooterWriter {

    private static final int FIRST_CAPACITY = 4 * 1024;

    private ByteBuffer directory = ByteBuffer.allocate(FIRST_CAPACITY);
    private ByteBuffer details = ByteBuffer.allocate(FIRST_CAPACITY);
    private int count;

    /** Adds a chunk, in the order of the directory. */
    public void add(Chunk chunk, int batchCount, ChunkDetails chunkDetails) {
        byte[] bytes = chunkDetails.toByteArray();
        details = withRoom(details, bytes.length);
        directory = withRoom(directory, SharedFooter.ENTRY_BYTES);
        putChunk(chunk);
        directory.putInt(batchCount);
        directory.putInt(details.position()); // counted from the first of them until all are there
        directory.putInt(bytes.length).putInt(SharedFooter.crc(ByteBuffer.wrap(bytes)));
        details.put(bytes);
        count++;
    }

    private void putChunk(Chunk chunk) {
        directory.putLong(chunk.id().topicId().getMostSignificantBits());
        directory.putLong(chunk.id().topicId().getLeastSignificantBits());
        directory.putInt(chunk.id().partition()).putInt(chunk.leaderEpoch());
        directory.putLong(chunk.baseOffset()).putLong(chunk.lastOffset());
        directory.putLong(chunk.bytes().position()).putInt(chunk.bytes().length());
        directory.putInt(chunk.bytes().crc()).putLong(chunk.maxTimestamp());
    }

    private static ByteBuffer withRoom(ByteBuffer buffer, int length) {
        if (buffer.remaining() >= length) {
            return buffer;
        }
        int needed = Math.addExact(buffer.position(), length);
        int capacity = (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, buffer.capacity() * 2L));
        return ByteBuffer.allocate(capacity).put(buffer.flip());
    }

    public int count() {
        return count;
    }

    /**
     * The bytes of footer and trailer; the last call.
     *
     * @param bodyBytes bytes before the footer
     */
    public ByteBuffer finish(long bodyBytes) {
        int detailsAt = SharedFooter.HEADER_BYTES + directory.position();
        for (int i = 0; i < count; i++) {
            int at = i * SharedFooter.ENTRY_BYTES + SharedFooter.DETAILS_AT;
            directory.putInt(at, Math.addExact(directory.getInt(at), detailsAt));
        }
        int length = Math.addExact(detailsAt, details.position());
        ByteBuffer out = ByteBuffer.allocate(Math.addExact(length, SharedFooter.TRAILER_BYTES));
        directory.flip();
        out.putInt(count).putInt(SharedFooter.crc(directory.duplicate())).putLong(bodyBytes);
        out.put(directory).put(details.flip());
        out.putInt(length).putInt(SharedFooter.crc(out.slice(0, length)));
        return SharedFooter.putTrailerEnd(out).flip();
    }
}
