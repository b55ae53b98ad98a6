// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.ArrayList;
import java.util.List;

/** The state that the entries of a file lead to, one after the other. Confined to whoever reads the file. */
final class LogReplay {

    private MetadataState state = MetadataState.EMPTY;
    private long session;
    private boolean begun;
    private long missingEntries;
    private List<KeyValue> snapshot = new ArrayList<>();

    MetadataState state() {
        return state;
    }

    /** The last session that the file knows of, 0 for none. */
    long session() {
        return session;
    }

    /** Whether the snapshot that the file begins with is there, whole. */
    boolean isSnapshotWhole() {
        return begun && missingEntries == 0;
    }

    /** Takes the next entry; one that cannot stand here is an {@link IllegalArgumentException}. */
    void take(LogEntry entry) {
        boolean fits = switch (entry) {
            case LogEntry.SnapshotBegan began -> !begun && began.entryCount() >= 0;
            case LogEntry.SnapshotEntry key -> begun && missingEntries > 0;
            default -> isSnapshotWhole();
        };
        if (!fits) {
            throw new IllegalArgumentException("an entry out of place: " + entry);
        }
        switch (entry) {
            case LogEntry.SnapshotBegan(long revision, long writtenIn, long entryCount) -> {
                begun = true;
                state = new MetadataState(revision, KeyTree.EMPTY);
                session = writtenIn;
                missingEntries = entryCount;
            }
            case LogEntry.SnapshotEntry(KeyValue key) -> {
                missingEntries--;
                snapshot.add(key);
                if (missingEntries == 0) {
                    state = new MetadataState(state.revision(), KeyTree.ofSorted(snapshot));
                    snapshot = List.of();
                }
            }
            case LogEntry.Applied applied -> follow(state.apply(applied.operations()), applied.revision());
            case LogEntry.LeaseEnded(long revision, long leaseId) -> follow(state.endLease(leaseId), revision);
            case LogEntry.SessionBegan(long revision, long number) -> {
                follow(state.endAllLeases(), revision);
                session = number;
            }
            case LogEntry.Closed closed -> {
                // says only that the entries before it are all there
            }
        }
    }

    private void follow(MetadataState.Step step, long expectedRevision) {
        if (step.state().revision() != expectedRevision) {
            throw new IllegalArgumentException(
                    "revision " + step.state().revision() + " where the file says " + expectedRevision);
        }
        state = step.state();
    }
}
