// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Remembers the newest transaction that was answered to be applied and has put a key that lasts. Thread-safe; guarded by
 * {@code lock}, which is not held while the store is asked.
 */
public final class WitnessedMetadataStore implements MetadataStore {

    private final MetadataStore store;
    private final List<String> lasting;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<Witness> newest = Optional.empty();

    /**
     * A store that has seen nothing.
     *
     * @param lasting prefixes of keys that nobody removes without a trace
     */
    public WitnessedMetadataStore(MetadataStore store, List<String> lasting) {
        this.store = store;
        this.lasting = List.copyOf(lasting);
    }

    /** What every read must show that begins from now on. */
    public Optional<Witness> newest() {
        lock.lock();
        try {
            return newest;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        TransactionResult result = store.commit(transaction);
        if (result instanceof TransactionResult.Applied(long revision)) {
            lastingPut(transaction).ifPresent(key -> remember(new Witness(key, revision)));
        }
        return result;
    }

    private Optional<String> lastingPut(Transaction transaction) {
        return transaction.operations().stream()
                .filter(Operation.Put.class::isInstance)
                .map(put -> ((Operation.Put) put).key())
                .filter(key -> lasting.stream().anyMatch(key::startsWith))
                .findFirst();
    }

    private void remember(Witness witness) {
        lock.lock();
        try {
            if (newest.filter(known -> known.revision() >= witness.revision()).isEmpty()) {
                newest = Optional.of(witness);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        return store.get(keys);
    }

    @Override
    public Snapshot range(String prefix) {
        return store.range(prefix);
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        return store.grantLease(timeToLive);
    }

    @Override
    public boolean keepAlive(Lease lease) {
        return store.keepAlive(lease);
    }

    @Override
    public void revoke(Lease lease) {
        store.revoke(lease);
    }

    @Override
    public Watch watch(String prefix, long fromRevision) {
        return store.watch(prefix, fromRevision);
    }

    @Override
    public void close() {
        store.close();
    }
}
