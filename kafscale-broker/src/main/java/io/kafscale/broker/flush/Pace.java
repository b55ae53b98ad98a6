// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import java.time.Duration;

/**
 * A bucket of tokens, one for each flush or whatever costs a request: it gains one in each interval up to a burst, so that the
 * first after a pause leaves at once and a steady load sends one in an interval. Takes the time as an argument. Confined to
 * its owner's lock or thread.
 */
public final class Pace {

    private final long plainNanos;
    private final int burst;

    /** What a token costs now. */
    private long intervalNanos;

    /** Time that has been earned and not spent, as of {@code asOfNanos}; an interval of it is a token. */
    private long creditNanos;

    private long asOfNanos;

    public Pace(Duration interval, int burst, long nowNanos) {
        this.plainNanos = interval.toNanos();
        this.burst = burst;
        this.intervalNanos = plainNanos;
        this.creditNanos = plainNanos * burst;
        this.asOfNanos = nowNanos;
    }

    /** From now on the interval is so many times as long as at the beginning; what was earned stays. */
    void stretch(double factor) {
        intervalNanos = (long) (plainNanos * factor);
    }

    /** Takes a token, if there is one. */
    public boolean tryTake(long nowNanos) {
        earn(nowNanos);
        if (creditNanos < intervalNanos) {
            return false;
        }
        creditNanos -= intervalNanos;
        return true;
    }

    /** When there will be a token; a moment that has passed when there is one now. */
    long nextNanos() {
        return asOfNanos + intervalNanos - creditNanos;
    }

    private void earn(long nowNanos) {
        creditNanos = Math.min(intervalNanos * burst, creditNanos + (nowNanos - asOfNanos));
        asOfNanos = nowNanos;
    }
}
