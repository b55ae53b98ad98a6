// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps what peers do wrong from filling the log: each cause is written once in an interval, with the number of times so
 * far. Causes are few and our own words. Thread-safe; guarded by {@code lock}.
 */
final class RareWarnings {

    private final Clock clock;
    private final Duration interval;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, Cause> causes = new HashMap<>();

    private record Cause(long count, Deadline quietUntil) {}

    RareWarnings(Clock clock, Duration interval) {
        this.clock = clock;
        this.interval = interval;
    }

    /** Counts the cause once more; how often it was there when that is to be written now. */
    OptionalLong count(String cause) {
        lock.lock();
        try {
            Cause before = causes.getOrDefault(cause, new Cause(0, Deadline.after(clock, Duration.ZERO)));
            long count = before.count() + 1;
            boolean due = before.quietUntil().passed(clock);
            causes.put(cause, new Cause(count, due ? Deadline.after(clock, interval) : before.quietUntil()));
            return due ? OptionalLong.of(count) : OptionalLong.empty();
        } finally {
            lock.unlock();
        }
    }
}
