// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.UploadInfo;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** Objects whose writes and reads a test may stop, change or count. Thread-safe. */
public final class HookedObjects implements ObjectStore {

    private final ObjectStore inner;

    /** Set by the test, read by every call. */
    private volatile PutHook onPut = (key, real) -> real.get();

    private volatile ReadHook onRead = (key, real) -> real.get();

    public interface PutHook {
        PutResult put(ObjectKey key, Supplier<PutResult> real);
    }

    public interface ReadHook {
        ByteBuffer read(ObjectKey key, Supplier<ByteBuffer> real);
    }

    public HookedObjects(ObjectStore inner) {
        this.inner = inner;
    }

    public void onPut(PutHook hook) {
        onPut = hook;
    }

    public void onRead(ReadHook hook) {
        onRead = hook;
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        return onPut.put(key, () -> inner.put(key, body));
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        return onRead.read(key, () -> inner.read(key, position, length));
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        return onRead.read(key, () -> inner.readTail(key, length));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        return inner.list(prefix, after, max);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        inner.delete(keys);
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        return inner.upload(key);
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
    public void close() {}
}
