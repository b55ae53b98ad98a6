// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Metadata on the heap, gone with the process. It has no thread: whoever calls next ends the leases whose time is over,
 * and a waiting watch wakes up for that. Thread-safe; guarded by {@code lock}.
 */
public final class MemoryMetadataStore implements MetadataStore {

    private final ReentrantLock lock = new ReentrantLock();
    private final ChangeFeed feed;

    @GuardedBy("lock")
    private final Leases leases;

    @GuardedBy("lock")
    private MetadataState state = MetadataState.EMPTY;

    @GuardedBy("lock")
    private boolean closed;

    public MemoryMetadataStore(Clock clock) {
        this.leases = new Leases(clock, 1);
        this.feed = new ChangeFeed(clock, lock, MetadataState.EMPTY.revision(), this::endExpiredLeases);
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        TransactionRules.checkNames(keys);
        return currentState().get(keys);
    }

    @Override
    public Snapshot range(String prefix) {
        return currentState().range(prefix);
    }

    private MetadataState currentState() {
        lock.lock();
        try {
            checkCallable();
            return state;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        TransactionRules.check(transaction);
        lock.lock();
        try {
            checkCallable();
            if (!state.holdsAll(transaction.compares())) {
                return new TransactionResult.Refused(state.revision());
            }
            TransactionRules.checkLeases(transaction, leases);
            advance(state.apply(transaction.operations()));
            return new TransactionResult.Applied(state.revision());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        lock.lock();
        try {
            checkCallable();
            Lease lease = leases.grant(timeToLive);
            feed.wake();
            return lease;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean keepAlive(Lease lease) {
        lock.lock();
        try {
            checkCallable();
            return leases.keepAlive(lease);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void revoke(Lease lease) {
        lock.lock();
        try {
            checkCallable();
            if (leases.remove(lease.id())) {
                advance(state.endLease(lease.id()));
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Watch watch(String prefix, long fromRevision) {
        lock.lock();
        try {
            checkCallable();
            return feed.watch(prefix, fromRevision);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void checkCallable() {
        if (closed) {
            throw new MetadataException(MetadataException.Kind.REFUSED, "the metadata store is closed");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new MetadataException(MetadataException.Kind.INTERRUPTED, "interrupted");
        }
        endExpiredLeases();
    }

    private Deadline endExpiredLeases() {
        lock.lock();
        try {
            leases.removeExpired().forEach(leaseId -> advance(state.endLease(leaseId)));
            return leases.soonestEnd();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void advance(MetadataState.Step step) {
        if (step.changed()) {
            state = step.state();
            feed.publish(step);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            feed.close();
        } finally {
            lock.unlock();
        }
    }
}
