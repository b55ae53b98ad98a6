// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import java.time.Duration;

/**
 * When objects are merged, and with how much memory. Immutable.
 *
 * @param cap so many commit records an incarnation should not have
 * @param freshRun so many fresh objects in a row are merged into one
 * @param tierRun so many objects of a higher tier in a row are merged into one
 * @param objectBytes most bytes of records in a merged object, unless one alone has more
 * @param chunkBytes adjacent chunks are put together up to so many bytes
 * @param memoryBytes what a merge reads ahead, and twice what the footers of its objects may have
 * @param lookInterval how often to look for objects in which nothing or little is left
 */
public record MergeLimits(
        int cap, int freshRun, int tierRun, long objectBytes, int chunkBytes, long memoryBytes, Duration lookInterval) {

    /** Most records that one transaction replaces, with room for its other compares. */
    static final int MOST_RECORDS = 64;

    private static final int MIB = 1024 * 1024;
    private static final double RELIEF_FROM = 0.65;
    private static final double PRESSURE_FROM = 0.72;
    private static final double STRETCH_FROM = 0.75;
    private static final double STRETCH_AT_CAP = 10;
    private static final double LONGEST_STRETCH = 50;

    public MergeLimits {
        if (cap < 4 || freshRun < 2 || freshRun > MOST_RECORDS || tierRun < 2 || tierRun > MOST_RECORDS) {
            throw new IllegalArgumentException(
                    "cap " + cap + ", runs of " + freshRun + " fresh and " + tierRun + " merged objects");
        }
        if (objectBytes < 1 || chunkBytes < 1 || memoryBytes < 1 || !lookInterval.isPositive()) {
            throw new IllegalArgumentException("object bytes " + objectBytes + ", chunk bytes " + chunkBytes
                    + ", memory bytes " + memoryBytes + ", look interval " + lookInterval);
        }
    }

    /** The defaults for a heap of that size. */
    public static MergeLimits forHeap(long heapBytes) {
        return new MergeLimits(
                200,
                64,
                16,
                512L * MIB,
                4 * MIB,
                Math.max(MIB, Math.min(heapBytes / 16, 64L * MIB)),
                Duration.ofSeconds(30));
    }

    /** The same for an incarnation that writes no more: whatever can be put together is. */
    MergeLimits forTheDead() {
        return new MergeLimits(cap, 2, 2, objectBytes, chunkBytes, memoryBytes, lookInterval);
    }

    /** From so many records on partitions are to be sealed, which takes a while. */
    int reliefAt() {
        return (int) (RELIEF_FROM * cap);
    }

    /** From so many records on runs are merged that are not full. */
    int pressureAt() {
        return (int) (PRESSURE_FROM * cap);
    }

    /** Most bytes of all footers of a run. */
    long footerBytes() {
        return memoryBytes / 2;
    }

    /**
     * How many times as long as usual the pauses between flushes should be with so many records: 1 up to three quarters of
     * the cap, rising evenly to 10 at the cap, and on to 50 at a little more than twice the cap.
     */
    double stretch(int records) {
        double over = (records - STRETCH_FROM * cap) / (cap - STRETCH_FROM * cap);
        return Math.clamp(1 + (STRETCH_AT_CAP - 1) * over, 1, LONGEST_STRETCH);
    }
}
