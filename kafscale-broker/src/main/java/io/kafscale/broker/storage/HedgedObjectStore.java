// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.ByteBuffer;

/**
 * A store whose slowest reads are made a second time, and which tells writers when to do the same under another name.
 * Thread-safe.
 */
public final class HedgedObjectStore extends ForwardingObjectStore {

    private final Hedging reads;
    private final Hedging writes;

    public HedgedObjectStore(ObjectStore behind, Hedging reads, Hedging writes) {
        super(behind);
        this.reads = reads;
        this.writes = writes;
    }

    @Override
    public Hedging hedging() {
        return writes;
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        return hedged(key, length, () -> behind().read(key, position, length));
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        return hedged(key, length, () -> behind().readTail(key, length));
    }

    private ByteBuffer hedged(ObjectKey key, int length, Hedging.Call<ByteBuffer> read) {
        try {
            return reads.run(length, read);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException(StorageException.Kind.INTERRUPTED, "object " + key + ": interrupted", e);
        }
    }
}
