// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.time.Duration;

/**
 * How long a call of S3 may take and how often it is tried; {@code docs/storage.md} shows the same numbers. Immutable.
 *
 * @param connect until a connection stands
 * @param attempt one attempt, its connection included, besides {@link #perBytes}
 * @param call all attempts, the pauses and the waiting for a permit included, besides {@link #perBytes}
 * @param attempts at most so many
 */
record S3Limits(Duration connect, Duration attempt, Duration call, int attempts) {

    static final S3Limits DEFAULTS =
            new S3Limits(Duration.ofSeconds(3), Duration.ofSeconds(10), Duration.ofSeconds(30), 8);

    private static final int BYTES_PER_SECOND = 4 << 20;

    /** The same, but for how long a whole call may take. */
    S3Limits withCall(Duration limit) {
        return new S3Limits(connect, attempt, limit, Integer.MAX_VALUE);
    }

    /** What so many bytes may take beyond the limits: one second for 4 MiB. */
    static Duration perBytes(long bytes) {
        return Duration.ofMillis(bytes * 1000 / BYTES_PER_SECOND);
    }
}
