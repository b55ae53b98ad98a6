// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The ownership of all group shards by one broker, with the keys in the store that prove it. Thread-safe. */
final class TestShards implements GroupShards {

    static final int COUNT = 4;

    private final MetadataStore store;
    private final ClusterKeys keys;
    private final Map<Integer, Compare> holds = new ConcurrentHashMap<>();

    /** Changes when a test registers again. */
    private volatile Token token;

    /** Switched by tests. */
    private volatile boolean certain = true;

    /** What happens after the ownership was looked at and before the answer is used; set by tests. */
    private volatile Runnable afterLook = () -> {};

    TestShards(MetadataStore store, ClusterKeys keys) {
        this.store = store;
        this.keys = keys;
        this.token = register();
        for (int shard = 0; shard < COUNT; shard++) {
            acquire(shard);
        }
    }

    private Token register() {
        String key = keys.broker(0);
        long revision = put(key);
        return new Token(0, "incarnation-" + revision, key, revision, new Lease(1, Duration.ofSeconds(5)));
    }

    private long put(String key) {
        store.commit(Transaction.when().delete(key).build());
        Transaction put =
                Transaction.when().put(key, ByteString.copyFromUtf8("test")).build();
        if (store.commit(put) instanceof TransactionResult.Applied(long revision)) {
            return revision;
        }
        throw new IllegalStateException("put of " + key + " failed");
    }

    /** Becomes the owner of a shard, anew if it is already. */
    void acquire(int shard) {
        String key = keys.groupShardOwner(shard);
        holds.put(shard, new Compare.CreateRevision(key, put(key)));
    }

    /** Another broker takes the shard, and this one knows. */
    void release(int shard) {
        holds.remove(shard);
        put(keys.groupShardOwner(shard));
    }

    /** Another broker takes the shard, and this one does not know yet. */
    void stealSilently(int shard) {
        put(keys.groupShardOwner(shard));
    }

    void afterLook(Runnable interruption) {
        afterLook = interruption;
    }

    void certain(boolean isCertain) {
        certain = isCertain;
    }

    @Override
    public int count() {
        return COUNT;
    }

    @Override
    public int shardOf(String group) {
        return Math.floorMod(group.hashCode(), COUNT);
    }

    @Override
    public Optional<Compare> holds(int shard) {
        Optional<Compare> seen = Optional.ofNullable(holds.get(shard));
        afterLook.run();
        return seen;
    }

    @Override
    public Token token() {
        return token;
    }

    @Override
    public boolean isCertain() {
        return certain;
    }
}
