// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;

/**
 * One key as it stood at one revision. Immutable.
 *
 * @param createRevision the revision that created the key, from 1
 * @param modRevision the revision that last changed it, not before {@code createRevision}
 * @param leaseId the lease that it hangs on, {@link Lease#NONE} for none
 */
public record KeyValue(String key, ByteString value, long createRevision, long modRevision, long leaseId) {

    public KeyValue {
        if (createRevision < 1 || modRevision < createRevision) {
            throw new IllegalArgumentException(
                    "key " + key + ": created at " + createRevision + ", modified at " + modRevision);
        }
    }
}
