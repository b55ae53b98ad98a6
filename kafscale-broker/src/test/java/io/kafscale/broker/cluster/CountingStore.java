// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.Watch;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Counts the transactions that pass through it, loses answers on demand, and tells of keep-alives. Thread-safe. */
class CountingStore implements MetadataStore {

    final AtomicInteger transactions = new AtomicInteger();
    private final AtomicReference<Optional<Runnable>> losing = new AtomicReference<>(Optional.empty());
    private final MetadataStore inner;

    /** Set by the test, run before each keep-alive. */
    volatile Runnable beforeKeepAlive = () -> {};

    CountingStore(MetadataStore inner) {
        this.inner = inner;
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        return inner.get(keys);
    }

    @Override
    public Snapshot range(String prefix) {
        return inner.range(prefix);
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        transactions.incrementAndGet();
        Optional<Runnable> meanwhile = losing.getAndSet(Optional.empty());
        TransactionResult result = inner.commit(transaction);
        if (meanwhile.isEmpty()) {
            return result;
        }
        meanwhile.get().run();
        return new TransactionResult.Unknown(
                new MetadataException(MetadataException.Kind.UNAVAILABLE, "the answer was lost: " + result));
    }

    /** The next transaction is applied and its answer lost; before its caller hears of that, something else happens. */
    void loseNextAnswer(Runnable meanwhile) {
        losing.set(Optional.of(meanwhile));
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        return inner.grantLease(timeToLive);
    }

    @Override
    public boolean keepAlive(Lease lease) {
        beforeKeepAlive.run();
        return inner.keepAlive(lease);
    }

    @Override
    public void revoke(Lease lease) {
        inner.revoke(lease);
    }

    @Override
    public Watch watch(String prefix, long fromRevision) {
        return inner.watch(prefix, fromRevision);
    }

    @Override
    public void close() {
        inner.close();
    }
}
