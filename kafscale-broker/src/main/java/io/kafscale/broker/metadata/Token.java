// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/**
 * The proof that a broker is still the one that registered: its registration's key and the revision that created it.
 * Every write that needs ownership compares it. Immutable.
 *
 * @param brokerId the node id
 * @param incarnation a name never used before or after, also not by another cluster in the same bucket
 * @param registrationKey key of the registration
 * @param createRevision revision that created it
 * @param lease the lease on which the registration and all owner keys hang
 */
public record Token(int brokerId, String incarnation, String registrationKey, long createRevision, Lease lease) {

    /** Holds while the registration is the one that this token stands for. */
    public Compare holds() {
        return new Compare.CreateRevision(registrationKey, createRevision);
    }
}
