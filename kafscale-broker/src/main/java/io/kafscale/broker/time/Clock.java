// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;

/**
 * The only source of time and the only way to wait with a limit. A simulation supplies its own, so no other code may read
 * a system clock or sleep. Thread-safe.
 */
public interface Clock {

    /** Nanoseconds of a clock that never goes back; only differences mean something. */
    long monotonicNanos();

    /** Milliseconds since 1970-01-01 UTC; may jump either way. */
    long wallMillis();

    /** Waits for the whole duration; at once for zero or less. */
    void sleep(Duration duration) throws InterruptedException;

    /**
     * Waits until the condition is signalled or the deadline has passed, as {@link Condition#await()} does: the caller
     * holds the lock, and checks its own predicate again afterwards since a wake-up may be spurious.
     *
     * @param lock the lock that made the condition, held by the caller
     * @return false when the deadline has passed
     */
    boolean await(Lock lock, Condition condition, Deadline deadline) throws InterruptedException;
}
