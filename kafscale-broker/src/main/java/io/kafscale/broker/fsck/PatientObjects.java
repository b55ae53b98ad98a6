// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.BackOff;
import io.kafscale.broker.time.Clock;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** Reads of objects that are tried a few times where a failure may pass. Immutable; thread-safe as its parts are. */
record PatientObjects(ObjectStore objects, Clock clock, RandomGenerator random) {

    private static final int ATTEMPTS = 6;

    ByteBuffer read(ObjectKey key, long position, int length) throws InterruptedException {
        return patiently(() -> objects.read(key, position, length));
    }

    /** What is done with an object. */
    @FunctionalInterface
    interface Call<T> {
        T get() throws InterruptedException;
    }

    <T> T patiently(Call<T> call) throws InterruptedException {
        BackOff backOff = BackOff.forStores(random);
        for (int attempt = 1; ; attempt++) {
            try {
                return call.get();
            } catch (StorageException e) {
                if (e.kind() == StorageException.Kind.INTERRUPTED) {
                    throw new InterruptedException(e.getMessage());
                }
                if (!mayPass(e.kind()) || attempt == ATTEMPTS) {
                    throw e;
                }
                backOff.pause(clock);
            }
        }
    }

    /** What comes damaged may be so only on its way. */
    private static boolean mayPass(StorageException.Kind kind) {
        return kind == StorageException.Kind.UNAVAILABLE
                || kind == StorageException.Kind.THROTTLED
                || kind == StorageException.Kind.CORRUPT;
    }
}
