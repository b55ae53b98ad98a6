// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has been started, closed in reverse: each once, and each whatever became of those before. Thread-safe; guarded by
 * {@code lock}, which is not held while something is closed.
 */
final class Closing implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Deque<Step> steps = new ArrayDeque<>();

    private record Step(String name, AutoCloseable thing) {}

    /** Notes a thing that is to be closed before all that were noted earlier. */
    <T extends AutoCloseable> T add(String name, T thing) {
        lock.lock();
        try {
            steps.push(new Step(name, thing));
        } finally {
            lock.unlock();
        }
        return thing;
    }

    @Override
    public void close() {
        for (Optional<Step> step = take(); step.isPresent(); step = take()) {
            close(step.get());
        }
    }

    private Optional<Step> take() {
        lock.lock();
        try {
            return Optional.ofNullable(steps.poll());
        } finally {
            lock.unlock();
        }
    }

    /** Whatever goes wrong here must not keep the others from being closed. */
    @SuppressWarnings("InterruptedExceptionSwallowed")
    private static void close(Step step) {
        LOG.atDebug().addKeyValue("part", step.name()).log("closing");
        try {
            step.thing().close();
        } catch (Exception e) {
            LOG.atError().setCause(e).addKeyValue("part", step.name()).log("part does not close");
        }
    }
}
