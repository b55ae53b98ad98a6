// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import java.time.Duration;

/**
 * A bucket of tokens, one for each flush: it gains one in each interval up to a burst, so that the first flush after a
 * pause leaves at once and a steady load sends one in an interval. Takes the time as an argument. Confined to its owner's
 * lock.
 */
final class Pace {

    private final long intervalNanos;
    private final long burstNanos;

    /** Time that has been earned and not spent, as of {@code asOfNanos}; an interval of it is a token. */
    private long creditNanos;

    private long asOfNanos;

    Pace(Duration interval, int burst, long nowNanos) {
        this.intervalNanos = interval.toNanos();
        this.burstNanos = intervalNanos * burst;
        this.creditNanos = burstNanos;
        this.asOfNanos = nowNanos;
    }

    /** Takes a token, if there is one. */
    boolean tryTake(long nowNanos) {
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
        creditNanos = Math.min(burstNanos, creditNanos + (nowNanos - asOfNanos));
        asOfNanos = nowNanos;
    }
}
