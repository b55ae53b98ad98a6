// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import java.nio.ByteBuffer;

/**
 * The footers of shared objects: those that were written or read last are in memory, the others are read. Thread-safe.
 */
public final class Footers {

    private final ObjectStore objects;
    private final ByteCache<ObjectKey, SharedFooter> cache;
    private final long cacheBytes;

    /** None yet; at most about so many bytes will be in memory. */
    public Footers(ObjectStore objects, Clock clock, long cacheBytes) {
        this.objects = objects;
        this.cacheBytes = cacheBytes;
        this.cache = new ByteCache<>(clock, cacheBytes, SharedFooter::sizeBytes);
    }

    /** About how many bytes of footers are kept. */
    public long limitBytes() {
        return cacheBytes;
    }

    /**
     * The footer of the object that a commit record names.
     *
     * @throws StorageException when it cannot be had
     */
    public SharedFooter read(CommitRecord record) throws InterruptedException {
        return cache.get(record.object(), () -> load(record));
    }

    private SharedFooter load(CommitRecord record) {
        try {
            int length = Math.addExact(record.footerLength(), SharedFooter.TRAILER_BYTES);
            ByteBuffer bytes = objects.read(record.object(), record.footerPosition(), length, SharedFooter::isIntact);
            return SharedFooter.parse(bytes, record.footerPosition());
        } catch (StorageException e) {
            throw new StorageException(e.kind(), "object " + record.object() + ": " + e.getMessage(), e);
        }
    }

    /** Takes in the footer of an object that was just written, so that nobody reads it back. */
    public void keep(ObjectKey object, SharedFooter footer) throws InterruptedException {
        cache.get(object, () -> footer);
    }
}
