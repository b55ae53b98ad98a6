// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.UploadInfo;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/**
 * Objects of which a test sees each listing when it is done, and each deletion and put before it is; as a store that ignores
 * conditions, if it is told so. Closing it leaves the store behind it open. Thread-safe as far as the test's hooks are.
 */
final class WatchedObjects implements ObjectStore {

    private final ObjectStore behind;

    /** Set by the test, read by every call. */
    volatile Runnable afterList = () -> {};

    volatile DeletionHook beforeDelete = keys -> {};

    volatile Runnable beforePut = () -> {};

    volatile boolean ignoresConditions;

    interface DeletionHook {
        void about(Collection<ObjectKey> keys);
    }

    WatchedObjects(ObjectStore behind) {
        this.behind = behind;
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        beforePut.run();
        if (ignoresConditions) {
            behind.delete(List.of(key));
        }
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
        List<ObjectInfo> listed = behind.list(prefix, after, max);
        afterList.run();
        return listed;
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        beforeDelete.about(keys);
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
    public void close() {}
}
