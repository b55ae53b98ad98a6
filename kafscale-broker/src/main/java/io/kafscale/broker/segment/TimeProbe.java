// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

/**
 * Where to look next for the first segment up to whose end there is a time: mostly where it should be if times rose evenly, at
 * first at the beginning, and every third time in the middle, so that it takes at most three times as many looks as halving.
 * Confined to one thread.
 */
final class TimeProbe {

    private static final int HALVED = 3;

    private final long timestamp;

    /** What ends there or before has no such time. */
    private long behind;

    private long timeThere = Long.MIN_VALUE;
    private int looks;

    /** @param from nothing before that offset is looked at */
    TimeProbe(long from, long timestamp) {
        this.behind = from;
        this.timestamp = timestamp;
    }

    /** Whether there is something to look at before the first segment that is known to have such a time. */
    boolean isLeft(long baseOffset) {
        return behind < baseOffset;
    }

    /** Segments that end there or before have no larger time than this one. */
    void isBehind(long endOffset, long largest) {
        behind = endOffset;
        timeThere = largest;
    }

    /**
     * An offset that is not known to be before the first such segment, and before one that is known to have such a time.
     *
     * @param largest the largest time up to the end of that
     */
    long next(SegmentName known, long largest) {
        looks++;
        long end = known.baseOffset();
        if (looks == 1) {
            return behind;
        }
        if (looks % HALVED == 0 || timeThere == Long.MIN_VALUE) {
            return behind + (end - behind) / 2;
        }
        double share = ((double) timestamp - timeThere) / ((double) largest - timeThere);
        double guess = behind + share * (known.endOffset() - behind);
        return Math.clamp((long) guess, behind, end - 1);
    }
}
