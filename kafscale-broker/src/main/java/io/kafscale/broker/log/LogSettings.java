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
        int maxMessageBytes, TimestampType timestampType, long timestampBeforeMaxMs, long timestampAfterMaxMs) {

    /** Kafka's defaults: 1 MiB and 12 bytes, the producer's time, any past, one hour ahead. */
    public static final LogSettings DEFAULTS =
            new LogSettings(1024 * 1024 + 12, TimestampType.CREATE_TIME, Long.MAX_VALUE, 3_600_000);
}
