// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.time.Duration;

/**
 * How this broker takes part in its cluster. Immutable.
 *
 * @param brokerId node id, from 0
 * @param leaseTtl how long the registration outlives the broker's last sign of life
 * @param startupTimeout how long starting waits for a metadata store that does not answer
 */
public record ClusterSettings(int brokerId, Duration leaseTtl, Duration startupTimeout) {

    public ClusterSettings {
        if (brokerId < 0) {
            throw new IllegalArgumentException("broker id " + brokerId);
        }
        if (!leaseTtl.isPositive()) {
            throw new IllegalArgumentException("lease TTL " + leaseTtl);
        }
        if (startupTimeout.isNegative()) {
            throw new IllegalArgumentException("start-up time-out " + startupTimeout);
        }
    }
}
