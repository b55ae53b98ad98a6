// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Signal;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of one shard during one ownership of it. Its thread reads them from the store, then writes their changes,
 * and ends with the ownership. Thread-safe.
 */
final class Shard {

    private static final Logger LOG = LoggerFactory.getLogger(Shard.class);
    private static final Duration RELOAD_PAUSE = Duration.ofMillis(200);

    private final ShardClaim claim;
    private final GroupEnvironment environment;
    private final ShardWriter writer;
    private final GroupContext context;
    private final Map<String, Group> groups = new ConcurrentHashMap<>();
    private final Set<String> unreadable = ConcurrentHashMap.newKeySet();
    private final Signal ending = new Signal();
    private final Pending<Boolean> done = new Pending<>();

    /** Written by the shard's thread and by whoever ends it; read by every request. */
    private volatile Errors availability = Errors.COORDINATOR_LOAD_IN_PROGRESS;

    /** Written by whoever ends the shard; read by its thread. */
    private volatile boolean ended;

    Shard(ShardClaim claim, GroupEnvironment environment, GroupSettings settings, Alarms alarms) {
        this.claim = claim;
        this.environment = environment;
        this.writer = new ShardWriter(environment, settings.commitInterval(), claim);
        this.context =
                new GroupContext(environment.clock(), settings, environment.random(), alarms, writer, this::forget);
    }

    private void forget(Group group) {
        groups.remove(group.id(), group);
    }

    ShardClaim claim() {
        return claim;
    }

    /** NONE while the groups may be asked, else what requests are answered. */
    Errors availability() {
        return availability;
    }

    /** NONE while this group may be asked: one that could not be read as a whole is not served. */
    Errors availability(String groupId) {
        Errors ofAll = availability;
        return ofAll == Errors.NONE && unreadable.contains(groupId) ? Errors.COORDINATOR_NOT_AVAILABLE : ofAll;
    }

    boolean isEnded() {
        return ended;
    }

    Optional<Group> find(String groupId) {
        return Optional.ofNullable(groups.get(groupId));
    }

    /** The group, made if it is not there; it goes again by itself when nothing comes of it. */
    Group obtain(String groupId) {
        Group group =
                groups.computeIfAbsent(groupId, id -> new Group(new StoredGroup(id), GroupState.Empty.NEW, context));
        if (ended) {
            group.abandon(Errors.NOT_COORDINATOR);
        }
        return group;
    }

    Collection<Group> all() {
        return groups.values();
    }

    /** The body of the shard's thread. */
    void run() {
        try {
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
        while (!ended) {
            try {
                return Optional.of(read());
            } catch (MetadataException e) {
                LOG.atWarn().setCause(e).addKeyValue("shard", claim.shard()).log("groups cannot be read");
                becomeAvailable(Errors.COORDINATOR_NOT_AVAILABLE);
            }
            ending.await(environment.clock(), Deadline.after(environment.clock(), RELOAD_PAUSE));
        }
        return Optional.empty();
    }

    private ShardHead read() {
        ShardReader.Contents read = new ShardReader(environment, claim.shard(), context).read();
        groups.putAll(read.groups());
        unreadable.addAll(read.unreadable());
        read.groups().values().forEach(Group::resume);
        becomeAvailable(Errors.NONE);
        return read.head();
    }

    private void becomeAvailable(Errors now) {
        if (!ended) {
            availability = now;
        }
    }

    /** Ends at once: whoever waits, and whatever is not being written yet, is sent away. */
    void end(Errors error) {
        ended = true;
        availability = error;
        writer.abandon();
        groups.values().forEach(group -> group.abandon(error));
        ending.raise();
    }

    /** Ends when everything that was accepted is written. */
    void drain() {
        availability = Errors.NOT_COORDINATOR;
        writer.close();
        ending.raise();
    }

    /** Waits until the shard's thread is through; false when the deadline has passed before. */
    boolean awaitDone(Deadline deadline) throws InterruptedException {
        return done.await(environment.clock(), deadline).isPresent();
    }
}
