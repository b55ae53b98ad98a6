// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.metadata.TransactionResult.Refused;
import io.kafscale.broker.metadata.TransactionResult.Unknown;
import io.kafscale.broker.time.BackOff;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Runs a transaction until it is known how it ended: after a lost answer it reads what is there, and only then tries
 * again. A transaction has a compare that its own success breaks, so a delayed copy can never apply twice; where somebody
 * else may mend that compare, as by deleting a key that must be absent, each attempt must be another transaction.
 * Thread-safe.
 */
public final class TransactionRunner {

    private static final int ATTEMPTS = 5;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(400);

    private final MetadataStore store;
    private final Clock clock;
    private final RandomGenerator random;

    public TransactionRunner(MetadataStore store, Clock clock, RandomGenerator random) {
        this.store = store;
        this.clock = clock;
        this.random = random;
    }

    /** Looks for the traces of a transaction. */
    @FunctionalInterface
    public interface Trace {
        /** The revision at which the transaction was applied; empty when it has not been. */
        OptionalLong appliedAt();
    }

    /** The same transaction at each attempt. */
    public TransactionResult run(Transaction transaction, Trace trace) {
        return run(() -> transaction, trace);
    }

    /**
     * How the transaction ended; {@link Unknown} only when the store did not answer for several attempts.
     *
     * @param attempts makes the transaction of each attempt
     * @param trace finds that of any attempt so far
     * @throws MetadataException when it was certainly not applied and will not be
     */
    public TransactionResult run(Supplier<Transaction> attempts, Trace trace) {
        TransactionResult first = store.commit(attempts.get());
        if (!(first instanceof Unknown unknown)) {
            return first;
        }
        BackOff backOff = new BackOff(random, FIRST_PAUSE, LONGEST_PAUSE);
        for (int attempt = 1; attempt < ATTEMPTS; attempt++) {
            if (attempt > 1 && !paused(backOff)) {
                return unknown;
            }
            try {
                TransactionResult result = again(attempts, trace);
                if (!(result instanceof Unknown)) {
                    return result;
                }
            } catch (MetadataException e) {
                // the first attempt is still open: look again
            }
        }
        return unknown;
    }

    private TransactionResult again(Supplier<Transaction> attempts, Trace trace) {
        OptionalLong before = trace.appliedAt();
        if (before.isPresent()) {
            return new Applied(before.getAsLong());
        }
        TransactionResult result = store.commit(attempts.get());
        if (result instanceof Refused) {
            // perhaps because an earlier attempt has arrived since
            OptionalLong after = trace.appliedAt();
            return after.isPresent() ? new Applied(after.getAsLong()) : result;
        }
        return result;
    }

    private boolean paused(BackOff backOff) {
        try {
            backOff.pause(clock);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
