// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemClock;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** Time that runs a number of times as fast as the real one. Thread-safe. */
final class ScaledClock implements Clock {

    private final Clock real = new SystemClock();
    private final long startNanos = real.monotonicNanos();
    private final long startMillis = real.wallMillis();
    private final int factor;

    ScaledClock(int factor) {
        this.factor = factor;
    }

    @Override
    public long monotonicNanos() {
        return (real.monotonicNanos() - startNanos) * factor;
    }

    @Override
    public long wallMillis() {
        return startMillis + monotonicNanos() / 1_000_000;
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        real.sleep(duration.dividedBy(factor));
    }

    @Override
    public boolean await(Lock lock, Condition condition, Deadline deadline) throws InterruptedException {
        Deadline inReality =
                deadline.bounded() ? Deadline.after(real, deadline.left(this).dividedBy(factor)) : Deadline.NEVER;
        real.await(lock, condition, inReality);
        return !deadline.passed(this);
    }
}
