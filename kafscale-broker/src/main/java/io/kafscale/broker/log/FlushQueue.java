// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The order of things in one incarnation: batches gather in the open flush; it is sealed when it is large or when the pace
 * allows, gets the next sequence, waits to be uploaded, and stays undecided until all before it are committed and it is.
 *
 * <pre>
 *          add            seal              nextToUpload       stored           nextToCommit, decided
 * batches ─────▶ open ─────────▶ sealed ────────────────▶ … ───────────▶ stored ─────────────────────▶ gone
 *                               └───────────────────── undecided, by sequence ─────────────────┘
 * </pre>
 *
 * <p>When the incarnation ends, whatever is open or undecided is handed back, once, and nothing is taken any more.
 * Thread-safe; guarded by {@code lock}.
 */
final class FlushQueue {

    /** So many flushes fit into one transaction with room to spare. */
    private static final int MOST_PER_COMMIT = 40;

    private static final int BURST = 4;

    private final Clock clock;
    private final int flushBytes;
    private final Duration undecidedLimit;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition uploadable = lock.newCondition();
    private final Condition committable = lock.newCondition();
    private final Condition drained = lock.newCondition();

    @GuardedBy("lock")
    private final Pace pace;

    @GuardedBy("lock")
    private final Map<PartitionLog, PendingChunk> open = new LinkedHashMap<>();

    @GuardedBy("lock")
    private long openBytes;

    @GuardedBy("lock")
    private final Deque<Flush> sealed = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Deque<Flush> undecided = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Map<Long, StoredFlush> stored = new HashMap<>();

    @GuardedBy("lock")
    private long lastSequence;

    /** So many callers want everything to leave without regard to the pace. */
    @GuardedBy("lock")
    private int hurried;

    @GuardedBy("lock")
    private boolean ended;

    FlushQueue(Clock clock, LogLimits limits) {
        this.clock = clock;
        this.flushBytes = limits.flushBytes();
        this.undecidedLimit = limits.undecidedLimit();
        this.pace = new Pace(limits.flushInterval(), BURST, clock.monotonicNanos());
    }

    /** Puts a batch into the open flush; false when the incarnation has ended. */
    boolean add(PartitionLog log, PendingBatch batch) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            open.computeIfAbsent(log, PendingChunk::new).add(batch);
            boolean first = openBytes == 0;
            openBytes += batch.batch().sizeBytes();
            if (openBytes >= flushBytes) {
                pace.tryTake(clock.monotonicNanos()); // it goes in any case, but it counts
                seal();
                uploadable.signalAll();
            } else if (first) {
                uploadable.signalAll();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void seal() {
        Flush flush = new Flush(++lastSequence, List.copyOf(open.values()), openBytes, clock.monotonicNanos());
        open.clear();
        openBytes = 0;
        sealed.addLast(flush);
        undecided.addLast(flush);
        committable.signalAll(); // whoever waits for the oldest has a limit from now on
    }

    /** Waits for a flush that may leave; empty when the incarnation has ended. */
    Optional<Flush> nextToUpload() throws InterruptedException {
        lock.lock();
        try {
            while (!ended) {
                if (!sealed.isEmpty()) {
                    return Optional.of(sealed.removeFirst());
                }
                if (openBytes == 0) {
                    uploadable.await();
                } else if (hurried > 0 || pace.tryTake(clock.monotonicNanos())) {
                    seal();
                } else {
                    clock.await(lock, uploadable, new Deadline(pace.nextNanos(), true));
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** The object of a flush is durable. */
    void stored(StoredFlush done) {
        lock.lock();
        try {
            if (!ended) {
                stored.put(done.flush().sequence(), done);
                committable.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for flushes that may be committed now: the oldest undecided ones, in sequence. Empty when the incarnation has
     * ended, or when the oldest is undecided for longer than the limit, or than the given moment if that is later.
     */
    List<StoredFlush> nextToCommit(Deadline notBefore) throws InterruptedException {
        lock.lock();
        try {
            while (!ended) {
                List<StoredFlush> ready = ready();
                if (!ready.isEmpty()) {
                    return ready;
                }
                if (undecided.isEmpty()) {
                    committable.await();
                } else if (!clock.await(lock, committable, patience(notBefore)) && ready().isEmpty()) {
                    return List.of();
                }
            }
            return List.of();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private List<StoredFlush> ready() {
        List<StoredFlush> ready = new ArrayList<>();
        for (Flush flush : undecided) {
            StoredFlush done = stored.get(flush.sequence());
            if (done == null || ready.size() == MOST_PER_COMMIT) {
                break;
            }
            ready.add(done);
        }
        return ready;
    }

    @GuardedBy("lock")
    private Deadline patience(Deadline notBefore) {
        Deadline limit = new Deadline(undecided.getFirst().sealedNanos() + undecidedLimit.toNanos(), true);
        return limit.orSooner(notBefore).equals(limit) ? notBefore : limit;
    }

    /** Takes out the oldest flushes, which are committed; false when the incarnation has ended before. */
    boolean decided(List<StoredFlush> flushes) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            for (StoredFlush done : flushes) {
                if (undecided.removeFirst().sequence() != done.flush().sequence()) {
                    throw new IllegalStateException(
                            "flush " + done.flush().sequence() + " was committed out of its turn");
                }
                stored.remove(done.flush().sequence());
            }
            if (isIdle()) {
                drained.signalAll();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean isIdle() {
        return undecided.isEmpty() && openBytes == 0;
    }

    /** From now on, and until {@link #resume}, flushes leave as soon as there is something to flush. */
    void hurry() {
        lock.lock();
        try {
            hurried++;
            uploadable.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void resume() {
        lock.lock();
        try {
            hurried--;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until nothing is open or undecided; false when the deadline has passed before. */
    boolean awaitIdle(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (!ended && !isIdle()) {
                if (!clock.await(lock, drained, deadline)) {
                    return ended || isIdle();
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the incarnation, and hands back what was not decided, in the order of appending; empty the second time. */
    Optional<List<PendingChunk>> end() {
        lock.lock();
        try {
            if (ended) {
                return Optional.empty();
            }
            ended = true;
            List<PendingChunk> rest = new ArrayList<>();
            undecided.forEach(flush -> rest.addAll(flush.chunks()));
            rest.addAll(open.values());
            open.clear();
            undecided.clear();
            sealed.clear();
            stored.clear();
            uploadable.signalAll();
            committable.signalAll();
            drained.signalAll();
            return Optional.of(rest);
        } finally {
            lock.unlock();
        }
    }

    boolean hasEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }
}
