// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.Token;
import java.util.Optional;

/** Which groups this broker coordinates, and how a write proves it. Thread-safe. */
public interface GroupShards {

    /** Number of shards, the same for ever. */
    int count();

    int shardOf(String group);

    /** The condition under which this broker owns the shard; another condition means another ownership. */
    Optional<Compare> holds(int shard);

    Token token();

    /** Nobody else can own what this broker owns. */
    boolean isCertain();

    static GroupShards of(Membership membership, Ownership ownership) {
        return new GroupShards() {
            @Override
            public int count() {
                return membership.groupShards();
            }

            @Override
            public int shardOf(String group) {
                return membership.shardOf(group);
            }

            @Override
            public Optional<Compare> holds(int shard) {
                return ownership.holdsGroupShard(shard);
            }

            @Override
            public Token token() {
                return ownership.token();
            }

            @Override
            public boolean isCertain() {
                return ownership.isCertain();
            }
        };
    }
}
