// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;

/**
 * Reads {@code .index} objects from their end: one read unless what is wanted is larger, then two. Thread-safe: it has no
 * state.
 */
final class IndexReader {

    /** The blocks of a segment of 2 GiB and all marks, and more; also the state when there are few producers. */
    static final int TAIL_BYTES = 64 << 10;

    private final ObjectStore objects;
    private final ObjectKey root;

    IndexReader(ObjectStore objects, ObjectKey root) {
        this.objects = objects;
        this.root = root;
    }

    /**
     * The index without the state.
     *
     * @throws StorageException of kind NOT_FOUND when there is none, CORRUPT when it is not what was written
     */
    SegmentIndex index(SegmentName name) {
        ByteBuffer tail = tail(name);
        IndexTrailer trailer = IndexTrailer.parse(name, tail);
        ByteBuffer bytes = from(trailer.blocksPosition(), name, trailer, tail);
        return IndexImage.parseIndex(name, trailer, bytes);
    }

    /** The index and the state; fails as {@link #index} does. */
    IndexImage.Content content(SegmentName name) {
        ByteBuffer tail = tail(name);
        IndexTrailer trailer = IndexTrailer.parse(name, tail);
        ByteBuffer bytes = from(trailer.statePosition(), name, trailer, tail);
        ByteBuffer state = bytes.slice(bytes.position(), trailer.stateLength());
        SegmentIndex index =
                IndexImage.parseIndex(name, trailer, bytes.position(bytes.position() + trailer.stateLength()));
        return new IndexImage.Content(index, IndexImage.parseState(index, trailer, state));
    }

    private ByteBuffer tail(SegmentName name) {
        return objects.readTail(name.indexKey(root), TAIL_BYTES, tail -> isIntact(name, tail));
    }

    private static boolean isIntact(SegmentName name, ByteBuffer tail) {
        try {
            IndexTrailer trailer = IndexTrailer.parse(name, tail);
            return trailer.bearsOut(trailer.indexBytes() - tail.remaining(), tail);
        } catch (StorageException damaged) {
            return false;
        }
    }

    /** What stands between a position, where a section begins, and the trailer. */
    private ByteBuffer from(long position, SegmentName name, IndexTrailer trailer, ByteBuffer tail) {
        ObjectKey key = name.indexKey(root);
        long tailPosition = trailer.indexBytes() - tail.remaining();
        boolean isTail = tailPosition == 0 || (tailPosition > 0 && tail.remaining() == TAIL_BYTES);
        Corrupt.unless(isTail, key, "tail of " + tail.remaining() + " bytes");
        if (position >= tailPosition) {
            ByteBuffer end = tail.slice(0, tail.remaining() - IndexTrailer.BYTES);
            return end.position((int) (position - tailPosition));
        }
        int length = (int) (trailer.indexBytes() - IndexTrailer.BYTES - position);
        return Corrupt.whole(
                objects.read(key, position, length, bytes -> trailer.bearsOut(position, bytes)), length, key);
    }
}
