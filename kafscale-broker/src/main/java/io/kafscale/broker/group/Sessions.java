// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * When which member is taken for dead. A member without an entry is not, which is so while a request of it waits.
 * Confined to the lock of its group.
 */
final class Sessions {

    private final Map<String, Deadline> ends = new HashMap<>();

    void restart(String memberId, long nowNanos, long millis) {
        ends.put(memberId, Moments.in(nowNanos, millis));
    }

    void suspend(String memberId) {
        ends.remove(memberId);
    }

    void removeAll(Collection<String> memberIds) {
        ends.keySet().removeAll(memberIds);
    }

    void retain(Predicate<String> memberIds) {
        ends.keySet().removeIf(memberIds.negate());
    }

    List<String> expired(long nowNanos) {
        return ends.entrySet().stream()
                .filter(entry -> Moments.isOver(entry.getValue(), nowNanos))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    Deadline earliest() {
        Deadline earliest = Deadline.NEVER;
        for (Deadline end : ends.values()) {
            earliest = end.orSooner(earliest);
        }
        return earliest;
    }
}
