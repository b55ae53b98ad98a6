// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import java.util.List;
import java.util.Optional;

/** The claim as the owner key {@code owners/janitor}, which hangs on the lease and goes with it. Thread-safe. */
final class OwnerKeyClaim implements JanitorClaim {

    private final ClusterEnvironment environment;
    private final Ownership ownership;
    private final TransactionRunner transactions;

    OwnerKeyClaim(ClusterEnvironment environment, Ownership ownership) {
        this.environment = environment;
        this.ownership = ownership;
        this.transactions = new TransactionRunner(environment);
    }

    @Override
    public Optional<String> incarnation() {
        return ownership.current().map(Token::incarnation);
    }

    @Override
    public boolean take() {
        return ownership.current().filter(this::take).isPresent();
    }

    private boolean take(Token token) {
        String key = environment.keys().janitorOwner();
        Snapshot seen = environment.store().get(List.of(key, token.registrationKey()));
        boolean registered = seen.find(token.registrationKey())
                .filter(entry -> entry.createRevision() == token.createRevision())
                .isPresent();
        Optional<KeyValue> owner = seen.find(key);
        if (!registered || owner.isPresent()) {
            return registered
                    && owner.filter(entry -> OwnerTransactions.isOf(token, entry))
                            .isPresent();
        }
        TransactionResult result = transactions.run(
                Transaction.when(token.holds(), Compare.absent(key))
                        .put(key, OwnerTransactions.owner(token, 0), token.lease())
                        .build(),
                () -> OwnerTransactions.createdAt(environment.store().get(List.of(key)), token, key));
        return result instanceof TransactionResult.Applied;
    }
}
