// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/** A store that passes every call on; what stands around another one changes some of them. Thread-safe. */
abstract class ForwardingObjectStore implements ObjectStore {

    private final ObjectStore behind;

    ForwardingObjectStore(ObjectStore behind) {
        this.behind = behind;
    }

    final ObjectStore behind() {
        return behind;
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        return behind.put(key, body);
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        return behind.upload(key);
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        return behind.read(key, position, length);
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        return behind.readTail(key, length);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        return behind.list(prefix, after, max);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        behind.delete(keys);
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        return behind.listUploads(prefix, startedBeforeMillis);
    }

    @Override
    public void abortUploads(Collection<UploadInfo> uploads) {
        behind.abortUploads(uploads);
    }

    @Override
    public ObjectHealth health() {
        return behind.health();
    }

    @Override
    public Hedging hedging() {
        return behind.hedging();
    }

    @Override
    public void close() {
        behind.close();
    }
}
