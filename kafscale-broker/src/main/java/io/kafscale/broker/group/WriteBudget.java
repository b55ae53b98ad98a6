// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How much memory the writes of all shards may take that are accepted and not decided. Thread-safe; guarded by
 * {@code lock}.
 */
final class WriteBudget {

    private final long maxBytes;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long taken;

    WriteBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** False when there is no room; while nothing is taken there is room for anything. */
    boolean take(long bytes) {
        lock.lock();
        try {
            if (bytes > 0 && taken > 0 && bytes > maxBytes - taken) {
                return false;
            }
            taken += bytes;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void giveBack(long bytes) {
        lock.lock();
        try {
            taken -= bytes;
        } finally {
            lock.unlock();
        }
    }
}
