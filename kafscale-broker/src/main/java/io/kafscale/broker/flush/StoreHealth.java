// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the metadata took what was last committed to it: in trouble after three failures without a success between them,
 * well again with the first success. How the objects' store does is told by that store. Thread-safe; guarded by {@code lock}.
 */
final class StoreHealth {

    private static final Logger LOG = LoggerFactory.getLogger(StoreHealth.class);
    private static final int FAILURES_TO_TROUBLE = 3;

    private final String store;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private int failures;

    @GuardedBy("lock")
    private boolean lastWasDefinite;

    @GuardedBy("lock")
    private String message = "";

    StoreHealth(String store) {
        this.store = store;
    }

    void succeeded() {
        lock.lock();
        try {
            if (failures >= FAILURES_TO_TROUBLE) {
                LOG.atWarn().addKeyValue("store", store).log("store takes writes again");
            }
            failures = 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * A write failed.
     *
     * @param definite the store itself said that it did not do it
     */
    void failed(boolean definite, RuntimeException cause) {
        lock.lock();
        try {
            failures++;
            lastWasDefinite = definite;
            message = store + ": " + cause.getMessage();
            if (failures == FAILURES_TO_TROUBLE) {
                LOG.atWarn()
                        .setCause(cause)
                        .addKeyValue("store", store)
                        .log("store takes no writes, appends are refused");
            } else if (failures == 1) {
                LOG.atInfo()
                        .addKeyValue("store", store)
                        .addKeyValue("cause", cause.getMessage())
                        .log("write failed");
            }
        } finally {
            lock.unlock();
        }
    }

    /** What is wrong, if the store is in trouble. */
    Optional<String> trouble() {
        lock.lock();
        try {
            return failures >= FAILURES_TO_TROUBLE ? Optional.of(message) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The last write failed, and the store said so. */
    boolean refuses() {
        lock.lock();
        try {
            return failures > 0 && lastWasDefinite;
        } finally {
            lock.unlock();
        }
    }
}
