// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.DoubleSupplier;

/**
 * The order of things in one incarnation: batches gather in the open flush; it is sealed when it is large or when the pace
 * allows, gets the next sequence, waits to be uploaded, and stays undecided until all before it are committed and it is. While
 * the pace is stretched, because objects pile up, no flush leaves without it: they grow larger, and what does not fit waits,
 * so that whoever appends is held up by the append budget.
 *
 * <pre>
 *          add            seal              nextToUpload       stored           nextToCommit, decided
 * batches ─────▶ open ─────────▶ sealed ────────────────▶ … ───────────▶ stored ─────────────────────▶ gone
 *                               └───────────────────── undecided, by sequence ─────────────────┘
 * </pre>
 *
 * <p>When the incarnation ends, whatever is open or undecided is handed back, once, and nothing is taken any more. The
 * bytes of a flush that is being uploaded or committed just then are in use until whoever does it lets go of it.
 * Thread-safe; guarded by {@code lock}.
 */
final class FlushQueue {

    /** So many flushes fit into one transaction with room to spare. */
    private static final int MOST_PER_COMMIT = 40;

    private static final int BURST = 4;

    /** While the pace is stretched a flush may grow to so many times the usual size. */
    private static final int LARGE_FLUSH = 2;

    private final Clock clock;
    private final int flushBytes;
    private final Duration undecidedLimit;
    private final DoubleSupplier stretch;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition uploadable = lock.newCondition();
    private final Condition committable = lock.newCondition();

    @GuardedBy("lock")
    private final Pace pace;

    @GuardedBy("lock")
    private final Map<FlushTarget, PendingChunk> open = new LinkedHashMap<>();

    @GuardedBy("lock")
    private long openBytes;

    @GuardedBy("lock")
    private final Deque<Flush> sealed = new ArrayDeque<>();

    /** Of the sealed ones the last so many have not waited for the pace. */
    @GuardedBy("lock")
    private int early;

    /** By sequence. */
    @GuardedBy("lock")
    private final NavigableMap<Long, Flush> undecided = new TreeMap<>();

    @GuardedBy("lock")
    private final Map<Long, StoredFlush> stored = new HashMap<>();

    /** Flushes that are being uploaded or committed, by sequence. */
    @GuardedBy("lock")
    private final Set<Long> inHand = new HashSet<>();

    /** What was in hand and undecided when the incarnation ended: its bytes are still in use. */
    @GuardedBy("lock")
    private final Set<Long> leftInHand = new HashSet<>();

    @GuardedBy("lock")
    private long lastSequence;

    /** So many callers want everything to leave without regard to the pace. */
    @GuardedBy("lock")
    private int hurried;

    @GuardedBy("lock")
    private boolean ended;

    /**
     * What was not decided at the end. Immutable.
     *
     * @param chunks in the order of appending
     * @param idleBytes of those that nobody has in hand
     */
    record Rest(List<PendingChunk> chunks, long idleBytes) {
        Rest {
            chunks = List.copyOf(chunks);
        }
    }

    /**
     * A queue with nothing in it.
     *
     * @param stretch how many times as long as usual the pauses between flushes should be; asked under the lock
     */
    FlushQueue(Clock clock, LogLimits limits, DoubleSupplier stretch) {
        this.clock = clock;
        this.stretch = stretch;
        this.flushBytes = limits.flushBytes();
        this.undecidedLimit = limits.undecidedLimit();
        this.pace = new Pace(limits.flushInterval(), BURST, clock.monotonicNanos());
    }

