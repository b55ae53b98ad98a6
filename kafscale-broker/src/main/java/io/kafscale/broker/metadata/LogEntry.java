// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.List;

/**
 * One thing that a metadata file says. A file begins with a snapshot and goes on with what happened after it. Immutable.
 */
sealed interface LogEntry {

    /** The first entry: a state at that revision follows, in so many entries; it was written in that session. */
    record SnapshotBegan(long revision, long session, long entryCount) implements LogEntry {}

    /** One key of the snapshot. */
    record SnapshotEntry(KeyValue entry) implements LogEntry {}

    /** A transaction made that revision. */
    record Applied(long revision, List<Operation> operations) implements LogEntry {
        public Applied {
            operations = List.copyOf(operations);
        }
    }

    /** A lease ended; its keys are gone since that revision. */
    record LeaseEnded(long revision, long leaseId) implements LogEntry {}

    /** The store was opened; the keys of all leases are gone since that revision. */
    record SessionBegan(long revision, long session) implements LogEntry {}

    /** The store was closed with nothing left to do. */
    record Closed() implements LogEntry {}
}
