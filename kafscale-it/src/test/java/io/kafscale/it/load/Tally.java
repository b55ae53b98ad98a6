// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/** How often things with a name happened. Thread-safe. */
public final class Tally {
    private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

    void count(String name) {
        counts.computeIfAbsent(name, key -> new AtomicLong()).incrementAndGet();
    }

    /** Nothing happened. */
    public boolean isEmpty() {
        return counts.isEmpty();
    }

    /** How often anything happened. */
    public long total() {
        return counts.values().stream().mapToLong(AtomicLong::get).sum();
    }

    /** Names and counts in the order of the names; a dash when nothing happened. */
    @Override
    public String toString() {
        return counts.isEmpty()
                ? "-"
                : new TreeMap<>(counts)
                        .entrySet().stream()
                                .map(entry -> entry.getKey() + " " + entry.getValue())
                                .collect(Collectors.joining(", "));
    }
}
