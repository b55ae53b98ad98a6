// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class KeyTreeTest {

    private static KeyValue entry(String key, long revision) {
        return new KeyValue(key, ByteString.EMPTY, revision, revision, revision % 3 == 0 ? revision : Lease.NONE);
    }

    @Property(tries = 300)
    void holdsWhatASortedMapHolds(@ForAll @Size(max = 200) List<@IntRange(min = -60, max = 60) Integer> steps) {
        KeyTree tree = KeyTree.EMPTY;
        TreeMap<String, KeyValue> model = new TreeMap<>();
        Map<KeyTree, List<KeyValue>> earlier = new HashMap<>();
        for (int step : steps) {
            String key = "k" + Math.abs(step);
            if (step < 0) {
                tree = tree.without(key);
                model.remove(key);
            } else {
                KeyValue entry = entry(key, model.size() + 1L);
                tree = tree.with(entry);
                model.put(key, entry);
            }
            earlier.put(tree, List.copyOf(model.values()));
            assertThat(tree.find(key).isPresent()).isEqualTo(model.containsKey(key));
        }

        earlier.forEach((version, entries) -> {
            assertThat(version.startingWith("")).isEqualTo(entries);
            assertThat(version.size()).isEqualTo(entries.size());
            assertThat(version.leased())
                    .isEqualTo(entries.stream()
                            .filter(entry -> entry.leaseId() != Lease.NONE)
                            .toList());
        });
        assertThat(tree.startingWith("k1"))
                .isEqualTo(model.values().stream()
                        .filter(entry -> entry.key().startsWith("k1"))
                        .toList());
    }

    @Test
    void isMadeOfSortedEntries() {
        for (int size = 0; size < 70; size++) {
            List<KeyValue> entries = IntStream.range(0, size)
                    .mapToObj(i -> entry(String.format("%03d", i), 1))
                    .toList();
            KeyTree tree = KeyTree.ofSorted(entries);

            assertThat(tree.startingWith("")).isEqualTo(entries);
            assertThat(tree.height()).isLessThanOrEqualTo(7);
            assertThat(tree.with(entry("035x", 2)).without("000").size()).isEqualTo(Math.max(1, size));
        }
    }

    @Test
    void refusesEntriesOutOfOrder() {
        assertThatThrownBy(() -> KeyTree.ofSorted(List.of(entry("b", 1), entry("a", 1))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KeyTree.ofSorted(List.of(entry("a", 1), entry("a", 2))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void staysFlat() {
        KeyTree tree = KeyTree.EMPTY;
        for (int i = 0; i < 10_000; i++) {
            tree = tree.with(entry(String.format("%05d", i), 1));
        }
        assertThat(tree.height()).isLessThanOrEqualTo(17);

        for (int i = 0; i < 9_900; i++) {
            tree = tree.without(String.format("%05d", i));
        }

        assertThat(tree.size()).isEqualTo(100);
        assertThat(tree.height()).isLessThanOrEqualTo(9);
    }
}
