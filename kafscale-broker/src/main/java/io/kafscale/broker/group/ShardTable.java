// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/**
 * The shards that this broker owns, each loaded once for each ownership. Thread-safe; guarded by {@code lock}, under which
 * nobody waits.
 */
final class ShardTable {

    /** Of all shards together; more is refused. */
    private static final long MAX_WAITING_BYTES = 64L * 1024 * 1024;

    private final GroupEnvironment environment;
    private final GroupSettings settings;
    private final Alarms alarms;
    private final StoreOutage outage = new StoreOutage();
    private final WriteBudget budget = new WriteBudget(MAX_WAITING_BYTES);
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Integer, Shard> loaded = new HashMap<>();

    /** When the last thread of a shard was through, which its next one waits for. */
    @GuardedBy("lock")
    private final Map<Integer, Pending<Boolean>> former = new HashMap<>();

    @GuardedBy("lock")
    private boolean closed;

    /** Where a group is to be found. Immutable. */
    sealed interface Place {
        record Here(Shard shard) implements Place {}

        /** Not now, or not here. */
        record Elsewhere(Errors error) implements Place {}
    }

    ShardTable(GroupEnvironment environment, GroupSettings settings, Alarms alarms) {
        this.environment = environment;
        this.settings = settings;
        this.alarms = alarms;
    }

    Place locate(String groupId) {
        return locate(groupId, shard -> shard.availability(groupId));
    }

    /** Finds also what cannot be read of a group. */
    Place locateRemains(String groupId) {
        return locate(groupId, Shard::availability);
    }

    private Place locate(String groupId, Function<Shard, Errors> availabilityIn) {
        Optional<Shard> shard = current(environment.shards().shardOf(groupId));
        if (shard.isEmpty()) {
            return new Place.Elsewhere(Errors.NOT_COORDINATOR);
        }
        Errors availability = availabilityIn.apply(shard.get());
        return availability == Errors.NONE ? new Place.Here(shard.get()) : new Place.Elsewhere(availability);
    }

    /** All shards that this broker owns now, loaded or not. */
    List<Shard> owned() {
        List<Shard> owned = new ArrayList<>();
        for (int shard = 0; shard < environment.shards().count(); shard++) {
            current(shard).ifPresent(owned::add);
        }
        return owned;
    }

    /** The shard under its present ownership; loading begins when it is new, and what is of an earlier one ends. */
    private Optional<Shard> current(int number) {
        lock.lock();
        try {
            Optional<ShardClaim> claim = ShardClaim.current(environment.shards(), number);
            Optional<Shard> known = Optional.ofNullable(loaded.get(number));
            boolean isCurrent =
                    known.filter(shard -> !shard.isEnded()).map(Shard::claim).equals(claim);
            if (closed) {
                return Optional.empty();
            }
            if (isCurrent) {
                return known.filter(shard -> claim.isPresent());
            }
            known.ifPresent(shard -> end(number, shard));
            return claim.map(this::start);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void end(int number, Shard shard) {
        shard.end(Errors.NOT_COORDINATOR);
        loaded.remove(number);
        former.put(number, shard.done());
    }

    @GuardedBy("lock")
    private Shard start(ShardClaim claim) {
        Shard shard = new Shard(claim, environment, settings, alarms, outage, budget);
        Pending<Boolean> before = former.getOrDefault(claim.shard(), Pending.completed(true));
        loaded.put(claim.shard(), shard);
        environment.threads().start("group-shard-" + claim.shard(), () -> shard.run(before));
        return shard;
    }

    /** Refuses new requests, writes what was accepted, and ends all shards at the deadline at the latest. */
    void close(Deadline deadline) throws InterruptedException {
        List<Shard> shards = takeAll();
        shards.forEach(Shard::drain);
        try {
            for (Shard shard : shards) {
                if (shard.done().await(environment.clock(), deadline).isEmpty()) {
                    break;
                }
            }
        } finally {
            shards.forEach(shard -> shard.end(Errors.NOT_COORDINATOR));
        }
    }

    private List<Shard> takeAll() {
        lock.lock();
        try {
            closed = true;
            List<Shard> shards = new ArrayList<>(loaded.values());
            loaded.clear();
            return shards;
        } finally {
            lock.unlock();
        }
    }
}
