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
        ByteBuffer tail = objects.readTail(name.indexKey(root), TAIL_BYTES);
        IndexTrailer trailer = IndexTrailer.parse(name, tail);
        ByteBuffer bytes = from(trailer.blocksPosition(), name, trailer, tail);
        return IndexImage.parseIndex(name, trailer, bytes);
    }

    /** The index and the state; fails as {@link #index} does. */
    IndexImage.Content content(SegmentName name) {
        ByteBuffer tail = objects.readTail(name.indexKey(root), TAIL_BYTES);
        IndexTrailer trailer = IndexTrailer.parse(name, tail);
        ByteBuffer bytes = from(trailer.statePosition(), name, trailer, tail);
        ByteBuffer state = bytes.slice(bytes.position(), trailer.stateLength());
        SegmentIndex index =
                IndexImage.parseIndex(name, trailer, bytes.position(bytes.position() + trailer.stateLength()));
        return new IndexImage.Content(index, IndexImage.parseState(index, trailer, state));
    }

    /** What stands between a position and the trailer. */
    private ByteBuffer from(long position, SegmentName name, IndexTrailer trailer, ByteBuffer tail) {
        ObjectKey key = name.indexKey(root);
        long tailPosition = trailer.indexBytes() - tail.remaining();
        boolean isTail = tailPosition == 0 || (tailPosition > 0 && tail.remaining() == TAIL_BYTES);
        Corrupt.unless(isTail, key, "tail of " + tail.remaining() + " bytes");
        ByteBuffer end = tail.slice(0, tail.remaining() - IndexTrailer.BYTES);
        if (position >= tailPosition) {
            return end.position((int) (position - tailPosition));
        }
        int missing = (int) (tailPosition - position);
        ByteBuffer all = ByteBuffer.allocate(missing + end.remaining());
        return all.put(Corrupt.whole(objects.read(key, position, missing), missing, key))
                .put(end)
                .flip();
    }
}
