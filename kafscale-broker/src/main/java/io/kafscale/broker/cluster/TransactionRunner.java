// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.metadata.TransactionResult.Refused;
import io.kafscale.broker.metadata.TransactionResult.Unknown;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Runs a transaction until it is known how it ended: after a lost answer it reads what is there, and only then sends the
 * same transaction again. Such a transaction has a compare that its own success breaks, so a delayed copy can never apply
 * twice. Thread-safe.
 */
final class TransactionRunner {

    private static final int ATTEMPTS = 5;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

    private final MetadataStore store;
    private final Clock clock;

    TransactionRunner(MetadataStore store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** Looks for the traces of a transaction. */
    @FunctionalInterface
    interface Trace {
        /** The revision at which the transaction was applied; empty when it has not been. */
        OptionalLong appliedAt();
    }

    /**
     * How the transaction ended; {@link Unknown} only when the store did not answer for several attempts.
     *
     * @throws MetadataException when it was certainly not applied and will not be
     */
    TransactionResult run(Transaction transaction, Trace trace) {
        TransactionResult first = store.commit(transaction);
        if (!(first instanceof Unknown unknown)) {
            return first;
        }
        Duration pause = Duration.ZERO;
        for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
            if (!paused(pause)) {
                return unknown;
            }
            pause = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
            try {
                TransactionResult result = again(transaction, trace);
                if (!(result instanceof Unknown)) {
                    return result;
                }
            } catch (MetadataException e) {
                // the first attempt is still open: look again
            }
        }
        return unknown;
    }

    private TransactionResult again(Transaction transaction, Trace trace) {
        OptionalLong before = trace.appliedAt();
        if (before.isPresent()) {
            return new Applied(before.getAsLong());
        }
        TransactionResult result = store.commit(transaction);
        if (result instanceof Refused) {
            // perhaps because the first copy has arrived since
            OptionalLong after = trace.appliedAt();
            return after.isPresent() ? new Applied(after.getAsLong()) : result;
        }
        return result;
    }

    private boolean paused(Duration pause) {
        try {
            clock.sleep(pause);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
