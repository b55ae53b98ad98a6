// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.BackOff;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Makes the metadata what it is to be, step by step, and the identity last. First it puts a key that says so. Every step
 * compares that key and the identity as it was at the beginning; so no step, however late it arrives, comes behind the last
 * one, and of two who do this at once only the later goes on. Steps may be repeated. Confined to one thread.
 */
final class MetadataSync {

    private static final int MOST_OPERATIONS = MetadataStore.MAX_OPERATIONS - 5;
    private static final int MOST_BYTES = MetadataStore.MAX_TRANSACTION_BYTES / 2;
    private static final int ATTEMPTS = 20;

    private final LogEnvironment environment;
    private final String clusterKey;
    private final Compare asBegun;
    private final ByteString sign;

    /**
     * A sync that has not begun.
     *
     * @param begun the identity as it was when the plan was made; empty for none
     * @param counter of which this restore is the only one
     */
    MetadataSync(LogEnvironment environment, Optional<KeyValue> begun, long counter) {
        this.environment = environment;
        this.clusterKey = environment.keys().cluster();
        this.asBegun = begun.map(Compare::unchanged).orElseGet(() -> Compare.absent(clusterKey));
        this.sign = ByteString.copyFromUtf8(Long.toString(counter));
    }

    /** A step that changes something. Immutable. */
    private record Step(Map<String, Optional<ByteString>> changes) {

        Transaction under(Compare... compares) {
            Transaction.Builder transaction = Transaction.when(compares);
            changes.forEach((key, value) ->
                    value.ifPresentOrElse(bytes -> transaction.put(key, bytes), () -> transaction.delete(key)));
            return transaction.build();
        }
    }

    /**
     * Writes all.
     *
     * @param target everything but the identity
     * @throws MetadataException when the store does not answer, or somebody else has been here
     */
    void run(Map<String, ByteString> target, ByteString identity) throws InterruptedException {
        Compare mine = begin();
        List<Step> steps = steps(target);
        BackOff backOff = BackOff.forStores(environment.random());
        for (int attempt = 1; !steps.isEmpty(); attempt++) {
            boolean isDone = true;
            for (Step step : steps) {
                isDone &= commit(step.under(asBegun, mine));
            }
            if (!isDone && attempt == ATTEMPTS) {
                throw unavailable();
            }
            if (!isDone) {
                backOff.pause(environment.clock());
            }
            steps = steps(target);
        }
        finish(identity, mine);
    }

    /** Puts the key that says that the metadata is being restored; what is compared from then on. */
    private Compare begin() throws InterruptedException {
        String key = environment.keys().restoring();
        BackOff backOff = BackOff.forStores(environment.random());
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            commit(new Step(Map.of(key, Optional.of(sign))).under(asBegun));
            Optional<KeyValue> there = environment
                    .metadata()
                    .get(List.of(key))
                    .find(key)
                    .filter(entry -> entry.value().equals(sign));
            if (there.isPresent()) {
                return Compare.unchanged(there.get());
            }
            backOff.pause(environment.clock());
        }
        throw unavailable();
    }

    private static MetadataException unavailable() {
        return new MetadataException(
                MetadataException.Kind.UNAVAILABLE,
                "the metadata store does not say what it has written; run 'fsck restore' again");
    }

    /** False when nobody knows whether it was done. */
    private boolean commit(Transaction transaction) {
        TransactionResult result = environment.metadata().commit(transaction);
        if (result instanceof TransactionResult.Refused) {
            throw new MetadataException(
                    MetadataException.Kind.REFUSED,
                    "key " + clusterKey
                            + " has changed meanwhile: somebody else restores, or has restored, this cluster");
        }
        return result instanceof TransactionResult.Applied;
    }

    private void finish(ByteString identity, Compare mine) throws InterruptedException {
        Step last = new Step(
                Map.of(clusterKey, Optional.of(identity), environment.keys().restoring(), Optional.empty()));
        BackOff backOff = BackOff.forStores(environment.random());
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (environment.metadata().commit(last.under(asBegun, mine)) instanceof TransactionResult.Applied
                    || isIdentity(identity)) {
                return;
            }
            backOff.pause(environment.clock());
        }
        throw unavailable();
    }

    private boolean isIdentity(ByteString identity) {
        return environment
                .metadata()
                .get(List.of(clusterKey))
                .find(clusterKey)
                .filter(entry -> entry.value().equals(identity))
                .isPresent();
    }

    /** What is still to be done. */
    private List<Step> steps(Map<String, ByteString> target) {
        Snapshot now = environment.metadata().range(environment.keys().root());
        Map<String, Optional<ByteString>> changes = new TreeMap<>();
        target.forEach((key, value) -> changes.put(key, Optional.of(value)));
        for (KeyValue entry : now.all()) {
            boolean isLasting = entry.leaseId() == Lease.NONE;
            ByteString wanted = target.get(entry.key());
            if (isLasting && entry.value().equals(wanted)) {
                changes.remove(entry.key());
            } else if (isLasting && wanted == null && !isOwn(entry.key())) {
                changes.put(entry.key(), Optional.empty());
            }
        }
        return cut(changes);
    }

    private boolean isOwn(String key) {
        return key.equals(clusterKey) || key.equals(environment.keys().restoring());
    }

    private static List<Step> cut(Map<String, Optional<ByteString>> changes) {
        List<Step> steps = new ArrayList<>();
        Map<String, Optional<ByteString>> step = new TreeMap<>();
        int bytes = 0;
        for (Map.Entry<String, Optional<ByteString>> change : changes.entrySet()) {
            int size = change.getKey().length()
                    + change.getValue().map(ByteString::size).orElse(0);
            if (!step.isEmpty() && (step.size() == MOST_OPERATIONS || bytes + size > MOST_BYTES)) {
                steps.add(new Step(Map.copyOf(step)));
                step.clear();
                bytes = 0;
            }
            step.put(change.getKey(), change.getValue());
            bytes += size;
        }
        if (!step.isEmpty()) {
            steps.add(new Step(Map.copyOf(step)));
        }
        return steps;
    }
}
