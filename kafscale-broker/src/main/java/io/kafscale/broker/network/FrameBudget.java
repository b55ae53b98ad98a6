// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The memory that frames of all connections may take from the moment they are read until their answers are out. Small
 * frames may use all of it and large ones not the last eighth, so that heartbeats get through while producers wait.
 * Thread-safe; guarded by {@code lock}.
 */
final class FrameBudget {

    private static final int SMALL_FRAME = 8 << 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final long capacity;

    @GuardedBy("lock")
    private long used;

    /** A part of the budget that is taken. Closing it more than once counts once; thread-safe. */
    final class Share implements AutoCloseable {

        @GuardedBy("lock")
        private long bytes;

        private Share(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                used -= bytes;
                bytes = 0;
                freed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    FrameBudget(long capacity) {
        this.capacity = capacity;
    }

    /** The longest frame that can ever be let in. */
    long largestFrame() {
        return Math.max(1, capacity - capacity / 8);
    }

    /** Waits until there is room for a frame of at most {@link #largestFrame()} bytes, and takes it. */
    Share take(int bytes) throws InterruptedException {
        if (bytes > largestFrame()) {
            throw new IllegalArgumentException(bytes + " bytes will never be free of " + capacity);
        }
        long ceiling = bytes <= SMALL_FRAME ? capacity : largestFrame();
        lock.lockInterruptibly();
        try {
            while (used + bytes > ceiling) {
                freed.await();
            }
            used += bytes;
            return new Share(bytes);
        } finally {
            lock.unlock();
        }
    }

    /** Bytes that are taken now. */
    long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }
}
