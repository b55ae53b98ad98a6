// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.metadata.Watch.KeyChange;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * All that a store holds at one revision, and the one place that says what transactions and the end of a lease make of
 * it. Immutable: each change is a step to another state.
 */
record MetadataState(long revision, KeyTree entries) {

    static final MetadataState EMPTY = new MetadataState(0, KeyTree.EMPTY);

    MetadataState {
        if (revision < 0) {
            throw new IllegalArgumentException("revision " + revision);
        }
    }

    /** A change: the state after it, and the keys that changed, in their order; none when the state is the same. */
    record Step(MetadataState state, List<KeyChange> changes) {
        Step {
            changes = List.copyOf(changes);
        }

        boolean changed() {
            return !changes.isEmpty();
        }
    }

    Snapshot get(Collection<String> keys) {
        return new Snapshot(
                revision,
                keys.stream()
                        .distinct()
                        .sorted()
                        .flatMap(key -> entries.find(key).stream())
                        .toList());
    }

    Snapshot range(String prefix) {
        return new Snapshot(revision, entries.startingWith(prefix));
    }

    boolean holdsAll(List<Compare> compares) {
        return compares.stream().allMatch(this::holds);
    }

    private boolean holds(Compare compare) {
        Optional<KeyValue> entry = entries.find(compare.key());
        return switch (compare) {
            case Compare.CreateRevision(String key, long expected) ->
                entry.map(KeyValue::createRevision).orElse(0L) == expected;
            case Compare.ModRevision(String key, long expected) ->
                entry.map(KeyValue::modRevision).orElse(0L) == expected;
        };
    }

    /** Does all operations at the next revision; stays at this one when they change nothing. */
    Step apply(List<Operation> operations) {
        Edit edit = new Edit();
        for (Operation operation : operations) {
            switch (operation) {
                case Operation.Put put -> edit.put(put);
                case Operation.Delete(String key) -> edit.delete(key);
                case Operation.DeletePrefix(String prefix) ->
                    edit.tree.startingWith(prefix).forEach(entry -> edit.delete(entry.key()));
            }
        }
        return edit.step();
    }

    /** Deletes all keys of a lease at the next revision. */
    Step endLease(long leaseId) {
        Edit edit = new Edit();
        entries.leased().stream()
                .filter(entry -> entry.leaseId() == leaseId)
                .forEach(entry -> edit.delete(entry.key()));
        return edit.step();
    }

    /** Deletes all keys of all leases at the next revision. */
    Step endAllLeases() {
        Edit edit = new Edit();
        entries.leased().forEach(entry -> edit.delete(entry.key()));
        return edit.step();
    }

    /** The next state while it is made. Confined to the method that makes it. */
    private final class Edit {
        private KeyTree tree = entries;
        private final NavigableMap<String, KeyChange> changes = new TreeMap<>();

        void put(Operation.Put put) {
            long created = tree.find(put.key()).map(KeyValue::createRevision).orElse(revision + 1);
            KeyValue entry = new KeyValue(put.key(), put.value(), created, revision + 1, put.leaseId());
            tree = tree.with(entry);
            changes.put(put.key(), new KeyChange.Set(entry));
        }

        void delete(String key) {
            if (tree.find(key).isPresent()) {
                tree = tree.without(key);
                changes.put(key, new KeyChange.Deleted(key));
            }
        }

        Step step() {
            return changes.isEmpty()
                    ? new Step(MetadataState.this, List.of())
                    : new Step(new MetadataState(revision + 1, tree), List.copyOf(changes.values()));
        }
    }
}
