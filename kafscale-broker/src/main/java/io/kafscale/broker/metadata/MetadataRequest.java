// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.time.Pending;

/** What callers hand to the one thread that writes, and where they wait for the answer. Thread-safe. */
sealed interface MetadataRequest {

    Pending<Reply> reply();

    /** Roughly what it adds to the file. */
    default long sizeBytes() {
        return 0;
    }

    /** What a caller gets: a result to return, or an exception to throw. Immutable. */
    sealed interface Reply {
        record Answer(TransactionResult result) implements Reply {}

        record Failure(MetadataException cause) implements Reply {}
    }

    /** Apply a transaction. */
    record Commit(Transaction transaction, long sizeBytes, Pending<Reply> reply) implements MetadataRequest {}

    /** End a lease. */
    record Revoke(long leaseId, Pending<Reply> reply) implements MetadataRequest {}

    /** Answer when everything asked for earlier is decided, and the leases whose time is over have ended. */
    record Settle(Pending<Reply> reply) implements MetadataRequest {}
}
