// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.Watch.Event;
import io.kafscale.broker.metadata.Watch.KeyChange;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The latest changes of a store, and the watches that read them. A watch has no buffer of its own but a place in this
 * one, which keeps a bounded number of changes: a watch that falls behind the oldest has lost track and ends.
 * Thread-safe; guarded by the store's lock.
 */
final class ChangeFeed {

    /** Revisions that are kept at most. */
    static final int MAX_REVISIONS = 8192;

    /** About how much memory the kept changes may hold, beyond the latest one. */
    static final long MAX_BYTES = 16L * 1024 * 1024;

    private static final int BYTES_PER_CHANGE = 100;

    private final Clock clock;
    private final ReentrantLock lock;
    private final Condition news;

    /** Asked before each wait, with the lock held; says when to ask again at the latest. */
    private final Supplier<Deadline> beforeWaiting;

    @GuardedBy("lock")
    private final Map<Long, List<KeyChange>> kept = new HashMap<>();

    @GuardedBy("lock")
    private long keptBytes;

    /** Every revision from here to {@code newest} is in {@code kept}. */
    @GuardedBy("lock")
    private long oldest;

    @GuardedBy("lock")
    private long newest;

    @GuardedBy("lock")
    private boolean closed;

    ChangeFeed(Clock clock, ReentrantLock lock, long revision, Supplier<Deadline> beforeWaiting) {
        this.clock = clock;
        this.lock = lock;
        this.news = lock.newCondition();
        this.newest = revision;
        this.oldest = revision + 1;
        this.beforeWaiting = beforeWaiting;
    }

    /** Adds the changes of the next revision and wakes the watches. */
    void publish(MetadataState.Step step) {
        lock.lock();
        try {
            if (step.state().revision() != newest + 1) {
                throw new IllegalStateException("revision " + step.state().revision() + " after " + newest);
            }
            newest++;
            kept.put(newest, step.changes());
            keptBytes += bytesOf(step.changes());
            while (oldest < newest && (newest - oldest >= MAX_REVISIONS || keptBytes > MAX_BYTES)) {
                keptBytes -= bytesOf(changesOf(oldest));
                kept.remove(oldest);
                oldest++;
            }
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static long bytesOf(List<KeyChange> changes) {
        long bytes = 0;
        for (KeyChange change : changes) {
            bytes += BYTES_PER_CHANGE + change.key().length();
            if (change instanceof KeyChange.Set(KeyValue entry)) {
                bytes += entry.value().size();
            }
        }
        return bytes;
    }

    @GuardedBy("lock")
    private List<KeyChange> changesOf(long revision) {
        return kept.getOrDefault(revision, List.of());
    }

    Watch watch(String prefix, long fromRevision) {
        if (fromRevision < 1) {
            throw new IllegalArgumentException("watch from revision " + fromRevision);
        }
        return new FeedWatch(prefix, fromRevision);
    }

    /** Lets watches look at leases and their deadlines again. */
    void wake() {
        lock.lock();
        try {
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all watches. */
    void close() {
        lock.lock();
        try {
            closed = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A place in the feed. Confined to one thread, except {@link #close()}; guarded by {@code lock}. */
    private final class FeedWatch implements Watch {
        private final String prefix;

        @GuardedBy("lock")
        private long next;

        @GuardedBy("lock")
        private boolean ended;

        FeedWatch(String prefix, long fromRevision) {
            this.prefix = prefix;
            this.next = fromRevision;
        }

        @Override
        public Event next(Deadline deadline) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                Deadline askAgain = beforeWaiting.get();
                Optional<Event> event = poll();
                while (event.isEmpty() && !deadline.passed(clock)) {
                    clock.await(lock, news, deadline.orSooner(askAgain));
                    askAgain = beforeWaiting.get();
                    event = poll();
                }
                return event.orElseGet(Event.Quiet::new);
            } finally {
                lock.unlock();
            }
        }

        @GuardedBy("lock")
        private Optional<Event> poll() {
            ended = ended || closed || next < oldest;
            if (ended) {
                return Optional.of(new Event.Ended());
            }
            while (next <= newest) {
                long revision = next;
                next++;
                List<KeyChange> mine = changesOf(revision).stream()
                        .filter(change -> change.key().startsWith(prefix))
                        .toList();
                if (!mine.isEmpty()) {
                    return Optional.of(new Event.Changed(revision, mine));
                }
            }
            return Optional.empty();
        }

        @Override
        public void close() {
            lock.lock();
            try {
                ended = true;
                news.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }
}
