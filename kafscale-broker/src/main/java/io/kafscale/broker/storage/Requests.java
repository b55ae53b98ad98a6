// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** What every object store checks about a request before it looks at an object, in the same words. Stateless. */
final class Requests {

    private Requests() {}

    static void checkCallable(boolean closed, String what) {
        if (closed) {
            throw new StorageException(StorageException.Kind.REFUSED, what + ": the store is closed");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new StorageException(StorageException.Kind.INTERRUPTED, what + ": interrupted");
        }
    }

    static void checkRange(long position, int length) {
        if (position < 0 || length < 0) {
            throw new IllegalArgumentException("range of " + length + " bytes at " + position);
        }
    }

    static void checkListing(int max) {
        if (max < 1 || max > ObjectStore.MAX_LISTING) {
            throw new IllegalArgumentException(
                    "listing of " + max + " objects: 1 to " + ObjectStore.MAX_LISTING + " are allowed");
        }
    }

    static void checkInside(ObjectKey key, long size, long position, int length) {
        if (position > size - length) {
            throw new StorageException(
                    StorageException.Kind.OUT_OF_RANGE,
                    "object " + key + " has " + size + " bytes, " + length + " at " + position + " were asked for");
        }
    }

    static StorageException notFound(ObjectKey key) {
        return new StorageException(StorageException.Kind.NOT_FOUND, "object " + key + " does not exist");
    }
}
