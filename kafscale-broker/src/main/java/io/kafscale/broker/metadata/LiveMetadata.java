// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the callers of a file store and its writing thread share: the durable state, the leases, the watches, and the
 * requests that wait to be written. Thread-safe; guarded by {@code lock}, under which nobody waits for the disk.
 */
final class LiveMetadata {

    /** Callers beyond these wait until there is room, each with one request. */
    private static final int MAX_QUEUED = 10_000;

    /** What goes into one write, apart from the last request. */
    private static final long MAX_BATCH_BYTES = 4L * 1024 * 1024;

    private static final int MAX_BATCH = 1000;

    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition room = lock.newCondition();
    private final ChangeFeed feed;

    @GuardedBy("lock")
    private final Deque<MetadataRequest> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Leases leases;

    @GuardedBy("lock")
    private MetadataState state;

    /** Leases have been taken out whose keys are still in the state: it may not be read before they are gone. */
    @GuardedBy("lock")
    private boolean leasesEnding;

    @GuardedBy("lock")
    private boolean closed;

    LiveMetadata(Clock clock, MetadataState state, long session) {
        this.clock = clock;
        this.state = state;
        this.leases = new Leases(clock, session);
        this.feed = new ChangeFeed(clock, lock, state.revision(), () -> Deadline.NEVER);
    }

    // For callers

    void checkCallable() {
        lock.lock();
        try {
            if (closed) {
                throw new MetadataException(MetadataException.Kind.REFUSED, "the metadata store is closed");
            }
        } finally {
            lock.unlock();
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new MetadataException(MetadataException.Kind.INTERRUPTED, "interrupted");
        }
    }

    /** The durable state, unless a lease has run out whose keys it still holds. */
    Optional<MetadataState> settledState() {
        lock.lock();
        try {
            boolean settled = !leasesEnding && !leases.soonestEnd().passed(clock);
            return settled ? Optional.of(state) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    MetadataState state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    Lease grantLease(Duration timeToLive) {
        lock.lock();
        try {
            Lease lease = leases.grant(timeToLive);
            work.signal();
            return lease;
        } finally {
            lock.unlock();
        }
    }

    boolean keepAlive(Lease lease) {
        lock.lock();
        try {
            return leases.keepAlive(lease);
        } finally {
            lock.unlock();
        }
    }

    Watch watch(String prefix, long fromRevision) {
        return feed.watch(prefix, fromRevision);
    }

    /** Hands a request to the writer; false when the store has been closed. */
    boolean offer(MetadataRequest request) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed && queue.size() >= MAX_QUEUED) {
                room.await();
            }
            if (!closed) {
                queue.add(request);
                work.signal();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a request back; false when the writer has it. */
    boolean withdraw(MetadataRequest request) {
        lock.lock();
        try {
            room.signal();
            return queue.remove(request);
        } finally {
            lock.unlock();
        }
    }

    /** Lets nobody in any more; what has been handed over is still written. */
    void close() {
        lock.lock();
        try {
            closed = true;
            work.signal();
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // For the writer

    /**
     * Waits for requests, for a lease to run out, or for the given moment.
     *
     * @return what goes into the next write, maybe nothing; empty when the store is closed and all is done
     */
    Optional<List<MetadataRequest>> take(Deadline lookAgain) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (queue.isEmpty() && !closed && !leases.soonestEnd().passed(clock) && !lookAgain.passed(clock)) {
                clock.await(lock, work, leases.soonestEnd().orSooner(lookAgain));
            }
            return closed && queue.isEmpty() ? Optional.empty() : Optional.of(takeBatch());
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private List<MetadataRequest> takeBatch() {
        List<MetadataRequest> batch = new ArrayList<>();
        long bytes = 0;
        while (!queue.isEmpty() && batch.size() < MAX_BATCH && bytes < MAX_BATCH_BYTES) {
            MetadataRequest request = queue.remove();
            batch.add(request);
            bytes += request.sizeBytes();
        }
        room.signalAll();
        return batch;
    }

    /** Takes out the leases whose time is over. */
    List<Long> removeExpiredLeases() {
        lock.lock();
        try {
            List<Long> expired = leases.removeExpired();
            leasesEnding |= !expired.isEmpty();
            return expired;
        } finally {
            lock.unlock();
        }
    }

    /** Takes out a lease; false when it was gone. */
    boolean removeLease(long leaseId) {
        lock.lock();
        try {
            boolean removed = leases.remove(leaseId);
            leasesEnding |= removed;
            return removed;
        } finally {
            lock.unlock();
        }
    }

    void checkLeases(Transaction transaction) {
        lock.lock();
        try {
            TransactionRules.checkLeases(transaction, leases);
        } finally {
            lock.unlock();
        }
    }

    /** Shows what is durable now: all steps, or none when they could not be written. */
    void publish(List<MetadataState.Step> steps) {
        lock.lock();
        try {
            for (MetadataState.Step step : steps) {
                state = step.state();
                feed.publish(step);
            }
            leasesEnding = false;
        } finally {
            lock.unlock();
        }
    }

    /** Closes and ends all watches; answers what nobody will write. */
    List<MetadataRequest> end() {
        lock.lock();
        try {
            close();
            feed.close();
            List<MetadataRequest> rest = List.copyOf(queue);
            queue.clear();
            return rest;
        } finally {
            lock.unlock();
        }
    }
}
