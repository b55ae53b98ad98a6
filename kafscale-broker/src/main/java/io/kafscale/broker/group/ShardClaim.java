// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import java.util.Optional;

/**
 * One ownership of a group shard, from its acquisition to its loss. Every write proves it. Immutable.
 *
 * @param token the registration under which the shard was acquired
 * @param holds the condition on the shard's owner key
 */
record ShardClaim(int shard, Token token, Compare holds) {

    /** What this broker holds now, as far as it knows. */
    static Optional<ShardClaim> current(GroupShards shards, int shard) {
        Optional<Compare> before = shards.holds(shard);
        if (before.isEmpty()) {
            return Optional.empty();
        }
        Token token = shards.token();
        return shards.holds(shard)
                .filter(after -> after.equals(before.get()))
                .map(after -> new ShardClaim(shard, token, after));
    }

    boolean isCurrent(GroupShards shards) {
        return current(shards, shard).filter(this::equals).isPresent();
    }

    /** Tells this ownership from all others of the shard. */
    long ownerRevision() {
        return switch (holds) {
            case Compare.CreateRevision(String key, long revision) -> revision;
            case Compare.ModRevision(String key, long revision) -> revision;
        };
    }

    Transaction.Builder transaction() {
        return Transaction.when(token.holds(), holds);
    }
}
