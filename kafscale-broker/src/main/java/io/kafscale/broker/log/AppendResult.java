// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.time.Pending;

/** What became of a batch that was handed to a {@link PartitionLog}. Immutable. */
public sealed interface AppendResult {

    /** It has its offsets and is on its way to the store, or is a duplicate of one that is or was. */
    record Accepted(Pending<Outcome> outcome) implements AppendResult {}

    /** It was not appended and never will be. */
    record Refused(Reason reason, String message) implements AppendResult {}

    /** Why a batch was refused. */
    enum Reason {
        /** A gap in a known producer's sequence. */
        OUT_OF_ORDER_SEQUENCE,
        /** An epoch older than the producer's newest. */
        INVALID_PRODUCER_EPOCH,
        /** A duplicate of a batch that is older than the remembered ones. */
        DUPLICATE_SEQUENCE,
        /** The append budget is used up and did not become free in time. */
        OVERLOADED,
        /** The log is closed or this broker does not own the partition any more. */
        NOT_OWNER
    }
}
