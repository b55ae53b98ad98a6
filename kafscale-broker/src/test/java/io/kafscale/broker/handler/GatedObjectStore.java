// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.UploadInfo;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Semaphore;

/** Lets writes through only while its gate is open; reads always pass. Thread-safe. */
final class GatedObjectStore implements ObjectStore {

    private final ObjectStore store;
    private final Semaphore gate = new Semaphore(0);

    GatedObjectStore(ObjectStore store) {
        this.store = store;
    }

    /** From now on writes pass, also those that wait. */
    void open() {
        gate.release(Short.MAX_VALUE);
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        try {
            gate.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException(StorageException.Kind.INTERRUPTED, "interrupted before the gate", e);
        }
        return store.put(key, body);
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        return store.read(key, position, length);
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        return store.readTail(key, length);
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        return store.list(prefix, after, max);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        store.delete(keys);
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        return store.upload(key);
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        return store.listUploads(prefix, startedBeforeMillis);
    }

    @Override
    public void abortUploads(Collection<UploadInfo> uploads) {
        store.abortUploads(uploads);
    }

    @Override
    public void close() {
        store.close();
    }
}
