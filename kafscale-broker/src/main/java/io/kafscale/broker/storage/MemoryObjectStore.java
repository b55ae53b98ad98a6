// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.time.Clock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** Objects on the heap, gone with the process. Thread-safe: the map is concurrent and its values never change. */
public final class MemoryObjectStore implements ObjectStore {

    private final Clock clock;
    private final NavigableMap<String, StoredObject> objects = new ConcurrentSkipListMap<>();
    private final OpenUploads uploads = new OpenUploads();

    /** Set once, by whoever closes; read by every call. */
    private volatile boolean closed;

    public MemoryObjectStore(Clock clock) {
        this.clock = clock;
    }

    /** An object's bytes, which nobody writes to again, and when they came. Immutable. */
    private record StoredObject(ByteBuffer bytes, long storedMillis) {}

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        checkCallable(key.value());
        if (objects.containsKey(key.value())) {
            return new PutResult.AlreadyExists();
        }
        StoredObject stored = new StoredObject(joined(body), clock.wallMillis());
        return Optional.ofNullable(objects.putIfAbsent(key.value(), stored))
                .<PutResult>map(taken -> new PutResult.AlreadyExists())
                .orElseGet(PutResult.Created::new);
    }

    private static ByteBuffer joined(List<ByteBuffer> body) {
        int size = body.stream().mapToInt(ByteBuffer::remaining).reduce(0, Math::addExact);
        ByteBuffer bytes = ByteBuffer.allocate(size);
        body.forEach(slice -> bytes.put(slice.duplicate()));
        return bytes.flip().asReadOnlyBuffer();
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        checkCallable(key.value());
        return new MemoryUpload(key, uploads.begin(key, clock.wallMillis()));
    }

    /** Slices that are put together in the end. Confined to one thread at a time. */
    private final class MemoryUpload implements ObjectUpload {
        private final ObjectKey key;
        private final OpenUploads.Entry entry;
        private final List<ByteBuffer> slices = new ArrayList<>();

        private MemoryUpload(ObjectKey key, OpenUploads.Entry entry) {
            this.key = key;
            this.entry = entry;
        }

        @Override
        public void write(ByteBuffer bytes) {
            checkCallable(key.value());
            entry.checkOpen();
            slices.add(copy(bytes.duplicate()));
        }

        @Override
        public PutResult complete() {
            checkCallable(key.value());
            entry.checkOpen();
            entry.close();
            return put(key, slices);
        }

        @Override
        public void close() {
            entry.close();
            slices.clear();
        }
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        Requests.checkRange(position, length);
        checkCallable(key.value());
        ByteBuffer bytes = find(key);
        Requests.checkInside(key, bytes.remaining(), position, length);
        return copy(bytes.slice((int) position, length));
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        Requests.checkRange(0, length);
        checkCallable(key.value());
        ByteBuffer bytes = find(key);
        int size = Math.min(length, bytes.remaining());
        return copy(bytes.slice(bytes.remaining() - size, size));
    }

    private ByteBuffer find(ObjectKey key) {
        return Optional.ofNullable(objects.get(key.value()))
                .map(StoredObject::bytes)
                .orElseThrow(() -> Requests.notFound(key));
    }

    private static ByteBuffer copy(ByteBuffer slice) {
        return ByteBuffer.allocate(slice.remaining()).put(slice).flip();
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        Requests.checkListing(max);
        checkCallable("listing of '" + prefix + "'");
        List<ObjectInfo> found = new ArrayList<>();
        boolean afterIsBehind = after.compareTo(prefix) >= 0;
        for (var entry :
                objects.tailMap(afterIsBehind ? after : prefix, !afterIsBehind).entrySet()) {
            if (found.size() == max || !entry.getKey().startsWith(prefix)) {
                break;
            }
            StoredObject object = entry.getValue();
            found.add(
                    new ObjectInfo(new ObjectKey(entry.getKey()), object.bytes().remaining(), object.storedMillis()));
        }
        return List.copyOf(found);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        checkCallable("deletion");
        keys.forEach(key -> objects.remove(key.value()));
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        checkCallable("uploads below '" + prefix + "'");
        return uploads.list(prefix, startedBeforeMillis);
    }

    @Override
    public void abortUploads(Collection<UploadInfo> aborted) {
        checkCallable("uploads");
        uploads.abort(aborted);
    }

    private void checkCallable(String what) {
        Requests.checkCallable(closed, what);
    }

    @Override
    public void close() {
        closed = true;
    }
}
