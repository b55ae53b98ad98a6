// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A value that comes once, and those who wait for it. Thread-safe; guarded by {@code lock}. */
public final class Pending<T> {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();

    @GuardedBy("lock")
    private Optional<T> value = Optional.empty();

    /** A value that is there already. */
    public static <T> Pending<T> completed(T value) {
        Pending<T> pending = new Pending<>();
        pending.complete(value);
        return pending;
    }

    /** Sets the value and wakes everybody; false when there was one already, which then stays. */
    public boolean complete(T newValue) {
        lock.lock();
        try {
            if (value.isPresent()) {
                return false;
            }
            value = Optional.of(newValue);
            arrived.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The value, if it is there. */
    public Optional<T> poll() {
        lock.lock();
        try {
            return value;
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the value; empty when the deadline has passed without one. */
    public Optional<T> await(Clock clock, Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (value.isEmpty() && clock.await(lock, arrived, deadline)) {
                // woken: look again
            }
            return value;
        } finally {
            lock.unlock();
        }
    }
}
