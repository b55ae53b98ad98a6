// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** The clock of the machine. Thread-safe. */
public final class SystemClock implements Clock {

    @Override
    public long monotonicNanos() {
        return System.nanoTime();
    }

    @Override
    public long wallMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (duration.isPositive()) {
            Thread.sleep(duration);
        }
    }

    @Override
    @SuppressWarnings("WaitNotInLoop") // the caller has the loop
    public boolean await(Lock lock, Condition condition, Deadline deadline) throws InterruptedException {
        if (!deadline.bounded()) {
            condition.await();
            return true;
        }
        return condition.awaitNanos(deadline.atNanos() - System.nanoTime()) > 0;
    }
}
