// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.time.Duration;

/**
 * From when on a store counts as degraded or unavailable. Immutable.
 *
 * @param window how far back calls count
 * @param latencyWarn mean time of a call that makes a store degraded
 * @param latencyCritical mean time of a call that makes it unavailable
 * @param errorWarn share of failed calls that makes it degraded, above 0 and at most 1
 * @param errorCritical share of failed calls that makes it unavailable
 */
public record HealthLimits(
        Duration window, Duration latencyWarn, Duration latencyCritical, double errorWarn, double errorCritical) {

    public static final HealthLimits DEFAULTS =
            new HealthLimits(Duration.ofSeconds(60), Duration.ofMillis(500), Duration.ofSeconds(3), 0.2, 0.6);

    public HealthLimits {
        if (!window.isPositive() || !latencyWarn.isPositive() || latencyWarn.compareTo(latencyCritical) > 0) {
            throw new IllegalArgumentException(
                    "window " + window + ", latency from " + latencyWarn + " to " + latencyCritical);
        }
        if (!(errorWarn > 0 && errorWarn <= errorCritical && errorCritical <= 1)) {
            throw new IllegalArgumentException("error shares from " + errorWarn + " to " + errorCritical);
        }
    }
}
