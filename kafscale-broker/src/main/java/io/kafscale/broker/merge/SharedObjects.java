// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The commit records of one incarnation as they stand, in the order of their sequences. The thread that commits adds, the
 * one that merges replaces. Thread-safe; guarded by {@code lock}.
 */
public final class SharedObjects {

    private final MergeLimits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Signal due = new Signal();

    @GuardedBy("lock")
    private final TreeMap<Long, Live> bySequence = new TreeMap<>();

    @GuardedBy("lock")
    private int fresh;

    /**
     * A commit record that stands. Immutable.
     *
     * @param revision at which the key was last changed
     * @param share what of it was still needed when somebody looked last
     */
    record Live(CommitRecord record, long revision, Share share) {

        /** One that nobody has looked into yet. */
        static Live unknown(CommitRecord record, long revision) {
            return new Live(record, revision, new Share(record.footerPosition(), Integer.MAX_VALUE, 0));
        }

        long sequence() {
            return record.firstSequence();
        }
    }

    /**
     * What is left of an object.
     *
     * @param seenNanos when that was found, by the monotonic clock
     */
    record Share(long liveBytes, int liveChunks, long seenNanos) {

        /** Of a footer. */
        static Share of(SharedFooter footer, Liveness liveness, long nowNanos) {
            long bytes = 0;
            int chunks = 0;
            for (Chunk chunk : footer.chunks()) {
                if (liveness.isLive(chunk)) {
                    bytes += chunk.bytes().length();
                    chunks++;
                }
            }
            return new Share(bytes, chunks, nowNanos);
        }
    }

    SharedObjects(MergeLimits limits) {
        this.limits = limits;
    }

    /** A record was put, behind all others. */
    void add(Live live) {
        lock.lock();
        try {
            checkBehindLast(live);
            put(live);
            // the last one is not merged
            if (fresh > limits.freshRun() || bySequence.size() >= limits.pressureAt()) {
                due.raise();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void checkBehindLast(Live live) {
        if (!bySequence.isEmpty()) {
            long last = bySequence.lastEntry().getValue().record().lastSequence();
            if (last >= live.sequence()) {
                throw new IllegalStateException("record of sequence " + live.sequence() + " behind " + last);
            }
        }
    }

    @GuardedBy("lock")
    private void put(Live live) {
        fresh += live.record().tier() == 0 ? 1 : 0;
        bySequence.put(live.sequence(), live);
    }

    @GuardedBy("lock")
    private void take(Live live) {
        Live stood = bySequence.remove(live.sequence());
        if (stood == null || stood.revision() != live.revision()) {
            throw new IllegalStateException("record of sequence " + live.sequence() + " is another one");
        }
        fresh -= live.record().tier() == 0 ? 1 : 0;
    }

    /** Some records were replaced by one, or dropped. */
    void replace(List<Live> gone, List<Live> come) {
        lock.lock();
        try {
            gone.forEach(this::take);
            come.forEach(this::put);
        } finally {
            lock.unlock();
        }
    }

    /**
     * What really stands, as it was read at a revision. Of what was put since then the pipeline tells; so it does of what is
     * behind the last that is known.
     */
    void learn(List<Live> stored, long revision) {
        lock.lock();
        try {
            long known = bySequence.isEmpty()
                    ? 0
                    : bySequence.lastEntry().getValue().record().lastSequence();
            Map<Long, Live> standing = new HashMap<>();
            stored.stream()
                    .filter(live -> live.record().lastSequence() <= known)
                    .forEach(live -> standing.put(live.sequence(), live));
            for (Live live : List.copyOf(bySequence.values())) {
                boolean stands = live.revision() > revision
                        || Optional.ofNullable(standing.get(live.sequence()))
                                .filter(found -> found.revision() == live.revision())
                                .isPresent();
                if (stands) {
                    standing.remove(live.sequence());
                } else {
                    take(live);
                }
            }
            standing.values().forEach(this::put);
        } finally {
            lock.unlock();
        }
    }

    /** In the order of their sequences. */
    List<Live> all() {
        lock.lock();
        try {
            return List.copyOf(bySequence.values());
        } finally {
            lock.unlock();
        }
    }

    int count() {
        lock.lock();
        try {
            return bySequence.size();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until there may be something to merge; false when the deadline has passed before. */
    boolean awaitDue(Clock clock, Deadline deadline) throws InterruptedException {
        return due.await(clock, deadline);
    }
}
