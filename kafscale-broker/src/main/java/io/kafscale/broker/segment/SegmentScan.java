// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;

/**
 * Reads a whole {@code .kfs}, a window at a time, checks all of it and makes its index anew. Confined to one thread.
 */
final class SegmentScan {

    private static final int WINDOW_BYTES = 8 << 20;

    /** No frame is as large, so no batch is. */
    private static final int MAX_BATCH_BYTES = 128 << 20;

    private static final byte MAGIC = 2;

    private final ObjectStore objects;
    private final SegmentName name;
    private final ObjectKey key;
    private final long bodyEnd;

    private SegmentScan(ObjectStore objects, SegmentName name, ObjectKey key, long sizeBytes) {
        this.objects = objects;
        this.name = name;
        this.key = key;
        this.bodyEnd = sizeBytes - SegmentFormat.FOOTER_BYTES;
    }

    /**
     * The index of a segment.
     *
     * @param before as of the end of the segment before it
     * @throws StorageException of kind NOT_FOUND when there is no such segment, CORRUPT when it is not what was written
     */
    static IndexBuilder.Built index(ObjectStore objects, ObjectKey root, SegmentName name, SealedState before) {
        ObjectKey key = name.segmentKey(root);
        long sizeBytes = objects.list(key.value(), "", 1).stream()
                .filter(found -> found.key().equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new StorageException(StorageException.Kind.NOT_FOUND, "object " + key + " does not exist"))
                .sizeBytes();
        boolean isPossible = sizeBytes > SegmentFormat.HEADER_BYTES + SegmentFormat.FOOTER_BYTES
                && sizeBytes <= SegmentFormat.MAX_BYTES;
        Corrupt.unless(isPossible, key, "has " + sizeBytes + " bytes");
        return new SegmentScan(objects, name, key, sizeBytes).index(before);
    }

    private IndexBuilder.Built index(SealedState before) {
        long createdMillis = SegmentFormat.createdMillis(name, read(0, SegmentFormat.HEADER_BYTES));
        IndexBuilder builder = new IndexBuilder(name, createdMillis, before);
        long position = SegmentFormat.HEADER_BYTES;
        int wanted = WINDOW_BYTES;
        while (position < bodyEnd) {
            ByteBuffer window = read(position, (int) Math.min(wanted, bodyEnd - position));
            int taken = addBatches(window, builder);
            position += taken;
            wanted = taken == 0 ? sizeOfFirst(window, position) : WINDOW_BYTES;
        }
        int crc = SegmentFormat.bodyCrc(name, read(bodyEnd, SegmentFormat.FOOTER_BYTES));
        Corrupt.unless(crc == builder.bodyCrc(), key, "checksum of the batches");
        Corrupt.unless(builder.isComplete(), key, "last offset");
        return builder.build();
    }

    private ByteBuffer read(long position, int length) {
        return Corrupt.whole(objects.read(key, position, length), length, key);
    }

    /** Takes the batches that are whole, and says how many bytes they have. */
    private int addBatches(ByteBuffer window, IndexBuilder builder) {
        int position = 0;
        while (window.limit() - position >= RecordBatch.HEADER_BYTES) {
            RecordBatch batch = RecordBatch.at(window, position);
            int size = batch.sizeBytes();
            boolean isBatch = size >= RecordBatch.HEADER_BYTES && size <= MAX_BATCH_BYTES && batch.magic() == MAGIC;
            Corrupt.unless(isBatch, key, "no batch at offset " + batch.baseOffset());
            if (size > window.limit() - position) {
                break;
            }
            Corrupt.unless(
                    batch.computeCrc() == batch.crc(), key, "checksum of the batch at offset " + batch.baseOffset());
            try {
                builder.add(batch);
            } catch (IllegalArgumentException e) {
                throw Corrupt.because(key, String.valueOf(e.getMessage()));
            }
            position += size;
        }
        return position;
    }

    /** Size of the batch that a window shows the beginning of; more than the window has. */
    private int sizeOfFirst(ByteBuffer window, long position) {
        boolean hasHeader = window.limit() >= RecordBatch.HEADER_BYTES;
        int size = hasHeader ? RecordBatch.at(window, 0).sizeBytes() : 0;
        Corrupt.unless(size > window.limit() && size <= bodyEnd - position, key, "batch at " + position + " is cut");
        return size;
    }
}
