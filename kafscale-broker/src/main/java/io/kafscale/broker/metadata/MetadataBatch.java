// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.ArrayList;
import java.util.List;

/**
 * Changes that become durable together: what they make of a state, step by step, and the entries that say so. Confined
 * to the thread that writes them.
 */
final class MetadataBatch {

    private final MetadataState base;
    private final List<MetadataState.Step> steps = new ArrayList<>();
    private final List<LogEntry> entries = new ArrayList<>();
    private MetadataState state;

    MetadataBatch(MetadataState base) {
        this.base = base;
        this.state = base;
    }

    /** The state behind all changes so far. */
    MetadataState state() {
        return state;
    }

    boolean isEmpty() {
        return steps.isEmpty();
    }

    /** Whether an answer with that revision rests on changes of this batch. */
    boolean made(long revision) {
        return revision > base.revision();
    }

    List<MetadataState.Step> steps() {
        return steps;
    }

    List<LogEntry> entries() {
        return entries;
    }

    void apply(List<Operation> operations) {
        MetadataState.Step step = state.apply(operations);
        add(step, new LogEntry.Applied(step.state().revision(), operations));
    }

    void endLease(long leaseId) {
        MetadataState.Step step = state.endLease(leaseId);
        add(step, new LogEntry.LeaseEnded(step.state().revision(), leaseId));
    }

    private void add(MetadataState.Step step, LogEntry entry) {
        if (step.changed()) {
            state = step.state();
            steps.add(step);
            entries.add(entry);
        }
    }
}
