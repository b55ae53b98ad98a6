// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one broker on the machine's own scheduler. Knows those that run, since virtual threads are in no list of
 * the JVM. Thread-safe.
 */
public final class SystemThreads implements Threads {

    private static final Logger LOG = LoggerFactory.getLogger(SystemThreads.class);

    /** How long {@link #close()} waits for all threads together. */
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final Clock clock = new SystemClock();
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    /** Set once, by whoever closes; read by those who start. */
    private volatile boolean closed;

    @Override
    public Thread start(String name, Runnable body) {
        return start(Thread.ofVirtual(), name, body);
    }

    @Override
    public Thread startPlatform(String name, Runnable body) {
        return start(Thread.ofPlatform(), name, body);
    }

    private Thread start(Thread.Builder builder, String name, Runnable body) {
        Thread thread = builder.name(name)
                .uncaughtExceptionHandler(SystemThreads::reportBug)
                .unstarted(() -> runTracked(body));
        running.add(thread);
        if (closed) {
            running.remove(thread);
            throw new IllegalStateException("thread " + name + " started after its broker was closed");
        }
        thread.start();
        return thread;
    }

    private void runTracked(Runnable body) {
        try {
            body.run();
        } finally {
            running.remove(Thread.currentThread());
        }
    }

    private static void reportBug(Thread thread, Throwable bug) {
        LOG.atError().setCause(bug).addKeyValue("thread", thread.getName()).log("thread ended by a bug");
    }

    /** The threads that run now. */
    public List<Thread> running() {
        return List.copyOf(running);
    }

    /** Interrupts what still runs and waits for it, at most five seconds in all; the calling thread is left alone. */
    @Override
    public void close() {
        closed = true;
        List<Thread> others = running.stream()
                .filter(thread -> !thread.equals(Thread.currentThread()))
                .toList();
        others.forEach(Thread::interrupt);
        Deadline limit = Deadline.after(clock, CLOSE_LIMIT);
        for (Thread thread : others) {
            if (!joined(thread, limit)) {
                LOG.atError().addKeyValue("thread", thread.getName()).log("thread does not end");
            }
        }
    }

    private boolean joined(Thread thread, Deadline limit) {
        try {
            return thread.join(limit.left(clock));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
