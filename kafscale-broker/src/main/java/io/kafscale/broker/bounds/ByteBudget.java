// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.bounds;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * So many bytes that may be taken and are given back; who finds too few waits behind those who came before, so that a
 * large share is not starved by small ones. A share above the whole budget is had alone. Thread-safe; guarded by
 * {@code lock}.
 */
public final class ByteBudget {

    private final Clock clock;
    private final LongSupplier limit;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Deque<Condition> waiting = new ArrayDeque<>();

    /** When the line began to form; of no meaning while nobody waits. */
    @GuardedBy("lock")
    private long waitingSince;

    @GuardedBy("lock")
    private long used;

    public ByteBudget(Clock clock, long limit) {
        this(clock, () -> limit);
    }

    /**
     * A budget that may shrink and grow. What was taken stays taken; who waits sees a larger one when something is given back.
     *
     * @param limit asked, under the lock, whenever somebody takes
     */
    public ByteBudget(Clock clock, LongSupplier limit) {
        this.clock = clock;
        this.limit = limit;
    }

    public long limit() {
        return limit.getAsLong();
    }

    /** Takes so many bytes; false when they were not there before the deadline. */
    public boolean take(long bytes, Deadline deadline) throws InterruptedException {
        return take(bytes, bytes, deadline) == bytes;
    }

    /** A share of so many bytes; empty when they were not there before the deadline. */
    public Optional<Share> share(long bytes, Deadline deadline) throws InterruptedException {
        return shareUpTo(bytes, bytes, deadline);
    }

    /**
     * A share of what is there, from the least that is of use to the most that is wanted; empty when not even the least was
     * there before the deadline.
     */
    public Optional<Share> shareUpTo(long least, long most, Deadline deadline) throws InterruptedException {
        if (least < 1 || least > most) {
            throw new IllegalArgumentException("from " + least + " to " + most + " bytes");
        }
        long taken = take(least, most, deadline);
        return taken == 0 ? Optional.empty() : Optional.of(new Share(this, taken));
    }

    /** A share of so many bytes if they are there and nobody waits for them. */
    public Optional<Share> tryShare(long bytes) {
        return tryTake(bytes) ? Optional.of(new Share(this, bytes)) : Optional.empty();
    }

    private long take(long least, long most, Deadline deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            if ((!waiting.isEmpty() || !fits(least)) && !awaitTurn(least, deadline)) {
                return 0;
            }
            long taken = Math.max(least, Math.min(most, limit() - used));
            used += taken;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    @SuppressWarnings("ReferenceEquality") // a condition is its own identity
    private boolean awaitTurn(long bytes, Deadline deadline) throws InterruptedException {
        Condition turn = lock.newCondition();
        if (waiting.isEmpty()) {
            waitingSince = clock.monotonicNanos();
        }
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

    boolean tryTake(long bytes) {
        lock.lock();
        try {
            boolean free = waiting.isEmpty() && fits(bytes);
            if (free) {
                used += bytes;
            }
            return free;
        } finally {
            lock.unlock();
        }
    }

    void overdraw(long bytes) {
        lock.lock();
        try {
            used += bytes;
        } finally {
            lock.unlock();
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

    /** Since when somebody has been waiting without a break, by the monotonic clock; empty while nobody waits. */
    public OptionalLong waitingSinceNanos() {
        lock.lock();
        try {
            return waiting.isEmpty() ? OptionalLong.empty() : OptionalLong.of(waitingSince);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean fits(long bytes) {
        return used == 0 || bytes <= limit() - used;
    }

    @GuardedBy("lock")
    private void wakeFirst() {
        Condition first = waiting.peekFirst();
        if (first != null) {
            first.signal();
        }
    }
}
