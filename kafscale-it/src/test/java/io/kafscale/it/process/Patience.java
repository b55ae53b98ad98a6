// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** How long a test waits for what another process or thread brings about. Stateless. */
public final class Patience {
    /** Generous, since two cores may be busy with other things; a test that works never comes near it. */
    public static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    private Patience() {}

    /** Lets {@code time} go by: for those who play slow servers, and for faults that are to last. */
    public static void hold(Duration time) {
        comesTrue(time, () -> false);
    }

    /** Looks at {@code condition} until it holds; fails the test when it does not within {@link #LIMIT}. */
    public static void until(String what, BooleanSupplier condition) {
        until(what, LIMIT, condition);
    }

    /** Looks at {@code condition} until it holds; fails the test when it does not within {@code limit}. */
    public static void until(String what, Duration limit, BooleanSupplier condition) {
        if (!comesTrue(limit, condition)) {
            throw new AssertionError("Not within " + limit + ": " + what);
        }
    }

    /** Whether {@code condition} comes true within {@code limit}. */
    public static boolean comesTrue(Duration limit, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > limit.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        }
        return true;
    }
}
