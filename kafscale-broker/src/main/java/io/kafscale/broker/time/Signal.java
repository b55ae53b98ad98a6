// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bell that one thread waits for and any thread may ring: a ring before the wait is not lost, several count as one.
 * Thread-safe; guarded by {@code lock}.
 */
public final class Signal {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition rung = lock.newCondition();

    @GuardedBy("lock")
    private boolean raised;

    /** Rings; never blocks for longer than it takes to wake the waiter. */
    public void raise() {
        lock.lock();
        try {
            raised = true;
            rung.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a ring and takes it; false when the deadline has passed without one. */
    public boolean await(Clock clock, Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (!raised && clock.await(lock, rung, deadline)) {
                // woken: look again
            }
            boolean wasRaised = raised;
            raised = false;
            return wasRaised;
        } finally {
            lock.unlock();
        }
    }
}
