// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

import io.kafscale.it.history.SendOutcome.Unknown;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Collects a {@link History} from many threads and gives its events an order. Thread-safe. */
public final class HistoryRecorder {
    private final AtomicLong events = new AtomicLong();
    private final Map<RecordId, SendOutcome> sends = new ConcurrentHashMap<>();
    private final Queue<PlacedRecord> seen = new ConcurrentLinkedQueue<>();
    private final Queue<OffsetCommit> commits = new ConcurrentLinkedQueue<>();
    private final Queue<OffsetLookup> lookups = new ConcurrentLinkedQueue<>();

    /** The next point in the order of events. */
    public long now() {
        return events.incrementAndGet();
    }

    /** Must come before the record leaves: then a record without an answer counts as one of unknown outcome. */
    public void sending(RecordId id) {
        sends.put(id, new Unknown("no answer"));
    }

    public void sent(RecordId id, SendOutcome outcome) {
        sends.put(id, outcome);
    }

    public void saw(PlacedRecord placed) {
        seen.add(placed);
    }

    public void committed(OffsetCommit commit) {
        commits.add(commit);
    }

    public void lookedUp(OffsetLookup lookup) {
        lookups.add(lookup);
    }

    /** The history with what was read in the end. */
    public History history(List<PartitionContent> contents) {
        return new History(sends, List.copyOf(seen), List.copyOf(commits), List.copyOf(lookups), contents);
    }
}
