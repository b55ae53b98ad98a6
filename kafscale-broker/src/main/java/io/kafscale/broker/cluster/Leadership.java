// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/**
 * Who serves a partition. Immutable.
 *
 * @param brokerId node id of the owner, {@link #NOBODY} when there is none
 * @param leaderEpoch epoch of the owner, or the last one when there is none
 */
public record Leadership(int brokerId, int leaderEpoch) {

    public static final int NOBODY = -1;

    public boolean isVacant() {
        return brokerId == NOBODY;
    }
}
