// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A clock that stands still until a test moves it. Threads that wait for a moment are woken by the move that reaches it,
 * so no test sleeps. Thread-safe; guarded by {@code lock}, which is never held together with a waiter's own.
 */
public final class ManualClock implements Clock {

    private static final long WALL_AT_START = 1_700_000_000_000L;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition waitersChanged = lock.newCondition();

    @GuardedBy("lock")
    private long nanos;

    @GuardedBy("lock")
    private final Set<Waiter> waiters = Collections.newSetFromMap(new IdentityHashMap<>());

    private static final class Waiter {
        private final Lock owner;
        private final Condition condition;
        private final long wakeAtNanos;

        private Waiter(Lock owner, Condition condition, long wakeAtNanos) {
            this.owner = owner;
            this.condition = condition;
            this.wakeAtNanos = wakeAtNanos;
        }

        private void wake() {
            owner.lock();
            try {
                condition.signalAll();
            } finally {
                owner.unlock();
            }
        }
    }

    @Override
    public long monotonicNanos() {
        lock.lock();
        try {
            return nanos;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long wallMillis() {
        return WALL_AT_START + monotonicNanos() / 1_000_000;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        Deadline end = Deadline.after(this, duration);
        ReentrantLock own = new ReentrantLock();
        Condition never = own.newCondition();
        own.lock();
        try {
            while (await(own, never, end)) {
                // woken early: wait for the rest
            }
        } finally {
            own.unlock();
        }
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the caller has the loop
    public boolean await(Lock owner, Condition condition, Deadline deadline) throws InterruptedException {
        if (!deadline.bounded()) {
            condition.await();
            return true;
        }
        Waiter waiter = new Waiter(owner, condition, deadline.atNanos());
        if (!register(waiter)) {
            return false;
        }
        try {
            condition.await();
        } finally {
            deregister(waiter);
        }
        return !deadline.passed(this);
    }

    private boolean register(Waiter waiter) {
        lock.lock();
        try {
            if (nanos >= waiter.wakeAtNanos) {
                return false;
            }
            waiters.add(waiter);
            waitersChanged.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void deregister(Waiter waiter) {
        lock.lock();
        try {
            waiters.remove(waiter);
            waitersChanged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Moves the time on and wakes everybody whose moment has come. */
    public void advance(Duration duration) {
        for (Waiter waiter : takeDue(duration)) {
            waiter.wake();
        }
    }

    private List<Waiter> takeDue(Duration duration) {
        lock.lock();
        try {
            nanos += duration.toNanos();
            List<Waiter> due = new ArrayList<>();
            for (Waiter waiter : waiters) {
                if (waiter.wakeAtNanos <= nanos) {
                    due.add(waiter);
                }
            }
            due.forEach(waiters::remove);
            return due;
        } finally {
            lock.unlock();
        }
    }

    /** How many threads wait now for a moment that has not come. */
    public int waiting() {
        lock.lock();
        try {
            return waiters.size();
        } finally {
            lock.unlock();
        }
    }

    /** Blocks, in real time and without limit, until at least so many threads wait for a moment of this clock. */
    public void awaitWaiting(int count) throws InterruptedException {
        lock.lock();
        try {
            while (waiters.size() < count) {
                waitersChanged.await();
            }
        } finally {
            lock.unlock();
        }
    }
}
