// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.UploadInfo;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the requests that S3 would be asked: an upload of up to a part is one PUT, a larger one is one for each part and two
 * more. Thread-safe.
 */
final class CountedObjects implements ObjectStore {

    final LongAdder puts = new LongAdder();
    final LongAdder gets = new LongAdder();
    final LongAdder lists = new LongAdder();
    final LongAdder bytesIn = new LongAdder();

    private final ObjectStore inner;

    CountedObjects(ObjectStore inner) {
        this.inner = inner;
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        puts.increment();
        body.forEach(part -> bytesIn.add(part.remaining()));
        return inner.put(key, body);
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        ObjectUpload upload = inner.upload(key);
        return new ObjectUpload() {
            private long bytes;

            @Override
            public void write(ByteBuffer part) {
                bytes += part.remaining();
                upload.write(part);
            }

            @Override
            public PutResult complete() {
                bytesIn.add(bytes);
                puts.add(bytes <= PART_BYTES ? 1 : 2 + (bytes + PART_BYTES - 1) / PART_BYTES);
                return upload.complete();
            }

            @Override
            public void close() {
                upload.close();
            }
        };
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        gets.increment();
        return inner.read(key, position, length);
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        gets.increment();
        return inner.readTail(key, length);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        lists.increment();
        return inner.list(prefix, after, max);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        inner.delete(keys);
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        return inner.listUploads(prefix, startedBeforeMillis);
    }

    @Override
    public void abortUploads(Collection<UploadInfo> uploads) {
        inner.abortUploads(uploads);
    }

    @Override
    public void close() {
        inner.close();
    }
}
