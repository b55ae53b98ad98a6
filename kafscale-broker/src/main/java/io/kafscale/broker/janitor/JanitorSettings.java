// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import java.time.Duration;

/**
 * How the janitor works. Immutable.
 *
 * @param grace how long an object is kept that nobody refers to
 * @param counterInterval between raises, or looks, at the counter
 * @param sweepInterval between sweeps
 * @param pages of listings that each part of a sweep may take
 */
public record JanitorSettings(Duration grace, Duration counterInterval, Duration sweepInterval, int pages) {

    private static final int SNAPSHOTS_PER_GRACE = 24;
    private static final int PAGES = 100;

    public JanitorSettings {
        if (!grace.isPositive() || !counterInterval.isPositive() || !sweepInterval.isPositive() || pages < 1) {
            throw new IllegalArgumentException("grace " + grace + ", counter " + counterInterval + ", sweeps "
                    + sweepInterval + ", pages " + pages);
        }
    }

    /** A look a minute, a sweep every ten. */
    public static JanitorSettings withGrace(Duration grace) {
        return new JanitorSettings(grace, Duration.ofMinutes(1), Duration.ofMinutes(10), PAGES);
    }

    /** Between reference snapshots. */
    Duration snapshotInterval() {
        Duration share = grace.dividedBy(SNAPSHOTS_PER_GRACE);
        return share.compareTo(sweepInterval) < 0 ? sweepInterval : share;
    }

    /** How long the metadata must have answered before anything is deleted. */
    Duration settling() {
        return sweepInterval.dividedBy(2);
    }
}
