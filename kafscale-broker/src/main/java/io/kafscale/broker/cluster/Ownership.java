// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * Who leads what: what this broker holds under its token, and what it has heard of others. Nothing here is a proof; the
 * compares are. Thread-safe; guarded by {@code lock}, which is taken inside a view's lock and never around one.
 */
public final class Ownership {

    private final Clock clock;
    private final Registration registration;
    private final ClusterKeys keys;
    private final int self;
    private final Owners<PartitionId> partitionOwners;
    private final Owners<Integer> shardOwners;
    private final ConcurrentMap<PartitionId, Holding> holdings = new ConcurrentHashMap<>();

    /** What is led no more, but whose keys must stay for now. */
    private final ConcurrentMap<PartitionId, Holding> leaving = new ConcurrentHashMap<>();

    private final ConcurrentMap<Integer, Compare> shards = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private Optional<Token> current = Optional.empty();

    /**
     * A partition whose owner key is ours. Immutable.
     *
     * @param visible what clients are told
     * @param served false until it has been recovered
     */
    record Holding(AcquiredPartition partition, Compare.CreateRevision key, Leadership visible, boolean served) {

        Holding nowServed(int self) {
            return new Holding(partition, key, new Leadership(self, partition.leaderEpoch()), true);
        }
    }

    /**
     * The state of this broker's ownership.
     *
     * @param work rung when something may be free to be acquired, or to be given up
     */
    Ownership(ClusterEnvironment environment, Registration registration, int self, Signal work) {
        this.clock = environment.clock();
        this.registration = registration;
        this.keys = environment.keys();
        this.self = self;
        this.partitionOwners = new Owners<>(
                environment,
                keys.partitionOwners(),
                keys::partitionOwner,
                Ownership::partition,
                new Hints<>(holdings, work));
        this.shardOwners = new Owners<>(
                environment,
                keys.groupShardOwners(),
                keys::groupShardOwner,
                Integer::valueOf,
                new Hints<>(shards, work));
    }

    /** Rings when something is free, or when a key of ours has come that we do not know to hold. */
    private final class Hints<T> implements Owners.Listener<T> {
        private final Map<T, ?> held;
        private final Signal work;

        Hints(Map<T, ?> held, Signal work) {
            this.held = held;
            this.work = work;
        }

        @Override
        public boolean isConspicuous(T owned, Owners.Entry entry) {
            return entry.brokerId() == self && !held.containsKey(owned);
        }

        @Override
        public void changed(boolean hasWork) {
            announceChange();
            if (hasWork) {
                work.raise();
            }
        }
    }

