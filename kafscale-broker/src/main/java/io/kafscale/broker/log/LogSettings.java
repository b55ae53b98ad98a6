// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

/**
 * The topic settings that act on a partition's log, by Kafka's names. Immutable.
 *
 * @param maxMessageBytes {@code max.message.bytes}: largest batch, header included
 * @param timestampType {@code message.timestamp.type}
 * @param timestampBeforeMaxMs {@code message.timestamp.before.max.ms}
 * @param timestampAfterMaxMs {@code message.timestamp.after.max.ms}
 */
public record LogSettings(
        int maxMessageBytes,
        TimestampType timestampType,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        Keeping keeping) {

    /** Kafka's defaults: 1 MiB and 12 bytes, the producer's time, any past, one hour ahead. */
    public static final LogSettings DEFAULTS =
            new LogSettings(1024 * 1024 + 12, TimestampType.CREATE_TIME, Long.MAX_VALUE, 3_600_000, Keeping.DEFAULTS);

    /**
     * How long records are kept, and in what portions they are sealed. Immutable.
     *
     * @param retentionMs {@code retention.ms}; {@link #NO_LIMIT} for ever
     * @param retentionBytes {@code retention.bytes}; {@link #NO_LIMIT} for any size
     * @param segmentBytes {@code segment.bytes}: a partition is sealed when so much of it is not
     * @param segmentMs {@code segment.ms}: it is sealed when something has waited for so long
     */
    public record Keeping(long retentionMs, long retentionBytes, int segmentBytes, long segmentMs) {

        public static final long NO_LIMIT = -1;

        private static final long DAY_MS = 86_400_000;

        /** Seven days of any size, in segments of 64 MiB or a day. */
        public static final Keeping DEFAULTS = new Keeping(7 * DAY_MS, NO_LIMIT, 64 << 20, DAY_MS);

        public Keeping {
            if (retentionMs < NO_LIMIT || retentionBytes < NO_LIMIT || segmentBytes < 1 || segmentMs < 1) {
                throw new IllegalArgumentException("retention of " + retentionMs + " ms and " + retentionBytes
                        + " bytes, segments of " + segmentBytes + " bytes and " + segmentMs + " ms");
            }
        }
    }
}
