// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ChunkDetails;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * The chunks of one object that are still needed, one after the other in the order of the directory, which is that of
 * their bytes: these are read in large pieces, of which one is in memory. Confined to one thread.
 */
final class ChunkSource {

    /** What is not needed is read all the same when it is shorter than a further request costs. */
    private static final int SMALL_GAP_BYTES = 128 * 1024;

    private final ObjectStore objects;
    private final ObjectKey object;
    private final SharedFooter footer;
    private final int[] live;
    private final int windowBytes;

    private int next;
    private ByteBuffer window = ByteBuffer.allocate(0);
    private long windowAt;

    /**
     * The chunks of an object.
     *
     * @param windowBytes most bytes that are in memory at a time
     */
    ChunkSource(ObjectStore objects, ObjectKey object, SharedFooter footer, Liveness liveness, int windowBytes) {
        this.objects = objects;
        this.object = object;
        this.footer = footer;
        this.windowBytes = windowBytes;
        this.live = java.util.stream.IntStream.range(0, footer.chunks().size())
                .filter(place -> liveness.isLive(footer.chunks().get(place)))
                .toArray();
    }

    ObjectKey object() {
        return object;
    }

    /** The chunk whose turn it is; empty at the end. */
    Optional<Chunk> peek() {
        return next < live.length ? Optional.of(chunk(next)) : Optional.empty();
    }

    private Chunk chunk(int place) {
        return footer.chunks().get(live[place]);
    }

    int batchCount() {
        return footer.batchCount(live[next]);
    }

    ChunkDetails details() {
        return footer.details(live[next]);
    }

    /**
     * Hands on the bytes of the chunk whose turn it is, piece by piece, and goes on to the next one.
     *
     * @throws StorageException when they cannot be had, or were not those that were written; pieces of them have been
     *     handed on then
     */
    void copyTo(Consumer<ByteBuffer> sink) {
        Chunk chunk = chunk(next);
        CRC32C crc = new CRC32C();
        long at = chunk.bytes().position();
        long end = at + chunk.bytes().length();
        while (at < end) {
            ByteBuffer piece = piece(at, end);
            crc.update(piece.duplicate());
            sink.accept(piece);
            at += piece.remaining();
        }
        if ((int) crc.getValue() != chunk.bytes().crc()) {
            throw corrupt("chunk at " + chunk.bytes().position() + ": checksum does not match");
        }
        next++;
        if (next == live.length) {
            window = ByteBuffer.allocate(0);
        }
    }

    /** What is in memory of a range from its beginning, at least a byte. */
    private ByteBuffer piece(long at, long end) {
        if (at < windowAt || at >= windowAt + window.limit()) {
            window = ByteBuffer.allocate(0); // two at a time would be too much
            int length = lengthToRead(at);
            window = objects.read(object, at, length);
            windowAt = at;
            if (window.remaining() != length) {
                throw corrupt(window.remaining() + " bytes at " + at + " instead of " + length);
            }
        }
        int from = (int) (at - windowAt);
        return window.slice(from, (int) Math.min(end - at, window.limit() - (long) from));
    }

    /** As many chunks that are needed as fit, as long as little lies between them. */
    private int lengthToRead(long at) {
        long end = endOf(chunk(next));
        for (int place = next + 1; place < live.length; place++) {
            Chunk chunk = chunk(place);
            if (chunk.bytes().position() - end > SMALL_GAP_BYTES || endOf(chunk) - at > windowBytes) {
                break;
            }
            end = endOf(chunk);
        }
        return (int) Math.min(end - at, windowBytes);
    }

    private static long endOf(Chunk chunk) {
        return chunk.bytes().position() + chunk.bytes().length();
    }

    private StorageException corrupt(String what) {
        return new StorageException(StorageException.Kind.CORRUPT, "object " + object + ": " + what);
    }
}
