// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Whether a connection's reader may take up a request, and whether it may be interrupted in it. Goes one way: requests are
 * taken, then no more, then settled. Thread-safe; guarded by {@code lock}.
 */
final class Turn {

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<Thread> reader = Optional.empty();

    /** From a request's start until its answer is out or in the line. */
    @GuardedBy("lock")
    private boolean busy;

    /** While a handler runs that may be broken off. */
    @GuardedBy("lock")
    private boolean interruptible;

    /** When the request in hand began. */
    @GuardedBy("lock")
    private long sinceNanos;

    @GuardedBy("lock")
    private boolean draining;

    @GuardedBy("lock")
    private boolean settled;

    void readBy(Thread thread) {
        set(Optional.of(thread));
    }

    void readByNobody() {
        set(Optional.empty());
    }

    private void set(Optional<Thread> thread) {
        lock.lock();
        try {
            reader = thread;
        } finally {
            lock.unlock();
        }
    }

    /** The reader takes up a request; false when no more are taken. */
    boolean begin(boolean mayBeBrokenOff, long nowNanos) {
        lock.lock();
        try {
            sinceNanos = nowNanos;
            busy = !draining;
            interruptible = busy && mayBeBrokenOff;
            return busy;
        } finally {
            lock.unlock();
        }
    }

    /** The reader has something to send, which an interrupt meant for the handler would keep from leaving. */
    void handlerReturned() {
        lock.lock();
        try {
            if (interruptible && draining) {
                Thread.interrupted();
            }
            interruptible = false;
        } finally {
            lock.unlock();
        }
    }

    /** The reader is done with the request, however it ended. */
    void end() {
        lock.lock();
        try {
            busy = false;
            interruptible = false;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the reader is in a handler that may be broken off, and has been since that moment or longer. */
    boolean waitsSince(long nanos) {
        lock.lock();
        try {
            return interruptible && sinceNanos - nanos <= 0;
        } finally {
            lock.unlock();
        }
    }

    void noMore() {
        lock.lock();
        try {
            draining = true;
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts the reader if it is in a handler that may be broken off. */
    void breakOff() {
        lock.lock();
        try {
            if (interruptible) {
                reader.ifPresent(Thread::interrupt);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts the reader wherever it is. */
    void interrupt() {
        lock.lock();
        try {
            reader.ifPresent(Thread::interrupt);
        } finally {
            lock.unlock();
        }
    }

    /** True for the one call that finds that no more is taken, nothing is taken and nothing owed. */
    boolean settle(BooleanSupplier nothingOwed) {
        lock.lock();
        try {
            if (!draining || busy || settled || !nothingOwed.getAsBoolean()) {
                return false;
            }
            settled = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    boolean isSettled() {
        lock.lock();
        try {
            return settled;
        } finally {
            lock.unlock();
        }
    }
}
