// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts that double from the first to the longest, each shortened by chance to between half and all of
 * it, so that many who fail together do not come back together. Confined to one thread.
 */
public final class BackOff {

    private static final Duration FIRST_FOR_STORES = Duration.ofMillis(20);
    private static final Duration LONGEST_FOR_STORES = Duration.ofSeconds(2);

    private final RandomGenerator random;
    private final long longestNanos;
    private long nextNanos;

    /** Pauses that begin with the first one, which is longer than nothing and not longer than the longest. */
    public BackOff(RandomGenerator random, Duration first, Duration longest) {
        if (!first.isPositive() || first.compareTo(longest) > 0) {
            throw new IllegalArgumentException("pauses from " + first + " to " + longest);
        }
        this.random = random;
        this.longestNanos = longest.toNanos();
        this.nextNanos = first.toNanos();
    }

    /** Pauses between the attempts of somebody who cannot go on without a store: from 20 ms to 2 s. */
    public static BackOff forStores(RandomGenerator random) {
        return new BackOff(random, FIRST_FOR_STORES, LONGEST_FOR_STORES);
    }

    /** How long to wait before the next attempt, for those who wait for something else at the same time. */
    public Duration next() {
        long nanos = nextNanos / 2 + random.nextLong(nextNanos / 2 + 1);
        nextNanos = Math.min(longestNanos, nextNanos * 2);
        return Duration.ofNanos(nanos);
    }

    /** Waits before the next attempt. */
    public void pause(Clock clock) throws InterruptedException {
        clock.sleep(next());
    }
}
