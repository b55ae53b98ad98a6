// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.Watch;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Supplier;

/** Metadata whose transactions and reads a test may stop, change or count. Thread-safe. */
public final class HookedMetadata implements MetadataStore {

    private final MetadataStore inner;

    /** Set by the test, read by every call. */
    private volatile CommitHook onCommit = (transaction, real) -> real.get();

    private volatile GetHook onGet = Supplier::get;

    public interface CommitHook {
        TransactionResult commit(Transaction transaction, Supplier<TransactionResult> real);
    }

    public interface GetHook {
        Snapshot get(Supplier<Snapshot> real);
    }

    public HookedMetadata(MetadataStore inner) {
        this.inner = inner;
    }

    public void onCommit(CommitHook hook) {
        onCommit = hook;
    }

    /** Also called for ranges. */
    public void onGet(GetHook hook) {
        onGet = hook;
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        return onGet.get(() -> inner.get(keys));
    }

    @Override
    public Snapshot range(String prefix) {
        return onGet.get(() -> inner.range(prefix));
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        return onCommit.commit(transaction, () -> inner.commit(transaction));
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
    public void close() {}
}
