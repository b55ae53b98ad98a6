// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * An object on its way to S3 in parts of 8 MiB, one of which is in memory. What ends before the first part is full is put
 * as any other object. Confined to one thread at a time.
 *
 * <p>A part may be sent twice, since the second one takes the place of the first. The end may be, too; if that finds the
 * upload gone or the name taken, nobody knows whether an earlier attempt has made the object.
 */
final class S3Upload implements ObjectUpload {

    private static final Logger LOG = LoggerFactory.getLogger(S3Upload.class);
    private static final int MAX_PARTS = 10_000;

    private final ObjectKey key;
    private final S3Objects objects;
    private final S3Catalog catalog;
    private final Runnable checkCallable;
    private final List<CompletedPart> parts = new ArrayList<>();

    private ByteBuffer part = ByteBuffer.allocate(0);
    private String uploadId = "";
    private boolean isOver;

    /**
     * An upload that has not begun.
     *
     * @param checkCallable throws what a call gets when the store is closed or the caller interrupted
     */
    S3Upload(ObjectKey key, S3Objects objects, S3Catalog catalog, Runnable checkCallable) {
        this.key = key;
        this.objects = objects;
        this.catalog = catalog;
        this.checkCallable = checkCallable;
    }

    @Override
    public void write(ByteBuffer bytes) {
        begin();
        ByteBuffer left = bytes.duplicate();
        try {
            while (left.hasRemaining()) {
                if (part.position() == 0 && left.remaining() > ObjectStore.PART_BYTES) {
                    // a whole part is sent as it lies
                    sendPart(left.slice(left.position(), ObjectStore.PART_BYTES));
                    left.position(left.position() + ObjectStore.PART_BYTES);
                } else {
                    collect(left);
                }
            }
        } catch (S3Failure e) {
            throw e.asException("upload of object " + key);
        }
        isOver = false;
    }

    /** A call that does not get to its end leaves the upload over. */
    private void begin() {
        if (isOver) {
            throw new StorageException(Kind.NOT_FOUND, "upload of object " + key + ": it is over");
        }
        checkCallable.run();
        isOver = true;
    }

    /** Takes what fits into the part; a full one is sent only when more comes. */
    private void collect(ByteBuffer bytes) throws S3Failure {
        if (part.capacity() == 0) {
            part = ByteBuffer.allocate(ObjectStore.PART_BYTES);
        }
        if (!part.hasRemaining()) {
            sendPart(part.flip());
            part.clear();
        }
        int length = Math.min(bytes.remaining(), part.remaining());
        part.put(bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
    }

    private void sendPart(ByteBuffer bytes) throws S3Failure {
        if (parts.size() == MAX_PARTS) {
            throw S3Failure.odd(Kind.REFUSED, "more than " + MAX_PARTS + " parts");
        }
        if (uploadId.isEmpty()) {
            uploadId = catalog.begin(key);
        }
        S3Body body = S3Body.of(List.of(bytes));
        int number = parts.size() + 1;
        String crc32c = body.crc32c();
        String tag = objects.putPart(key, uploadId, number, body, crc32c);
        parts.add(CompletedPart.builder()
                .partNumber(number)
                .eTag(tag)
                .checksumCRC32C(crc32c)
                .build());
    }

    @Override
    public PutResult complete() {
        begin();
        part.flip();
        if (parts.isEmpty()) {
            return S3ObjectStore.result(key, () -> objects.putInTurn(key, S3Body.of(List.of(part))));
        }
        try {
            sendPart(part);
        } catch (S3Failure e) {
            throw e.asException("upload of object " + key);
        }
        PutResult result = S3ObjectStore.result(key, () -> catalog.complete(key, uploadId, parts));
        if (result instanceof PutResult.Created) {
            uploadId = "";
        }
        return result;
    }

    @Override
    public void close() {
        isOver = true;
        part = ByteBuffer.allocate(0);
        if (uploadId.isEmpty()) {
            return;
        }
        try {
            catalog.abort(key, uploadId);
            uploadId = "";
        } catch (S3Failure e) {
            LOG.atWarn()
                    .addKeyValue("object", key)
                    .addKeyValue("detail", e.getMessage())
                    .log("an upload is left for later removal");
        }
    }
}