    private static PartitionId partition(String key) {
        int slash = key.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("no partition in " + key);
        }
        return new PartitionId(UUID.fromString(key.substring(0, slash)), Integer.parseInt(key.substring(slash + 1)));
    }

    void start() {
        partitionOwners.start();
        shardOwners.start();
    }

    void close() {
        partitionOwners.close();
        shardOwners.close();
    }

    /** The owner of a partition: this broker only while it serves it. */
    public Leadership leaderOf(PartitionId partition) {
        Optional<Holding> held = Optional.ofNullable(holdings.get(partition));
        if (held.isPresent()) {
            return held.get().visible();
        }
        return partitionOwners
                .find(partition)
                .filter(owner -> owner.brokerId() != self)
                .map(owner -> new Leadership(owner.brokerId(), owner.epoch()))
                .orElseGet(() -> new Leadership(Leadership.NOBODY, partitionOwners.lastEpoch(partition)));
    }

    boolean ownsGroupShard(int shard) {
        return shards.containsKey(shard);
    }

    /**
     * The condition under which this broker still owns a group shard since it last acquired it; a write for the shard
     * compares it together with {@link Token#holds()}. Another condition means another ownership: state kept in memory
     * from an earlier one is stale.
     */
    public Optional<Compare> holdsGroupShard(int shard) {
        return Optional.ofNullable(shards.get(shard));
    }

    /** The owner of a group shard, {@link Leadership#NOBODY} for none. */
    int groupShardOwner(int shard) {
        return ownsGroupShard(shard)
                ? self
                : shardOwners.find(shard).map(Owners.Entry::brokerId).orElse(Leadership.NOBODY);
    }

    /** The newest registration of this broker, which may be lost already; every write compares it. */
    public Token token() {
        return registration.token();
    }

    /** The lease was confirmed within 60 % of its time to live, so that nobody else can own what this broker owns. */
    public boolean isCertain() {
        return registration.isCertain();
    }

    /** Waits until each of the partitions has an owner that serves it; false when the deadline has passed before. */
    public boolean awaitOwned(Collection<PartitionId> partitions, Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            boolean inTime = true;
            while (!allOwned(partitions)) {
                if (!inTime) {
                    return false;
                }
                inTime = clock.await(lock, changed, deadline);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private boolean allOwned(Collection<PartitionId> partitions) {
        return partitions.stream().noneMatch(partition -> leaderOf(partition).isVacant());
    }

    private void announceChange() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** A new incarnation begins, with nothing. */
    void begin(Token token) {
        lock.lock();
        try {
            current = Optional.of(token);
        } finally {
            lock.unlock();
        }
    }

    /** The token is lost, and with it everything. */
    void lose() {
        lock.lock();
        try {
            current = Optional.empty();
            holdings.clear();
            leaving.clear();
            shards.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The token under which things may be acquired now. */
    Optional<Token> current() {
        lock.lock();
        try {
            return current;
        } finally {
            lock.unlock();
        }
    }

    /** Notes the partitions that a token has won, unless it is lost by now; they are not served yet. */
    void hold(Token token, List<AcquiredPartition> won) {
        ifCurrent(token, () -> {
            for (AcquiredPartition partition : won) {
                Compare.CreateRevision key =
                        new Compare.CreateRevision(keys.partitionOwner(partition.id()), partition.revision());
                Leadership nobodyYet = new Leadership(Leadership.NOBODY, partition.leaderEpoch());
                holdings.put(partition.id(), new Holding(partition, key, nobodyYet, false));
            }
        });
    }

    /** Notes that partitions are served now. */
    void serve(Token token, Collection<PartitionId> served) {
        ifCurrent(token, () -> {
            served.forEach(partition -> holdings.computeIfPresent(partition, (id, held) -> held.nowServed(self)));
            changed.signalAll();
        });
    }

    /** Notes the group shards that a token has won at a revision. */
    void holdShards(Token token, Collection<Integer> won, long revision) {
        ifCurrent(
                token,
                () -> won.forEach(
                        shard -> shards.put(shard, new Compare.CreateRevision(keys.groupShardOwner(shard), revision))));
    }

    private void ifCurrent(Token token, Runnable change) {
        lock.lock();
        try {
            if (current.equals(Optional.of(token))) {
                change.run();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Leads these partitions no more; their keys stay until they are {@link #givenUp}. */
    void leave(Collection<PartitionId> partitions) {
        for (PartitionId partition : partitions) {
            Optional.ofNullable(holdings.get(partition)).ifPresent(held -> leaving.put(partition, held));
            holdings.remove(partition);
        }
    }

    /** What is led no more and has its key still. */
    List<Holding> leaving() {
        return List.copyOf(leaving.values());
    }

    /** The keys of these partitions are gone. */
    void givenUp(Collection<PartitionId> partitions) {
        partitions.forEach(leaving::remove);
    }

    List<Holding> holdings() {
        return List.copyOf(holdings.values());
    }

    boolean isFree(PartitionId partition) {
        return !holdings.containsKey(partition)
                && !leaving.containsKey(partition)
                && partitionOwners.find(partition).isEmpty();
    }

    boolean isShardFree(int shard) {
        return !shards.containsKey(shard) && shardOwners.find(shard).isEmpty();
    }

    /** Owner keys under the name of an incarnation that it does not know to hold, as after a lost answer. */
    List<Compare.CreateRevision> strays(String incarnation) {
        List<Compare.CreateRevision> strays = new ArrayList<>();
        partitionOwners.of(incarnation).forEach((partition, owner) -> {
            if (!holdings.containsKey(partition) && !leaving.containsKey(partition)) {
                strays.add(owner.key());
            }
        });
        shardOwners.of(incarnation).forEach((shard, owner) -> {
            if (!shards.containsKey(shard)) {
                strays.add(owner.key());
            }
        });
        return strays;
    }

    /** Forgets what was remembered of partitions that exist no more. */
    void forgetUnless(Predicate<PartitionId> exists) {
        partitionOwners.forget(partitionOwners.remembered().stream()
                .filter(partition -> !exists.test(partition))
                .toList());
    }
}
