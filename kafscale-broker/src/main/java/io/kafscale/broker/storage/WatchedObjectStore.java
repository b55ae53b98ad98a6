// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Clock;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** A store whose calls a {@link StoreWatch} hears of. Thread-safe. */
public final class WatchedObjectStore extends ForwardingObjectStore {

    private final StoreWatch watch;
    private final Clock clock;

    public WatchedObjectStore(ObjectStore behind, StoreWatch watch, Clock clock) {
        super(behind);
        this.watch = watch;
        this.clock = clock;
    }

    /** A store that is watched by the usual limits. */
    public static ObjectStore around(ObjectStore behind, Clock clock) {
        return new WatchedObjectStore(behind, new StoreWatch("objects", clock, HealthLimits.DEFAULTS), clock);
    }

    @Override
    public ObjectHealth health() {
        return watch;
    }

    /** A call that is timed, since it carries bytes. */
    private <T> T timed(Supplier<T> call) {
        long begun = clock.monotonicNanos();
        try {
            T result = call.get();
            watch.answered(clock.monotonicNanos() - begun);
            return result;
        } catch (StorageException e) {
            watch.failed(e);
            throw e;
        }
    }

    private <T> T untimed(Supplier<T> call) {
        T result = quiet(call);
        watch.done();
        return result;
    }

    /** A call that may not have reached the store when it succeeds. */
    private <T> T quiet(Supplier<T> call) {
        try {
            return call.get();
        } catch (StorageException e) {
            watch.failed(e);
            throw e;
        }
    }

    /** A call of which it counts whether the store takes writes. */
    private PutResult writing(Supplier<PutResult> call, boolean isTimed) {
        long begun = clock.monotonicNanos();
        watch.writeBegan();
        boolean isTold = false;
        try {
            PutResult result = call.get();
            isTold = true;
            tell(result, isTimed ? clock.monotonicNanos() - begun : -1);
            return result;
        } catch (StorageException e) {
            isTold = true;
            tell(e);
            throw e;
        } finally {
            if (!isTold) {
                watch.writeGivenUp();
            }
        }
    }

    private void tell(PutResult result, long tookNanos) {
        if (result instanceof PutResult.Unknown(StorageException cause)) {
            watch.failed(cause);
            if (cause.kind() == Kind.INTERRUPTED) {
                watch.writeGivenUp();
            } else {
                watch.writeFailed(false, cause);
            }
            return;
        }
        if (tookNanos >= 0) {
            watch.answered(tookNanos);
        } else {
            watch.done();
        }
        watch.wrote();
    }

    private void tell(StorageException e) {
        if (e.kind() == Kind.REFUSED) {
            watch.done(); // what may not be written may be read
        } else {
            watch.failed(e);
        }
        switch (e.kind()) {
            case INTERRUPTED -> watch.writeGivenUp();
            case THROTTLED -> watch.writePutOff();
            default -> watch.writeFailed(true, e);
        }
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        return writing(() -> behind().put(key, body), true);
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        ObjectUpload upload = quiet(() -> behind().upload(key));
        return new ObjectUpload() {
            @Override
            public void write(ByteBuffer bytes) {
                quiet(() -> {
                    upload.write(bytes);
                    return key;
                });
            }

            @Override
            public PutResult complete() {
                return writing(upload::complete, false);
            }

            @Override
            public void close() {
                upload.close();
            }
        };
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        return timed(() -> behind().read(key, position, length));
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        return timed(() -> behind().readTail(key, length));
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        return untimed(() -> behind().list(prefix, after, max));
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        untimed(() -> {
            behind().delete(keys);
            return keys;
        });
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        return untimed(() -> behind().listUploads(prefix, startedBeforeMillis));
    }

    @Override
    public void abortUploads(Collection<UploadInfo> uploads) {
        untimed(() -> {
            behind().abortUploads(uploads);
            return uploads;
        });
    }
}
