// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Deadline;

/** Reckons with moments of the monotonic clock that the caller has read. Stateless. */
final class Moments {

    private static final long NANOS_PER_MILLI = 1_000_000;

    private Moments() {}

    static Deadline in(long nowNanos, long millis) {
        return new Deadline(nowNanos + millis * NANOS_PER_MILLI, true);
    }

    static boolean isOver(Deadline deadline, long nowNanos) {
        return deadline.bounded() && nowNanos - deadline.atNanos() >= 0;
    }
}
