// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** When acknowledgements came: the longest time without one, and how long the first one took. Thread-safe; guarded by {@code lock}. */
public final class AckTimes {
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long last = System.nanoTime();

    @GuardedBy("lock")
    private long longest;

    @GuardedBy("lock")
    private long mark;

    @GuardedBy("lock")
    private Optional<Long> firstBehindMark = Optional.of(0L);

    void acknowledged() {
        lock.lock();
        try {
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
            if (firstBehindMark.isEmpty()) {
                firstBehindMark = Optional.of(now - mark);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets earlier pauses. */
    public void begin() {
        lock.lock();
        try {
            last = System.nanoTime();
            longest = 0;
        } finally {
            lock.unlock();
        }
    }

    /** From now on the first acknowledgement is waited for. */
    public void mark() {
        lock.lock();
        try {
            mark = System.nanoTime();
            firstBehindMark = Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The time from {@link #mark} to the first acknowledgement, if there was one. */
    public Optional<Duration> firstBehindMark() {
        lock.lock();
        try {
            return firstBehindMark.map(Duration::ofNanos);
        } finally {
            lock.unlock();
        }
    }

    /** The longest time between two acknowledgements. */
    public Duration longestPause() {
        lock.lock();
        try {
            return Duration.ofNanos(longest);
        } finally {
            lock.unlock();
        }
    }
}