    /** Puts a batch into the open flush; false when the incarnation has ended. */
    boolean add(FlushTarget log, PendingBatch batch) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            if (Optional.ofNullable(open.get(log))
                    .filter(chunk -> !chunk.hasRoomFor(batch))
                    .isPresent()) {
                sealEarly();
                uploadable.signalAll();
            }
            open.computeIfAbsent(log, PendingChunk::new).add(batch);
            boolean first = openBytes == 0;
            openBytes += batch.batch().sizeBytes();
            if (openBytes >= flushBytes) {
                sealLarge();
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
    private boolean mayGo() {
        pace.stretch(stretch.getAsDouble());
        return pace.tryTake(clock.monotonicNanos());
    }

    /** Unless there are too many objects, what is large may go in any case, but it counts. */
    @GuardedBy("lock")
    private boolean largeMayGo() {
        return mayGo() || stretch.getAsDouble() <= 1;
    }

    @GuardedBy("lock")
    private void sealLarge() {
        if (early == 0 && largeMayGo()) {
            seal();
        } else if (openBytes >= (long) LARGE_FLUSH * flushBytes) {
            seal();
            early++;
        }
    }

    @GuardedBy("lock")
    private void sealEarly() {
        boolean isInTime = early == 0 && largeMayGo();
        seal();
        early += isInTime ? 0 : 1;
    }

    @GuardedBy("lock")
    private void seal() {
        Flush flush = new Flush(++lastSequence, List.copyOf(open.values()), openBytes, clock.monotonicNanos());
        open.clear();
        openBytes = 0;
        sealed.addLast(flush);
        undecided.put(flush.sequence(), flush);
        committable.signalAll(); // whoever waits for the oldest has a limit from now on
    }

    /** Waits for a flush that may leave, which is in hand from then on; empty when the incarnation has ended. */
    Optional<Flush> nextToUpload() throws InterruptedException {
        lock.lock();
        try {
            while (!ended) {
                if (sealed.size() > early) {
                    return Optional.of(leaving());
                }
                if (openBytes == 0 && sealed.isEmpty()) {
                    uploadable.await();
                } else if (hurried > 0 || (early > 0 ? largeMayGo() : mayGo())) {
                    if (early > 0) {
                        early--;
                    } else {
                        seal();
                    }
                } else {
                    clock.await(lock, uploadable, new Deadline(pace.nextNanos(), true));
                }
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Its patience begins now. */
    @GuardedBy("lock")
    private Flush leaving() {
        Flush next = sealed.removeFirst().sealedAt(clock.monotonicNanos());
        undecided.put(next.sequence(), next);
        inHand.add(next.sequence());
        committable.signalAll();
        return next;
    }

    /** The object of a flush is durable; whoever uploaded it has it in hand still. */
    void stored(StoredFlush done) {
        lock.lock();
        try {
            if (!ended) {
                stored.put(done.flush().sequence(), done);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whoever uploaded or committed a flush does nothing with it any more.
     *
     * @return how many bytes are not in use any longer because the incarnation has ended meanwhile
     */
    long letGo(Flush flush) {
        lock.lock();
        try {
            inHand.remove(flush.sequence());
            committable.signalAll();
            return leftInHand.remove(flush.sequence()) ? flush.sizeBytes() : 0;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for flushes that may be committed now, which are in hand from then on: the oldest undecided ones, in sequence.
     * Empty when the incarnation has ended, or when the oldest is undecided for longer than the limit, or than the given
     * moment if that is later.
     */
    List<StoredFlush> nextToCommit(Deadline notBefore) throws InterruptedException {
        lock.lock();
        try {
            while (!ended) {
                List<StoredFlush> ready = ready();
                if (!ready.isEmpty()) {
                    ready.forEach(done -> inHand.add(done.flush().sequence()));
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
        for (Flush flush : undecided.values()) {
            StoredFlush done = stored.get(flush.sequence());
            if (done == null || inHand.contains(flush.sequence()) || ready.size() == MOST_PER_COMMIT) {
                break;
            }
            ready.add(done);
        }
        return ready;
    }

    @GuardedBy("lock")
    private Deadline patience(Deadline notBefore) {
        Flush oldest = undecided.firstEntry().getValue();
        if (!sealed.isEmpty() && sealed.getFirst().sequence() == oldest.sequence()) {
            return Deadline.NEVER; // only the pace holds it up
        }
        Deadline limit = new Deadline(oldest.sealedNanos() + undecidedLimit.toNanos(), true);
        return limit.orSooner(notBefore).equals(limit) ? notBefore : limit;
    }

    /** Takes out the oldest flush, which is committed; false when the incarnation has ended before. */
    boolean decided(StoredFlush done) {
        lock.lock();
        try {
            if (ended) {
                return false;
            }
            if (undecided.firstKey() != done.flush().sequence()) {
                throw new IllegalStateException("flush " + done.flush().sequence() + " was committed out of its turn");
            }
            undecided.pollFirstEntry();
            stored.remove(done.flush().sequence());
            return true;
        } finally {
            lock.unlock();
        }
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

    /** Ends the incarnation, and hands back what was not decided; empty the second time. */
    Optional<Rest> end() {
        lock.lock();
        try {
            if (ended) {
                return Optional.empty();
            }
            ended = true;
            Rest rest = rest();
            open.clear();
            undecided.clear();
            sealed.clear();
            stored.clear();
            uploadable.signalAll();
            committable.signalAll();
            return Optional.of(rest);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private Rest rest() {
        List<PendingChunk> chunks = new ArrayList<>();
        long idleBytes = openBytes;
        for (Flush flush : undecided.values()) {
            chunks.addAll(flush.chunks());
            if (inHand.contains(flush.sequence())) {
                leftInHand.add(flush.sequence());
            } else {
                idleBytes += flush.sizeBytes();
            }
        }
        chunks.addAll(open.values());
        return new Rest(chunks, idleBytes);
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
