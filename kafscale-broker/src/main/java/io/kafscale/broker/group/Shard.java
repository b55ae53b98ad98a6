// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of one shard during one ownership of it. Its thread reads them from the store, then writes their changes,
 * and ends with the ownership. Thread-safe; guarded by {@code lock}, which is not held while a group is called.
 */
final class Shard {

    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final ShardClaim claim;
    private final GroupEnvironment environment;
    private final StoreOutage outage;
    private final ShardWriter writer;
    private final GroupContext context;
    private final Map<String, Group> groups = new ConcurrentHashMap<>();
    private final Map<String, StoredGroup> unreadable = new ConcurrentHashMap<>();
    private final Pending<Boolean> done = new Pending<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private State state = new State.Loading(Errors.COORDINATOR_LOAD_IN_PROGRESS);

    /**
     * Where the shard stands; it only goes forward. Immutable.
     *
     * <pre>
     *   Loading ──▶ Serving ──▶ Draining ──▶ Ended
     *      └───────────┴─────────────┴────────▲
     * </pre>
     */
    private sealed interface State {

        /** NONE while the groups may be asked, else what requests are answered. */
        Errors availability();

        /** The groups are not read yet. */
        record Loading(Errors availability) implements State {}

        record Serving() implements State {
            @Override
            public Errors availability() {
                return Errors.NONE;
            }
        }

        /** What was accepted is being written. */
        record Draining() implements State {
            @Override
            public Errors availability() {
                return Errors.NOT_COORDINATOR;
            }
        }

        record Ended(Errors availability) implements State {}
    }

    Shard(
            ShardClaim claim,
            GroupEnvironment environment,
            GroupSettings settings,
            Alarms alarms,
            StoreOutage outage,
            WriteBudget budget) {
        this.claim = claim;
        this.environment = environment;
        this.outage = outage;
        this.writer = new ShardWriter(environment, settings.commitInterval(), claim, outage, budget);
        this.context =
                new GroupContext(environment.clock(), settings, environment.random(), alarms, writer, this::forget);
    }

    private void forget(Group group) {
        groups.remove(group.id(), group);
    }

    ShardClaim claim() {
        return claim;
    }

    private State state() {
        lock.lock();
        try {
            return state;
        } finally {
            lock.unlock();
        }
    }

    /** NONE while the groups may be asked, else what requests are answered. */
    Errors availability() {
        return state().availability();
    }

    /** NONE while this group may be asked: one that could not be read as a whole is not served. */
    Errors availability(String groupId) {
        Errors ofAll = availability();
        return ofAll == Errors.NONE && unreadable.containsKey(groupId) ? Errors.COORDINATOR_NOT_AVAILABLE : ofAll;
    }

    boolean isEnded() {
        return state() instanceof State.Ended;
    }

    Optional<Group> find(String groupId) {
        return Optional.ofNullable(groups.get(groupId));
    }

    /** The group, made if it is not there; it goes again by itself when nothing comes of it. */
    Group obtain(String groupId) {
        Group group =
                groups.computeIfAbsent(groupId, id -> new Group(new StoredGroup(id), GroupState.Empty.NEW, context));
        if (isEnded()) {
            group.abandon(Errors.NOT_COORDINATOR);
        }
        return group;
    }

    Collection<Group> all() {
        return groups.values();
    }

    /** Deletes a group, if nobody is in it; one that cannot be read is deleted with all that there is of it. */
    Parked<Errors> delete(String groupId) {
        return find(groupId)
                .map(Group::delete)
                .or(() -> Optional.ofNullable(unreadable.get(groupId)).map(this::deleteUnreadable))
                .orElseGet(() -> Parked.answered(Errors.GROUP_ID_NOT_FOUND));
    }

    private Parked<Errors> deleteUnreadable(StoredGroup stored) {
        Pending<Errors> answer = new Pending<>();
        ShardWrite deletion = new ShardWrite.DeleteGroup(stored, outcome -> {
            if (outcome == Errors.NONE) {
                unreadable.remove(stored.groupId());
            }
            answer.complete(outcome);
        });
        Errors refused = writer.offer(List.of(deletion));
        if (refused != Errors.NONE) {
            answer.complete(refused);
        }
        return new Parked<>(
                answer, Deadline.after(context.clock(), context.settings().storePatience()));
    }

    /**
     * The body of the shard's thread.
     *
     * @param former completed when nothing of an earlier ownership can be written any more
     */
    void run(Pending<Boolean> former) {
        try {
            former.await(environment.clock(), Deadline.NEVER);
            Optional<ShardHead> head = load();
            if (head.isPresent()) {
                writer.run(head.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end(Errors.NOT_COORDINATOR);
            done.complete(true);
        }
    }

    /** Nothing when the shard ended before it could be read. */
    private Optional<ShardHead> load() throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (become(new State.Loading(availability()))) {
            try {
                ShardReader.Contents read = new ShardReader(environment, claim.shard(), context).read();
                outage.over(LOG);
                return serve(read) ? Optional.of(read.head()) : Optional.empty();
            } catch (MetadataException e) {
                outage.noticed(LOG, "groups cannot be read, trying again", claim.shard(), e);
                become(new State.Loading(Errors.COORDINATOR_NOT_AVAILABLE));
            }
            awaitEnd(pause);
            pause = longer(pause);
        }
        return Optional.empty();
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    private void awaitEnd(Duration pause) throws InterruptedException {
        Deadline end = Deadline.after(environment.clock(), pause);
        lock.lock();
        try {
            while (state instanceof State.Loading && environment.clock().await(lock, changed, end)) {
                // woken: look again
            }
        } finally {
            lock.unlock();
        }
    }

    /** False when the shard ended meanwhile. */
    private boolean serve(ShardReader.Contents read) {
        groups.putAll(read.groups());
        unreadable.putAll(read.unreadable());
        groups.values().forEach(Group::resume);
        boolean serves = become(new State.Serving());
        if (!serves) {
            groups.values().forEach(group -> group.abandon(Errors.NOT_COORDINATOR));
        }
        return serves;
    }

    /** False when the state has gone further already. */
    private boolean become(State next) {
        lock.lock();
        try {
            boolean goesOn = switch (next) {
                case State.Loading loading -> state instanceof State.Loading;
                case State.Serving serving -> state instanceof State.Loading;
                case State.Draining draining -> !(state instanceof State.Ended);
                case State.Ended ended -> !(state instanceof State.Ended);
            };
            if (goesOn) {
                state = next;
                changed.signalAll();
            }
            return goesOn;
        } finally {
            lock.unlock();
        }
    }

    /** Ends at once: whoever waits, and whatever is not being written yet, is sent away. */
    void end(Errors error) {
        become(new State.Ended(error));
        writer.abandon();
        groups.values().forEach(group -> group.abandon(error));
    }

    /** Ends when everything that was accepted is written. */
    void drain() {
        become(new State.Draining());
        writer.close();
    }

    /** Completed when the shard's thread is through, so that it writes and publishes nothing more. */
    Pending<Boolean> done() {
        return done;
    }
}
