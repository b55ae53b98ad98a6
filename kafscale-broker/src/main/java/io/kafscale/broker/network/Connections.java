// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The connections of a listener that are open now. Thread-safe; guarded by {@code lock}. */
final class Connections {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Clock clock;

    @GuardedBy("lock")
    private final Set<Connection> open = new HashSet<>();

    @GuardedBy("lock")
    private boolean closed;

    Connections(Clock clock) {
        this.clock = clock;
    }

    /** False after {@link #drain()}. */
    boolean add(Connection connection) {
        lock.lock();
        try {
            return !closed && open.add(connection);
        } finally {
            lock.unlock();
        }
    }

    void remove(Connection connection) {
        lock.lock();
        try {
            open.remove(connection);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    List<Connection> all() {
        lock.lock();
        try {
            return List.copyOf(open);
        } finally {
            lock.unlock();
        }
    }

    int count() {
        lock.lock();
        try {
            return open.size();
        } finally {
            lock.unlock();
        }
    }

    /** Lets no more in, and has those that are there finish what they do. */
    void drain() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        all().forEach(Connection::drain);
    }

    /** Wakes who waits for connections to settle. */
    void settled() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all that are left are settled, or the time is over. */
    void awaitSettled(Deadline deadline) throws InterruptedException {
        boolean inTime = true;
        lock.lockInterruptibly();
        try {
            while (inTime && !open.stream().allMatch(Connection::isSettled)) {
                inTime = clock.await(lock, changed, deadline);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits until none is left; false when the time is over. */
    boolean awaitNone(Deadline deadline) throws InterruptedException {
        boolean inTime = true;
        lock.lockInterruptibly();
        try {
            while (inTime && !open.isEmpty()) {
                inTime = clock.await(lock, changed, deadline);
            }
            return open.isEmpty();
        } finally {
            lock.unlock();
        }
    }
}
