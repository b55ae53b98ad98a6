// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Writes a sealed segment as its batches come, then its index. There is no object before {@link #finish}; who closes earlier
 * leaves none. What fails is tried again by a new writer of the same name: the same offsets have the same batches, so an
 * earlier attempt's objects are taken for what they are, after a look at their ends. Confined to one thread.
 */
public final class SegmentWriter implements AutoCloseable {

    private static final int BUFFER_BYTES = 256 << 10;

    private final ObjectStore objects;
    private final SegmentName name;
    private final ObjectKey segmentKey;
    private final ObjectKey indexKey;
    private final IndexReader reader;
    private final IndexBuilder index;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private Optional<ObjectUpload> upload = Optional.empty();
    private boolean isOver;

    /**
     * A segment that is to be filled with exactly the offsets that its name says.
     *
     * @param root of the cluster's objects
     * @param createdMillis by the wall clock
     * @param before as of the end of the partition's newest segment, {@link SealedState#NONE} when it has none
     */
    public SegmentWriter(
            ObjectStore objects, ObjectKey root, SegmentName name, long createdMillis, SealedState before) {
        if (before.endOffset() > name.baseOffset()) {
            throw new IllegalArgumentException(name + " behind a segment that ends at " + before.endOffset());
        }
        this.objects = objects;
        this.name = name;
        this.segmentKey = name.segmentKey(root);
        this.indexKey = name.indexKey(root);
        this.reader = new IndexReader(objects, root);
        this.index = new IndexBuilder(name, createdMillis, before);
        buffer.put(SegmentFormat.header(name, createdMillis));
    }

    /**
     * Adds the batches that follow.
     *
     * @throws IllegalArgumentException when they do not: another offset, a lower epoch, more than the name promises
     * @throws StorageException when they cannot be sent; the writer is over then
     */
    public void add(BatchRun run) {
        checkGoesOn();
        isOver = true;
        for (int i = 0; i < run.count(); i++) {
            RecordBatch batch = run.batch(i);
            index.add(batch);
            write(batch.bytes());
        }
        isOver = false;
    }

    private void checkGoesOn() {
        if (isOver) {
            throw new IllegalStateException("the writer of " + name + " is over");
        }
    }

    private void write(ByteBuffer bytes) {
        if (bytes.remaining() > buffer.remaining()) {
            send(buffer.flip());
            buffer.clear();
        }
        if (bytes.remaining() > buffer.capacity()) {
            send(bytes);
        } else {
            buffer.put(bytes);
        }
    }

    private void send(ByteBuffer bytes) {
        if (upload.isEmpty()) {
            upload = Optional.of(objects.upload(segmentKey));
        }
        upload.orElseThrow().write(bytes);
    }

    /**
     * Makes the segment, then its index.
     *
     * @throws IllegalStateException when offsets are missing
     * @throws StorageException of kind {@link StorageException.Kind#CORRUPT} when something else stands under one of the
     *     names; of any other kind when this may be tried again
     */
    public SegmentIndex finish() {
        checkGoesOn();
        IndexBuilder.Built built = index.build();
        isOver = true;
        ByteBuffer footer = SegmentFormat.footer(name, index.bodyCrc());
        write(footer.duplicate());
        send(buffer.flip());
        if (!created(segmentKey, upload.orElseThrow().complete())) {
            checkSegment(built.content().index(), footer);
        }
        if (!created(indexKey, objects.put(indexKey, List.of(built.image())))) {
            Corrupt.unless(reader.index(name).sameSegmentAs(built.content().index()), indexKey, "is of other batches");
        }
        return built.content().index();
    }

    private static boolean created(ObjectKey key, PutResult result) {
        return switch (result) {
            case PutResult.Created created -> true;
            case PutResult.AlreadyExists exists -> false;
            case PutResult.Unknown(StorageException cause) ->
                throw new StorageException(
                        StorageException.Kind.UNAVAILABLE, "nobody knows whether object " + key + " is there", cause);
        };
    }

    /** That an object has our length, and header and footer like ours; the footer has the checksum of the batches. */
    private void checkSegment(SegmentIndex written, ByteBuffer footer) {
        long footerAt = written.segmentBytes() - SegmentFormat.FOOTER_BYTES;
        ByteBuffer theirs = objects.readTail(segmentKey, SegmentFormat.FOOTER_BYTES);
        Corrupt.unless(theirs.equals(footer), segmentKey, "has other batches");
        try {
            ByteBuffer there = objects.read(segmentKey, footerAt, SegmentFormat.FOOTER_BYTES);
            Corrupt.unless(there.equals(footer), segmentKey, "has another length");
        } catch (StorageException e) {
            Corrupt.unless(e.kind() != StorageException.Kind.OUT_OF_RANGE, segmentKey, "is shorter");
            throw e;
        }
        SegmentFormat.createdMillis(name, objects.read(segmentKey, 0, SegmentFormat.HEADER_BYTES));
    }

    /** Gives up what was not finished. */
    @Override
    public void close() {
        isOver = true;
        upload.ifPresent(ObjectUpload::close);
    }
}
