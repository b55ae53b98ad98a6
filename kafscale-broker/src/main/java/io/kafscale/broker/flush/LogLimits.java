// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import java.time.Duration;

/**
 * Pace and bounds of the logs of one broker. Immutable.
 *
 * @param flushInterval one flush may leave in each, four at once after a pause
 * @param flushBytes a flush leaves when it is so large, whatever the pace
 * @param maxUploads flushes that are written side by side
 * @param appendBytes most bytes that are accepted and not yet decided
 * @param cacheBytes most bytes of committed records that are kept in memory
 * @param indexCacheBytes most bytes of footers that are kept in memory
 * @param undecidedLimit how long a flush may stay undecided before the broker gives up its incarnation
 */
public record LogLimits(
        Duration flushInterval,
        int flushBytes,
        int maxUploads,
        long appendBytes,
        long cacheBytes,
        long indexCacheBytes,
        Duration undecidedLimit) {

    private static final int MIB = 1024 * 1024;

    public LogLimits {
        if (flushInterval.isNegative() || !undecidedLimit.isPositive()) {
            throw new IllegalArgumentException("flush interval " + flushInterval + ", undecided " + undecidedLimit);
        }
        if (flushBytes < 1 || maxUploads < 1 || appendBytes < 1 || cacheBytes < 0 || indexCacheBytes < 0) {
            throw new IllegalArgumentException("flush bytes " + flushBytes + ", uploads " + maxUploads
                    + ", append bytes " + appendBytes + ", cache bytes " + cacheBytes + ", index cache bytes "
                    + indexCacheBytes);
        }
    }

    /** The defaults for a heap of that size: a quarter of it, at most 512 MiB, for appends, and a quarter for caches. */
    public static LogLimits forHeap(long heapBytes, Duration flushInterval) {
        long quarter = heapBytes / 4;
        return new LogLimits(
                flushInterval, 8 * MIB, 8, Math.min(quarter, 512L * MIB), quarter, 32L * MIB, Duration.ofSeconds(60));
    }
}
