// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;

/** One write of a transaction. Immutable. */
public sealed interface Operation {

    /** Sets a key; {@code leaseId} is the lease that it hangs on from now on, {@link Lease#NONE} for none. */
    record Put(String key, ByteString value, long leaseId) implements Operation {}

    /** Deletes a key; nothing happens when it is not there. */
    record Delete(String key) implements Operation {}

    /** Deletes all keys that start with the prefix, which must not be empty. */
    record DeletePrefix(String prefix) implements Operation {
        public DeletePrefix {
            if (prefix.isEmpty()) {
                throw new IllegalArgumentException("deleting by an empty prefix would delete everything");
            }
        }
    }
}
