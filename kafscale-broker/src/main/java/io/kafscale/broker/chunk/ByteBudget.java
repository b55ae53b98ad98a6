// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * So many bytes that may be taken and are given back; who finds too few waits behind those who came before, so that a
 * large share is not starved by small ones. A share above the whole budget is had alone. Thread-safe; guarded by
 * {@code lock}.
 */
public final class ByteBudget {

    private final Clock clock;
    private final long limit;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Deque<Condition> waiting = new ArrayDeque<>();

    @GuardedBy("lock")
    private long used;

    public ByteBudget(Clock clock, long limit) {
        this.clock = clock;
        this.limit = limit;
    }

    /** Takes a share; false when there was none before the deadline. */
    public boolean take(long bytes, Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            if ((!waiting.isEmpty() || !fits(bytes)) && !awaitTurn(bytes, deadline)) {
                return false;
            }
            used += bytes;
            return true;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    @SuppressWarnings("ReferenceEquality") // a condition is its own identity
    private boolean awaitTurn(long bytes, Deadline deadline) throws InterruptedException {
        Condition turn = lock.newCondition();
        waiting.addLast(turn);
        try {
            while (waiting.getFirst() != turn || !fits(bytes)) {
                if (!clock.await(lock, turn, deadline)) {
                    return waiting.getFirst() == turn && fits(bytes);
                }
            }
            return true;
        } finally {
            waiting.remove(turn);
            wakeFirst();
        }
    }

    /** Gives back what was taken. */
    public void give(long bytes) {
        lock.lock();
        try {
            used -= bytes;
            if (used < 0) {
                throw new IllegalStateException("more bytes were given back than taken");
            }
            wakeFirst();
        } finally {
            lock.unlock();
        }
    }

    public long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean fits(long bytes) {
        return used == 0 || bytes <= limit - used;
    }

    @GuardedBy("lock")
    private void wakeFirst() {
        Condition first = waiting.peekFirst();
        if (first != null) {
            first.signal();
        }
    }
}
