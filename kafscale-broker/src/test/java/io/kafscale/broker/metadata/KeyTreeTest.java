// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class KeyTreeTest {

    private static KeyValue entry(String key, long revision) {
        return new KeyValue(key, ByteString.EMPTY, revision, revision, Lease.NONE);
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
        });
        assertThat(tree.startingWith("k1"))
                .isEqualTo(model.values().stream()
                        .filter(entry -> entry.key().startsWith("k1"))
                        .toList());
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

    @Test
    void ordersKeysByTheirBytes() {
        Random random = new Random(11);
        int[] points = {'a', 'b', '/', 0xe4, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff};
        for (int i = 0; i < 10_000; i++) {
            String left = text(random, points);
            String right = text(random, points);

            assertThat(Integer.signum(KeyOrder.BYTES.compare(left, right)))
                    .isEqualTo(Integer.signum(Arrays.compareUnsigned(left.getBytes(UTF_8), right.getBytes(UTF_8))));
        }
    }

    private static String text(Random random, int[] points) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(4);
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return text.toString();
    }
}
