// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tasks that end before the block does that started them: leaving the block interrupts those that still run and waits for
 * them; {@link #cancel} does the first of that from anywhere. At most a stated number runs at once. What a task
 * dies of is told to who waits for all. Thread-safe; guarded by {@code lock}.
 */
public final class TaskScope implements AutoCloseable {

    private final Threads threads;
    private final int limit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    @GuardedBy("lock")
    private final Set<Thread> running = new LinkedHashSet<>();

    /** The first that was not as it should; there is room for it even where memory has run out. */
    @GuardedBy("lock")
    private final List<Throwable> deaths = new ArrayList<>(1);

    @GuardedBy("lock")
    private int count;

    @GuardedBy("lock")
    private boolean closed;

    /** What a task does; an interrupt is a good end only once the scope is closed. */
    @FunctionalInterface
    public interface Task {
        void run() throws InterruptedException;
    }

    public TaskScope(Threads threads, int limit) {
        this.threads = threads;
        this.limit = limit;
    }

    /** Waits until fewer tasks run than may; false when no more may start. */
    public boolean awaitRoom() throws InterruptedException {
        lock.lock();
        try {
            while (count >= limit && !closed) {
                ended.await();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until no task runs.
     *
     * @throws IllegalStateException when one of them has died: what it was to do is not done
     */
    public void awaitAll() throws InterruptedException {
        lock.lock();
        try {
            while (count > 0) {
                ended.await();
            }
            if (!deaths.isEmpty()) {
                throw new IllegalStateException("a task has died: " + deaths.getFirst(), deaths.getFirst());
            }
        } finally {
            lock.unlock();
        }
    }

    /** Starts a task, for which the caller has waited for room; false when no more may start. */
    public boolean fork(String name, Task task) {
        lock.lock();
        try {
            if (closed) {
                return false;
            }
            if (count >= limit) {
                throw new IllegalStateException("task " + name + " in a scope that is full");
            }
            running.add(threads.start(name, () -> run(task)));
            count++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void run(Task task) {
        try {
            task.run();
        } catch (InterruptedException end) {
            note(end);
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error death) {
            note(death);
            throw death;
        } finally {
            leave();
        }
    }

    private void note(Throwable death) {
        lock.lock();
        try {
            if (!closed && deaths.isEmpty()) {
                deaths.add(death);
            }
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        lock.lock(); // the one that forks has it until the thread is known here
        try {
            running.remove(Thread.currentThread());
            count--;
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts what runs, the calling task excepted, and lets nothing start any more; waits for nothing. */
    public void cancel() {
        lock.lock();
        try {
            closed = true;
            running.stream()
                    .filter(thread -> !thread.equals(Thread.currentThread()))
                    .forEach(Thread::interrupt);
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts what still runs and waits until it has ended. */
    @Override
    public void close() {
        cancel();
        lock.lock();
        try {
            while (count > 0) {
                ended.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
