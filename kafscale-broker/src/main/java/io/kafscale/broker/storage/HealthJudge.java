// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/**
 * Decides how a store does from the calls that ended; takes the time as an argument.
 *
 * <pre>
 *              share of errors or mean latency at warn        … at critical, or nothing but failures
 *   HEALTHY ─────────────────────────────────────▶ DEGRADED ─────────────────────────────────▶ UNAVAILABLE
 *           ◀─────────────────────────────────────          ◀─────────────────────────────────
 *              below four fifths of warn, for a sixth           three quick calls in a row, over
 *              of the window                                    a thirtieth of the window
 * </pre>
 *
 * <p>Only calls that ended in the window and since the last change count, so a state is never left for what led to it. It
 * takes five of them to make things worse, or three failures in a row over a second, with nothing else between. A call that
 * was answered with the wish for fewer calls is an error towards degraded and none towards unavailable. Confined to its
 * owner's lock.
 */
final class HealthJudge {

    private static final int SLOTS = 12;
    private static final int LEAST_TO_WORSEN = 5;
    private static final int IN_A_ROW = 3;
    private static final long LEAST_OUTAGE_NANOS = 1_000_000_000L;
    private static final double EASING = 0.8;

    private final HealthLimits limits;
    private final long slotNanos;
    private final Slot[] slots = new Slot[SLOTS];

    private StoreState state = StoreState.HEALTHY;
    private long sinceNanos;
    private int failedInRow;
    private int quickInRow;
    private long rowBeganNanos;

    /** Calls that ended in one twelfth of the window. */
    private static final class Slot {
        private long number = Long.MIN_VALUE;
        private long calls;
        private long failed;
        private long throttled;
        private long timed;
        private long latencyNanos;

        private void beginIfOther(long newNumber) {
            if (number != newNumber) {
                clear();
                number = newNumber;
            }
        }

        private void clear() {
            number = Long.MIN_VALUE;
            calls = 0;
            failed = 0;
            throttled = 0;
            timed = 0;
            latencyNanos = 0;
        }
    }

    /**
     * What the calls in the window were like. Immutable.
     *
     * @param errorShare of those that failed
     * @param troubleShare of those that failed or were answered with the wish for fewer
     * @param meanNanos of those whose time was taken; 0 without any
     */
    record Sums(long calls, double errorShare, double troubleShare, long meanNanos) {}

    HealthJudge(HealthLimits limits, long nowNanos) {
        this.limits = limits;
        this.slotNanos = Math.max(1, limits.window().toNanos() / SLOTS);
        this.sinceNanos = nowNanos;
        for (int i = 0; i < SLOTS; i++) {
            slots[i] = new Slot();
        }
    }

    StoreState state() {
        return state;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    /** The store did what it was asked, in so much time. */
    void answered(long nowNanos, long tookNanos) {
        Slot slot = slot(nowNanos);
        slot.calls++;
        slot.timed++;
        slot.latencyNanos += tookNanos;
        failedInRow = 0;
        if (tookNanos < EASING * limits.latencyCritical().toNanos()) {
            quickInRow = inRow(quickInRow, nowNanos);
        } else {
            quickInRow = 0;
        }
        judge(nowNanos);
    }

    /** The store did what it was asked, which is not of a kind whose time says anything. */
    void done(long nowNanos) {
        slot(nowNanos).calls++;
        failedInRow = 0;
        quickInRow = inRow(quickInRow, nowNanos);
        judge(nowNanos);
    }

    /** The store wants fewer calls. */
    void throttled(long nowNanos) {
        Slot slot = slot(nowNanos);
        slot.calls++;
        slot.throttled++;
        failedInRow = 0;
        quickInRow = inRow(quickInRow, nowNanos);
        judge(nowNanos);
    }

    void failed(long nowNanos) {
        Slot slot = slot(nowNanos);
        slot.calls++;
        slot.failed++;
        quickInRow = 0;
        failedInRow = inRow(failedInRow, nowNanos);
        judge(nowNanos);
    }

    /** What was called in the window that ends now, since the last change. */
    Sums sums(long nowNanos) {
        long newest = Math.floorDiv(nowNanos, slotNanos);
        long calls = 0;
        long failed = 0;
        long throttled = 0;
        long timed = 0;
        long latencyNanos = 0;
        for (Slot slot : slots) {
            if (slot.number > newest - SLOTS && slot.number <= newest) {
                calls += slot.calls;
                failed += slot.failed;
                throttled += slot.throttled;
                timed += slot.timed;
                latencyNanos += slot.latencyNanos;
            }
        }
        double all = Math.max(1, calls);
        return new Sums(calls, failed / all, (failed + throttled) / all, timed == 0 ? 0 : latencyNanos / timed);
    }

    private Slot slot(long nowNanos) {
        long number = Math.floorDiv(nowNanos, slotNanos);
        Slot slot = slots[(int) Math.floorMod(number, (long) SLOTS)];
        slot.beginIfOther(number);
        return slot;
    }

    private int inRow(int before, long nowNanos) {
        if (before == 0) {
            rowBeganNanos = nowNanos;
        }
        return before + 1;
    }

    private void judge(long nowNanos) {
        Sums sums = sums(nowNanos);
        StoreState worse = sums.calls() >= LEAST_TO_WORSEN ? level(sums, 1) : StoreState.HEALTHY;
        if (failedInRow >= IN_A_ROW && nowNanos - rowBeganNanos >= LEAST_OUTAGE_NANOS) {
            worse = StoreState.UNAVAILABLE;
        }
        if (worse.compareTo(state) > 0) {
            enter(worse, nowNanos);
        } else if (state == StoreState.UNAVAILABLE && answersAgain(nowNanos)) {
            enter(StoreState.DEGRADED, nowNanos);
        } else if (state == StoreState.DEGRADED && isWell(sums, nowNanos)) {
            enter(StoreState.HEALTHY, nowNanos);
        }
    }

    private boolean answersAgain(long nowNanos) {
        return quickInRow >= IN_A_ROW
                && nowNanos - rowBeganNanos >= limits.window().toNanos() / 30;
    }

    private boolean isWell(Sums sums, long nowNanos) {
        return sums.calls() >= IN_A_ROW
                && nowNanos - sinceNanos >= limits.window().toNanos() / 6
                && level(sums, EASING) == StoreState.HEALTHY;
    }

    private StoreState level(Sums sums, double factor) {
        double meanNanos = sums.meanNanos();
        if (sums.errorShare() >= factor * limits.errorCritical()
                || meanNanos >= factor * limits.latencyCritical().toNanos()) {
            return StoreState.UNAVAILABLE;
        }
        return sums.troubleShare() >= factor * limits.errorWarn()
                        || meanNanos >= factor * limits.latencyWarn().toNanos()
                ? StoreState.DEGRADED
                : StoreState.HEALTHY;
    }

    private void enter(StoreState next, long nowNanos) {
        state = next;
        sinceNanos = nowNanos;
        failedInRow = 0;
        quickInRow = 0;
        for (Slot slot : slots) {
            slot.clear();
        }
    }
}
