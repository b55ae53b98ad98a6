// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.read.LogUnit;
import java.util.List;

/**
 * What of a log need not be kept, by Kafka's rules: a part goes when its newest record is older than {@code retention.ms}, or
 * if its records carry no time, when it was written before that,
 * or when what is left without it is still {@code retention.bytes}; parts go oldest first and whole. Stateless.
 */
final class Retention {

    private Retention() {}

    /**
     * How many of the oldest parts may go.
     *
     * @param oldest the log's oldest parts, in order
     * @param totalBytes of the whole log, at least that of the parts
     * @param nowMillis wall time
     */
    static int expired(List<LogUnit> oldest, long totalBytes, LogSettings.Keeping keeping, long nowMillis) {
        int expired = 0;
        long left = totalBytes;
        for (LogUnit unit : oldest) {
            if (!isOld(unit, keeping, nowMillis) && !isTooMuch(unit, left, keeping)) {
                break;
            }
            left -= unit.sizeBytes();
            expired++;
        }
        return expired;
    }

    private static boolean isOld(LogUnit unit, LogSettings.Keeping keeping, long nowMillis) {
        return keeping.retentionMs() != LogSettings.Keeping.NO_LIMIT
                && nowMillis - unit.agesFromMillis() > keeping.retentionMs();
    }

    private static boolean isTooMuch(LogUnit unit, long left, LogSettings.Keeping keeping) {
        return keeping.retentionBytes() != LogSettings.Keeping.NO_LIMIT
                && left - unit.sizeBytes() >= keeping.retentionBytes();
    }

    /**
     * When a part that is kept now may be too old, in wall time; {@link Long#MAX_VALUE} for never.
     *
     * @param oldest the oldest part that is kept
     */
    static long agesAt(LogUnit oldest, LogSettings.Keeping keeping) {
        if (keeping.retentionMs() == LogSettings.Keeping.NO_LIMIT) {
            return Long.MAX_VALUE;
        }
        long sum = oldest.agesFromMillis() + keeping.retentionMs();
        return sum < oldest.agesFromMillis() ? Long.MAX_VALUE : sum; // an overflow is never, too
    }
}
