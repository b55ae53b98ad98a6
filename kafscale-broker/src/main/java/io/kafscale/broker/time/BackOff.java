// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts that double from 20 ms to 2 s, each shortened by chance to between half and all of it, so that
 * many who fail together do not come back together. Confined to one thread.
 */
public final class BackOff {

    private static final long FIRST_NANOS = Duration.ofMillis(20).toNanos();
    private static final long LONGEST_NANOS = Duration.ofSeconds(2).toNanos();

    private final Clock clock;
    private final RandomGenerator random;
    private long nextNanos = FIRST_NANOS;

    public BackOff(Clock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    public void pause() throws InterruptedException {
        long nanos = nextNanos / 2 + random.nextLong(nextNanos / 2 + 1);
        nextNanos = Math.min(LONGEST_NANOS, nextNanos * 2);
        clock.sleep(Duration.ofNanos(nanos));
    }
}
