// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import java.time.Duration;

/**
 * Limits and paces of all groups. Immutable.
 *
 * @param minSessionTimeout shortest session that a member may ask for
 * @param maxSessionTimeout longest session that a member may ask for
 * @param initialRebalanceDelay how long a group that was empty waits for more members after each that joins
 * @param maxMembers most members of a group
 * @param commitInterval shortest time between two transactions of a shard
 * @param storePatience how long a request waits for a write to be decided
 */
public record GroupSettings(
        Duration minSessionTimeout,
        Duration maxSessionTimeout,
        Duration initialRebalanceDelay,
        int maxMembers,
        Duration commitInterval,
        Duration storePatience) {

    /** Kafka's bounds; the delay is long enough for members that are started together. */
    public static final GroupSettings DEFAULTS = new GroupSettings(
            Duration.ofSeconds(6),
            Duration.ofMinutes(30),
            Duration.ofMillis(200),
            Integer.MAX_VALUE,
            Duration.ofMillis(20),
            Duration.ofSeconds(10));

    public GroupSettings {
        if (!minSessionTimeout.isPositive() || maxSessionTimeout.compareTo(minSessionTimeout) < 0) {
            throw new IllegalArgumentException(
                    "session time-outs from " + minSessionTimeout + " to " + maxSessionTimeout);
        }
        if (initialRebalanceDelay.isNegative() || commitInterval.isNegative() || !storePatience.isPositive()) {
            throw new IllegalArgumentException("initial rebalance delay " + initialRebalanceDelay + ", commit interval "
                    + commitInterval + ", patience " + storePatience);
        }
        if (maxMembers < 1) {
            throw new IllegalArgumentException("at most " + maxMembers + " members");
        }
    }
}
