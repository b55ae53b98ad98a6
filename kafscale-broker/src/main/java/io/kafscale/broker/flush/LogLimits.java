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
 * @param caches what is kept in memory for readers
 * @param undecidedLimit how long a flush may stay undecided before the broker gives up its incarnation
 */
public record LogLimits(
        Duration flushInterval,
        int flushBytes,
        int maxUploads,
        long appendBytes,
        Caches caches,
        Duration undecidedLimit) {

    /** So many blocks of a sequential reader are loaded ahead unless somebody says otherwise. */
    public static final int USUAL_READ_AHEAD = 2;

    private static final int MIB = 1024 * 1024;

    /**
     * What is kept in memory for readers. Immutable.
     *
     * @param recordBytes most bytes of committed records
     * @param indexBytes most bytes of footers
     * @param aheadBlocks so many chunks or blocks of a sequential reader are loaded before it asks for them
     */
    public record Caches(long recordBytes, long indexBytes, int aheadBlocks) {
        public Caches {
            if (recordBytes < 0 || indexBytes < 0 || aheadBlocks < 0) {
                throw new IllegalArgumentException(
                        "cache bytes " + recordBytes + ", index " + indexBytes + ", blocks ahead " + aheadBlocks);
            }
        }
    }

    /** Limits with the usual read-ahead. */
    public LogLimits(
            Duration flushInterval,
            int flushBytes,
            int maxUploads,
            long appendBytes,
            long cacheBytes,
            long indexCacheBytes,
            Duration undecidedLimit) {
        this(
                flushInterval,
                flushBytes,
                maxUploads,
                appendBytes,
                new Caches(cacheBytes, indexCacheBytes, USUAL_READ_AHEAD),
                undecidedLimit);
    }

    public long cacheBytes() {
        return caches.recordBytes();
    }

    public long indexCacheBytes() {
        return caches.indexBytes();
    }

    public LogLimits {
        if (flushInterval.isNegative() || !undecidedLimit.isPositive()) {
            throw new IllegalArgumentException("flush interval " + flushInterval + ", undecided " + undecidedLimit);
        }
        if (flushBytes < 1 || maxUploads < 1 || appendBytes < 1) {
            throw new IllegalArgumentException(
                    "flush bytes " + flushBytes + ", uploads " + maxUploads + ", append bytes " + appendBytes);
        }
    }

    /** The defaults for a heap of that size: a quarter of it, at most 512 MiB, for appends, and a quarter for caches. */
    public static LogLimits forHeap(long heapBytes, Duration flushInterval) {
        long quarter = heapBytes / 4;
        return new LogLimits(
                flushInterval, 8 * MIB, 8, Math.min(quarter, 512L * MIB), quarter, 32L * MIB, Duration.ofSeconds(60));
    }
}
