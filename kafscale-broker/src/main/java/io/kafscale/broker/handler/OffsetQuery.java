// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.read.TimestampedOffset;
import java.util.Map;
import java.util.Optional;

/**
 * The times that ListOffsets may ask for: those from zero on are real ones, the negative ones have meanings of their own,
 * each since some version. Nothing is tiered here as Kafka means it, so the two that ask for tiers find nothing.
 * Stateless.
 */
final class OffsetQuery {

    static final long LATEST = -1;
    static final long EARLIEST = -2;
    static final long MAX_TIMESTAMP = -3;
    static final long EARLIEST_LOCAL = -4;
    static final long LATEST_TIERED = -5;
    static final long EARLIEST_PENDING_UPLOAD = -6;

    private static final long NO_TIMESTAMP = -1;

    private static final Map<Long, Integer> SINCE_VERSION = Map.of(
            LATEST, 1, EARLIEST, 1, MAX_TIMESTAMP, 7, EARLIEST_LOCAL, 8, LATEST_TIERED, 9, EARLIEST_PENDING_UPLOAD, 11);

    private OffsetQuery() {}

    /** Whether a client of this version may ask for this time. */
    static boolean isKnown(long timestamp, short version) {
        return timestamp >= 0 || SINCE_VERSION.getOrDefault(timestamp, Integer.MAX_VALUE) <= version;
    }

    /** Empty when no record answers; reading a batch may be needed for a real time. */
    static Optional<TimestampedOffset> ask(PartitionLog log, long timestamp) throws InterruptedException {
        if (timestamp == LATEST) {
            return Optional.of(new TimestampedOffset(log.highWatermark(), NO_TIMESTAMP, log.leaderEpoch()));
        }
        if (timestamp == EARLIEST || timestamp == EARLIEST_LOCAL) {
            return Optional.of(new TimestampedOffset(log.logStartOffset(), NO_TIMESTAMP, log.logStartEpoch()));
        }
        if (timestamp == MAX_TIMESTAMP) {
            return log.maxTimestamp();
        }
        return timestamp >= 0 ? log.firstAtOrAfter(timestamp) : Optional.empty();
    }
}
