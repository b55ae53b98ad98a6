// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.util.Arrays;
import java.util.OptionalLong;

/**
 * After how long a call is made a second time: after the time that 95 of the last hundred calls did not take, and never for
 * more than one call in twenty. Calls that carry little are measured apart from those that carry much. Confined to its
 * owner's lock.
 */
final class HedgePolicy {

    /** One second call is earned by so many first ones. */
    static final int CALLS_FOR_ONE = 20;

    private static final int MOST_EARNED = 5 * CALLS_FOR_ONE;
    private static final int LEAST_SAMPLES = 20;
    private static final int SAMPLES = 100;
    private static final int LARGE = 256 * 1024;

    private final long leastNanos;
    private final Samples small = new Samples();
    private final Samples large = new Samples();
    private int earned;

    private static final class Samples {
        private final long[] nanos = new long[SAMPLES];
        private int next;
        private int count;

        private void add(long took) {
            nanos[next] = took;
            next = (next + 1) % SAMPLES;
            count = Math.min(SAMPLES, count + 1);
        }

        private OptionalLong percentile95() {
            if (count < LEAST_SAMPLES) {
                return OptionalLong.empty();
            }
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            return OptionalLong.of(sorted[Math.ceilDiv(count * 95, 100) - 1]);
        }
    }

    /**
     * A policy that knows no call yet.
     *
     * @param leastNanos no call is made a second time sooner
     */
    HedgePolicy(long leastNanos) {
        this.leastNanos = leastNanos;
    }

    private Samples samples(long bytes) {
        return bytes < LARGE ? small : large;
    }

    /** A call begins; says after how long it may be made again, if at all. */
    OptionalLong begin(long bytes) {
        earned = Math.min(MOST_EARNED, earned + 1);
        if (earned < CALLS_FOR_ONE) {
            return OptionalLong.empty();
        }
        OptionalLong usual = samples(bytes).percentile95();
        return usual.isPresent() ? OptionalLong.of(Math.max(leastNanos, usual.getAsLong())) : usual;
    }

    /** A call is about to be made again; false when that would be too often. */
    boolean takeSecond() {
        if (earned < CALLS_FOR_ONE) {
            return false;
        }
        earned -= CALLS_FOR_ONE;
        return true;
    }

    /** A call took so long, at least. */
    void took(long bytes, long nanos) {
        samples(bytes).add(nanos);
    }
}
