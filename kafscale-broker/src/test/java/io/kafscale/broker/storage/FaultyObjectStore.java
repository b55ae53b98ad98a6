// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Clock;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * An object store whose calls fail as a plan says. Closing it leaves the store behind it open, so that a test can close a
 * broker and give its successor the same objects. Thread-safe.
 */
public final class FaultyObjectStore implements ObjectStore {

    private final ObjectStore behind;
    private final FaultPlan plan;
    private final Clock clock;

    /** Set once, by whoever closes; read by every call. */
    private volatile boolean closed;

    public FaultyObjectStore(ObjectStore behind, FaultPlan plan, Clock clock) {
        this.behind = behind;
        this.plan = plan;
        this.clock = clock;
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        String what = "object " + key;
        checkOpen(what);
        Fault fault = plan.begin(StoreCall.OBJECT_PUT);
        return switch (fault) {
            case Fault.FailAfter after -> {
                behind.put(key, body);
                yield new PutResult.Unknown(failure(what, fault));
            }
            case Fault.Lost lost -> new PutResult.Unknown(failure(what, fault));
            case Fault.Late(int calls) -> {
                List<ByteBuffer> copy =
                        body.stream().map(FaultyObjectStore::copy).toList();
                plan.later(calls, () -> putUnseen(key, copy));
                yield new PutResult.Unknown(failure(what, fault));
            }
            default -> call(what, fault, () -> behind.put(key, body));
        };
    }

    private void putUnseen(ObjectKey key, List<ByteBuffer> body) {
        try {
            behind.put(key, body);
        } catch (StorageException e) {
            // nobody waits for the answer
        }
    }

    private static ByteBuffer copy(ByteBuffer slice) {
        return ByteBuffer.allocate(slice.remaining()).put(slice.duplicate()).flip();
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        String what = "upload of object " + key;
        checkOpen(what);
        return call(what, plan.begin(StoreCall.OBJECT_UPLOAD_BEGIN), () -> new FaultyUpload(key, behind.upload(key)));
    }

    /** An upload whose writes and end fail as the plan says. Confined to one thread at a time. */
    private final class FaultyUpload implements ObjectUpload {
        private final String what;
        private final ObjectUpload upload;
        private boolean isLeftAlone;

        private FaultyUpload(ObjectKey key, ObjectUpload upload) {
            this.what = "upload of object " + key;
            this.upload = upload;
        }

        @Override
        public void write(ByteBuffer bytes) {
            checkOpen(what);
            call(what, plan.begin(StoreCall.OBJECT_UPLOAD_WRITE), () -> {
                upload.write(bytes);
                return true;
            });
        }

        @Override
        public PutResult complete() {
            checkOpen(what);
            Fault fault = plan.begin(StoreCall.OBJECT_UPLOAD_COMPLETE);
            return switch (fault) {
                case Fault.FailAfter after -> {
                    upload.complete();
                    yield new PutResult.Unknown(failure(what, fault));
                }
                case Fault.Lost lost -> new PutResult.Unknown(failure(what, fault));
                case Fault.Late(int calls) -> {
                    isLeftAlone = true;
                    plan.later(calls, this::completeUnseen);
                    yield new PutResult.Unknown(failure(what, fault));
                }
                default -> call(what, fault, upload::complete);
            };
        }

        private void completeUnseen() {
            try (upload) {
                upload.complete();
            } catch (StorageException e) {
                // nobody waits for the answer
            }
        }

        @Override
        public void close() {
            if (!isLeftAlone) {
                upload.close();
            }
        }
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        String what = "uploads below '" + prefix + "'";
        checkOpen(what);
        return call(
                what, plan.begin(StoreCall.OBJECT_UPLOAD_LIST), () -> behind.listUploads(prefix, startedBeforeMillis));
    }

    @Override
    public void abortUploads(Collection<UploadInfo> uploads) {
        String what = "uploads";
        checkOpen(what);
        call(what, plan.begin(StoreCall.OBJECT_UPLOAD_ABORT), () -> {
            behind.abortUploads(uploads);
            return true;
        });
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        return read("object " + key, StoreCall.OBJECT_READ, () -> behind.read(key, position, length));
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        return read("object " + key, StoreCall.OBJECT_READ_TAIL, () -> behind.readTail(key, length));
    }

    private ByteBuffer read(String what, StoreCall kind, Supplier<ByteBuffer> body) {
        checkOpen(what);
        Fault fault = plan.begin(kind);
        ByteBuffer bytes = call(what, fault, body);
        if (fault instanceof Fault.Truncate) {
            bytes.limit(bytes.limit() / 2);
        }
        if (fault instanceof Fault.Flip(int bit) && bytes.hasRemaining()) {
            int at = Math.floorMod(bit / Byte.SIZE, bytes.limit());
            bytes.put(at, (byte) (bytes.get(at) ^ (1 << (bit % Byte.SIZE))));
        }
        return bytes;
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        String what = "listing of '" + prefix + "'";
        checkOpen(what);
        return call(what, plan.begin(StoreCall.OBJECT_LIST), () -> behind.list(prefix, after, max));
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        String what = "deletion";
        checkOpen(what);
        call(what, plan.begin(StoreCall.OBJECT_DELETE), () -> {
            behind.delete(keys);
            return true;
        });
    }

    private <T> T call(String what, Fault fault, Supplier<T> body) {
        return switch (fault) {
            case Fault.None none -> body.get();
            case Fault.Truncate truncate -> body.get();
            case Fault.Flip flip -> body.get();
            case Fault.FailBefore before -> throw failure(what, fault);
            case Fault.Lost lost -> throw failure(what, fault);
            case Fault.Late late -> throw failure(what, fault);
            case Fault.Full full -> throw new StorageException(Kind.FULL, what + ": " + fault);
            case Fault.FailAfter after -> {
                T lost = body.get();
                throw failure(what + ", " + lost, fault);
            }
            case Fault.Delay(var duration) -> {
                try {
                    clock.sleep(duration);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new StorageException(Kind.INTERRUPTED, what + ": interrupted", e);
                }
                yield body.get();
            }
        };
    }

    private static StorageException failure(String what, Fault fault) {
        return new StorageException(Kind.UNAVAILABLE, what + ": " + fault);
    }

    private void checkOpen(String what) {
        Requests.checkCallable(closed, what);
    }

    @Override
    public void close() {
        closed = true;
    }
}
