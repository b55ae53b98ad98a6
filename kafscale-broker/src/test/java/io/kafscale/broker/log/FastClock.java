// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemClock;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/** A clock that runs twenty times as fast as the real one, so that pauses between attempts cost tests little. Thread-safe. */
public final class FastClock implements Clock {

    private static final int FACTOR = 20;

    private final Clock real = new SystemClock();
    private final long start = real.monotonicNanos();

    /** Set by the test, read by everybody. */
    private volatile OptionalLong held = OptionalLong.empty();

    /** The monotonic clock stands still, while who waits is woken as before. */
    public void hold() {
        held = OptionalLong.of(monotonicNanos());
    }

    /** It goes on as if it had never stood still. */
    public void release() {
        held = OptionalLong.empty();
    }

    @Override
    public long monotonicNanos() {
        return held.orElseGet(() -> (real.monotonicNanos() - start) * FACTOR);
    }

    @Override
    public long wallMillis() {
        return real.wallMillis();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        real.sleep(duration.dividedBy(FACTOR));
    }

    @Override
    public boolean await(Lock lock, Condition condition, Deadline deadline) throws InterruptedException {
        Deadline inReality =
                deadline.bounded() ? Deadline.after(real, deadline.left(this).dividedBy(FACTOR)) : Deadline.NEVER;
        real.await(lock, condition, inReality);
        return !deadline.passed(this);
    }
}
