// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a read saw, all at one revision. Immutable.
 *
 * @param revision the store's revision at that moment
 * @param entries by key, in the order of the keys
 */
public record Snapshot(long revision, NavigableMap<String, KeyValue> entries) {

    public Snapshot {
        entries = Collections.unmodifiableNavigableMap(new TreeMap<>(entries));
    }

    public Optional<KeyValue> find(String key) {
        return Optional.ofNullable(entries.get(key));
    }

    /** All that was found, in the order of the keys. */
    public Collection<KeyValue> all() {
        return entries.values();
    }
}
