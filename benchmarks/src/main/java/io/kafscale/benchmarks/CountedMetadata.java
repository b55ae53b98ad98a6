// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.Watch;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;

/** Counts what etcd would be asked. Thread-safe. */
final class CountedMetadata implements MetadataStore {

    final LongAdder transactions = new LongAdder();
    final LongAdder reads = new LongAdder();

    private final MetadataStore inner;

    CountedMetadata(MetadataStore inner) {
        this.inner = inner;
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        reads.increment();
        return inner.get(keys);
    }

    @Override
    public Snapshot range(String prefix) {
        reads.increment();
        return inner.range(prefix);
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        transactions.increment();
        return inner.commit(transaction);
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        return inner.grantLease(timeToLive);
    }

    @Override
    public boolean keepAlive(Lease lease) {
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
