// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The moments at which groups want to be looked at again, for the one thread that does so. Each group has at most one.
 * Thread-safe; guarded by {@code lock}.
 */
final class Alarms {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition sooner = lock.newCondition();

    @GuardedBy("lock")
    private final NavigableSet<Alarm> waiting = new TreeSet<>();

    @GuardedBy("lock")
    private long sequence;

    @GuardedBy("lock")
    private boolean closed;

    /** One moment of one group. Immutable. */
    record Alarm(Deadline deadline, long sequence, Group group) implements Comparable<Alarm> {

        private static final Comparator<Alarm> ORDER = ((Comparator<Alarm>)
                        (a, b) -> Long.signum(a.deadline.atNanos() - b.deadline.atNanos()))
                .thenComparingLong(Alarm::sequence);

        @Override
        public int compareTo(Alarm other) {
            return ORDER.compare(this, other);
        }
    }

    Alarm set(Deadline deadline, Group group) {
        lock.lock();
        try {
            Alarm alarm = new Alarm(deadline, sequence++, group);
            if (!closed) {
                waiting.add(alarm);
                if (waiting.first().equals(alarm)) {
                    sooner.signalAll();
                }
            }
            return alarm;
        } finally {
            lock.unlock();
        }
    }

    void cancel(Alarm alarm) {
        lock.lock();
        try {
            waiting.remove(alarm);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the next moment, at most until the deadline, and takes all whose moment has come. */
    List<Alarm> takeDue(Clock clock, Deadline limit) throws InterruptedException {
        lock.lock();
        try {
            while (!closed && clock.await(lock, sooner, next(limit))) {
                // woken: there is a sooner one, or none any more
            }
            long now = clock.monotonicNanos();
            List<Alarm> due = new ArrayList<>();
            while (!waiting.isEmpty() && Moments.isOver(waiting.first().deadline(), now)) {
                due.add(waiting.removeFirst());
            }
            return due;
        } finally {
            lock.unlock();
        }
    }

    private Deadline next(Deadline limit) {
        lock.lock();
        try {
            return waiting.isEmpty() ? limit : waiting.first().deadline().orSooner(limit);
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            sooner.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
