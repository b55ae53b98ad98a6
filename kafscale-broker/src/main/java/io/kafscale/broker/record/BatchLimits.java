// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

/**
 * What a batch must keep to, at the moment when it arrives. Immutable.
 *
 * @param maxBytes largest batch, header included
 * @param earliestMillis oldest time that a record may carry
 * @param latestMillis newest time that a record may carry
 */
public record BatchLimits(int maxBytes, long earliestMillis, long latestMillis) {

    private static final long NO_TIMESTAMP = -1;

    /** Limits with a time window around now; it is cut where a {@code long} ends. */
    public static BatchLimits around(long nowMillis, int maxBytes, long beforeMaxMs, long afterMaxMs) {
        long earliest = beforeMaxMs > nowMillis ? Long.MIN_VALUE : nowMillis - beforeMaxMs;
        long latest = afterMaxMs > Long.MAX_VALUE - nowMillis ? Long.MAX_VALUE : nowMillis + afterMaxMs;
        return new BatchLimits(maxBytes, earliest, latest);
    }

    /** Whether a record may carry that time; one that carries none may. */
    boolean allow(long timestampMillis) {
        return timestampMillis == NO_TIMESTAMP
                || (timestampMillis >= earliestMillis && timestampMillis <= latestMillis);
    }

    /** Limits for records whose time the broker sets: any time is as good as another. */
    public static BatchLimits anyTime(int maxBytes) {
        return new BatchLimits(maxBytes, Long.MIN_VALUE, Long.MAX_VALUE);
    }
}
