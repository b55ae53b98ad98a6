// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import java.time.Duration;

/**
 * A moment on the monotonic clock after which something is too late; {@link #NEVER} has none. Immutable.
 *
 * @param atNanos reading of {@link Clock#monotonicNanos()} at that moment
 * @param bounded false for {@link #NEVER}
 */
public record Deadline(long atNanos, boolean bounded) {

    /** The deadline that does not come. */
    public static final Deadline NEVER = new Deadline(0, false);

    /** The moment that lies the given time ahead; negative durations count as zero. */
    public static Deadline after(Clock clock, Duration duration) {
        long nanos;
        try {
            nanos = Math.max(0, duration.toNanos());
        } catch (ArithmeticException tooLong) {
            return NEVER;
        }
        return new Deadline(clock.monotonicNanos() + nanos, true);
    }

    /** The moment that lies the given number of milliseconds ahead. */
    public static Deadline afterMillis(Clock clock, long millis) {
        return after(clock, Duration.ofMillis(millis));
    }

    public boolean passed(Clock clock) {
        return bounded && clock.monotonicNanos() - atNanos >= 0;
    }

    /** What is left, never negative; {@link Long#MAX_VALUE} nanoseconds for {@link #NEVER}. */
    public Duration left(Clock clock) {
        return bounded
                ? Duration.ofNanos(Math.max(0, atNanos - clock.monotonicNanos()))
                : Duration.ofNanos(Long.MAX_VALUE);
    }

    /** The later of the two. */
    public Deadline orLater(Deadline other) {
        return orSooner(other).equals(this) ? other : this;
    }

    /** The earlier of the two. */
    public Deadline orSooner(Deadline other) {
        if (!bounded) {
            return other;
        }
        return !other.bounded || atNanos - other.atNanos <= 0 ? this : other;
    }
}
