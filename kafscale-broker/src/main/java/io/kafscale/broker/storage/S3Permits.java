// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many calls of S3 run at a time: all together, and fewer of those that nobody's acknowledgement waits for, so that
 * reading, listing and uploading cannot hold up puts. Thread-safe; guarded by {@code lock}.
 */
final class S3Permits {

    /** At most so many permits are kept free for puts. */
    private static final int MOST_RESERVED = 8;

    private final Clock clock;
    private final int all;
    private final int others;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();

    @GuardedBy("lock")
    private int taken;

    S3Permits(Clock clock, int permits) {
        this.clock = clock;
        this.all = permits;
        this.others = permits - Math.min(MOST_RESERVED, permits / 4);
    }

    /** What a call is for. */
    enum Use {
        URGENT,
        OTHER
    }

    /** The right to run one call, given back when it is closed. */
    final class Permit implements AutoCloseable {

        @Override
        public void close() {
            lock.lock();
            try {
                taken--;
                released.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Waits for a permit; empty when the deadline has passed without one. */
    Optional<Permit> acquire(Use use, Deadline deadline) throws InterruptedException {
        int limit = use == Use.URGENT ? all : others;
        lock.lockInterruptibly();
        try {
            while (taken >= limit) {
                if (!clock.await(lock, released, deadline) && taken >= limit) {
                    return Optional.empty();
                }
            }
            taken++;
            return Optional.of(new Permit());
        } finally {
            lock.unlock();
        }
    }
}
