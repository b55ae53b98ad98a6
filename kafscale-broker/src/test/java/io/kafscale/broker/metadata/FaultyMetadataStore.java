// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A metadata store whose calls fail as a plan says. Closing it ends its own watches and leaves the store behind it open,
 * so that a test can close a broker and give its successor the same keys. Thread-safe.
 */
public final class FaultyMetadataStore implements MetadataStore {

    private final MetadataStore behind;
    private final FaultPlan plan;
    private final Clock clock;
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    /** Set once, by whoever closes; read by every call. */
    private volatile boolean closed;

    public FaultyMetadataStore(MetadataStore behind, FaultPlan plan, Clock clock) {
        this.behind = behind;
        this.plan = plan;
        this.clock = clock;
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        return call(StoreCall.METADATA_GET, () -> behind.get(keys));
    }

    @Override
    public Snapshot range(String prefix) {
        return call(StoreCall.METADATA_RANGE, () -> behind.range(prefix));
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        checkOpen();
        Fault fault = plan.begin(StoreCall.METADATA_COMMIT);
        return switch (fault) {
            case Fault.FailAfter after -> {
                TransactionResult result = behind.commit(transaction);
                yield new TransactionResult.Unknown(failure("the answer was lost: " + result));
            }
            case Fault.Lost lost -> new TransactionResult.Unknown(failure("the transaction was lost"));
            case Fault.Late(int calls) -> {
                plan.later(calls, () -> commitUnseen(transaction));
                yield new TransactionResult.Unknown(failure("the transaction is late"));
            }
            default -> call(fault, () -> behind.commit(transaction));
        };
    }

    private void commitUnseen(Transaction transaction) {
        try {
            behind.commit(transaction);
        } catch (MetadataException e) {
            // nobody waits for the answer
        }
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        return call(StoreCall.METADATA_GRANT_LEASE, () -> behind.grantLease(timeToLive));
    }

    @Override
    public boolean keepAlive(Lease lease) {
        return call(StoreCall.METADATA_KEEP_ALIVE, () -> behind.keepAlive(lease));
    }

    @Override
    public void revoke(Lease lease) {
        call(StoreCall.METADATA_REVOKE, () -> {
            behind.revoke(lease);
            return true;
        });
    }

    /** A watch whose start meets {@link Fault.FailAfter} has ended before it says anything. */
    @Override
    public Watch watch(String prefix, long fromRevision) {
        checkOpen();
        Fault fault = plan.begin(StoreCall.METADATA_WATCH);
        boolean endsAtOnce = fault instanceof Fault.FailAfter;
        Watch watch = call(endsAtOnce ? new Fault.None() : fault, () -> behind.watch(prefix, fromRevision));
        watches.add(watch);
        if (endsAtOnce || closed) {
            watch.close();
        }
        return watch;
    }

    private <T> T call(StoreCall kind, Supplier<T> body) {
        checkOpen();
        return call(plan.begin(kind), body);
    }

    private <T> T call(Fault fault, Supplier<T> body) {
        return switch (fault) {
            case Fault.None none -> body.get();
            case Fault.Truncate truncate -> body.get();
            case Fault.Flip flip -> body.get();
            case Fault.FailBefore before -> throw failure("not reached");
            case Fault.Lost lost -> throw failure("lost");
            case Fault.Late late -> throw failure("lost");
            case Fault.Full full -> throw new MetadataException(Kind.FULL, "no space left");
            case Fault.FailAfter after -> {
                T lost = body.get();
                throw failure("the answer was lost: " + lost);
            }
            case Fault.Delay(Duration duration) -> {
                try {
                    clock.sleep(duration);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new MetadataException(Kind.INTERRUPTED, "interrupted", e);
                }
                yield body.get();
            }
        };
    }

    private static MetadataException failure(String what) {
        return new MetadataException(Kind.UNAVAILABLE, what);
    }

    private void checkOpen() {
        if (closed) {
            throw new MetadataException(Kind.REFUSED, "the metadata store is closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        watches.forEach(Watch::close);
    }
}
