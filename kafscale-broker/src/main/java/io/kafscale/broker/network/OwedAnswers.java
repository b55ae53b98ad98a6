// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.handler.Answer;
import io.kafscale.broker.protocol.RequestHeader;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The requests of one connection whose answers are not out yet, in order. The reader adds and the writer takes; the bound
 * makes the reader stop reading. Thread-safe; guarded by {@code lock}.
 */
final class OwedAnswers {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final int bound;

    @GuardedBy("lock")
    private final Deque<Owed> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean complete;

    @GuardedBy("lock")
    private boolean abandoned;

    /**
     * A request with what its handler had for it.
     *
     * @param frame held until the answer is out when a request's records lie in it
     * @param receivedNanos when the frame was complete
     */
    record Owed(RequestHeader header, Answer answer, Optional<FrameShare> frame, long receivedNanos)
            implements AutoCloseable {

        /** Gives back what it holds; more than once does no harm. */
        @Override
        public void close() {
            frame.ifPresent(FrameShare::close);
            if (answer instanceof Answer.Ready ready) {
                ready.close();
            }
        }
    }

    OwedAnswers(int bound) {
        this.bound = bound;
    }

    /** Appends, after waiting for room; false when nothing will be sent any more, and it is closed then. */
    boolean add(Owed owed) throws InterruptedException {
        boolean added = false;
        lock.lock();
        try {
            while (queue.size() >= bound && !abandoned) {
                changed.await();
            }
            if (!abandoned) {
                queue.addLast(owed);
                added = true;
                changed.signalAll();
            }
            return added;
        } finally {
            lock.unlock();
            if (!added) {
                owed.close();
            }
        }
    }

    /** Waits for the first one, which stays in the line until {@link #done()}; empty when there will be none. */
    Optional<Owed> first() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (queue.isEmpty() && !complete && !abandoned) {
                changed.await();
            }
            return abandoned ? Optional.empty() : Optional.ofNullable(queue.peekFirst());
        } finally {
            lock.unlock();
        }
    }

    /** The first one is out. */
    void done() {
        lock.lock();
        try {
            queue.pollFirst();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the next answer may go out at once. */
    boolean isClear() {
        lock.lock();
        try {
            return queue.isEmpty() && !abandoned;
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is nothing left to send, be it out or given up. */
    boolean isEmpty() {
        lock.lock();
        try {
            return queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until every answer is out; false when some never will be. */
    boolean awaitClear() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!queue.isEmpty() && !abandoned) {
                changed.await();
            }
            return !abandoned;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing will be added. */
    void complete() {
        lock.lock();
        try {
            complete = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing will be sent: gives up what is in the line and whoever waits for it. */
    void abandon() {
        lock.lock();
        try {
            abandoned = true;
            queue.forEach(Owed::close);
            queue.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
