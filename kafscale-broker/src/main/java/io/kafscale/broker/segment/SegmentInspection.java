// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;

/**
 * Looks at what stands in a bucket of sealed segments, without mending anything. All fail with a {@link StorageException} that
 * says what is wrong. Thread-safe: it has no state.
 */
public final class SegmentInspection {

    private final ObjectStore objects;
    private final ObjectKey root;
    private final IndexReader reader;

    public SegmentInspection(ObjectStore objects, ObjectKey root) {
        this.objects = objects;
        this.root = root;
        this.reader = new IndexReader(objects, root);
    }

    /** Reads a whole segment, checks all of it, and gives the index that it deserves. */
    public SegmentIndex segment(SegmentName name) {
        return SegmentScan.index(objects, root, name, SealedState.NONE)
                .content()
                .index();
    }

    /** Checks header and footer of a segment, which have room for batches between them. */
    public void ends(SegmentName name, long sizeBytes) {
        ObjectKey key = name.segmentKey(root);
        long footerAt = sizeBytes - SegmentFormat.FOOTER_BYTES;
        Corrupt.unless(footerAt > SegmentFormat.HEADER_BYTES, key, "has " + sizeBytes + " bytes");
        SegmentFormat.createdMillis(name, objects.read(key, 0, SegmentFormat.HEADER_BYTES));
        SegmentFormat.bodyCrc(name, objects.read(key, footerAt, SegmentFormat.FOOTER_BYTES));
    }

    /** Reads a whole index, checks all of it, and that it is of the same batches as the one that the segment deserves. */
    public SealedState index(SegmentIndex deserved, ObjectInfo index) {
        SegmentName name = deserved.name();
        ByteBuffer all = objects.read(index.key(), 0, Math.toIntExact(index.sizeBytes()));
        IndexImage.Content content = IndexImage.parse(name, all);
        Corrupt.unless(content.index().sameSegmentAs(deserved), index.key(), "is of other batches than the segment");
        return content.state();
    }

    /** What an index says of the partition as of its segment's end. */
    public SealedState state(SegmentName name) {
        return reader.content(name).state();
    }
}
