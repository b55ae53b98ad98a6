// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.List;
import java.util.Optional;

/**
 * What a read saw, all at one revision. Immutable.
 *
 * @param revision the store's revision at that moment
 * @param all everything that was found, in the order of the keys, each once
 */
public record Snapshot(long revision, List<KeyValue> all) {

    public Snapshot {
        all = List.copyOf(all);
        for (int i = 1; i < all.size(); i++) {
            if (all.get(i - 1).key().compareTo(all.get(i).key()) >= 0) {
                throw new IllegalArgumentException("key " + all.get(i).key() + " is out of order");
            }
        }
    }

    public Optional<KeyValue> find(String key) {
        int from = 0;
        int end = all.size();
        while (from < end) {
            int middle = (from + end) >>> 1;
            int order = all.get(middle).key().compareTo(key);
            if (order == 0) {
                return Optional.of(all.get(middle));
            }
            if (order < 0) {
                from = middle + 1;
            } else {
                end = middle;
            }
        }
        return Optional.empty();
    }
}
