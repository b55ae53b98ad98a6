// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Signal;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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
            if (load()) {
                writer.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end(Errors.NOT_COORDINATOR);
            done.complete(true);
        }
    }

    /** False when the shard ended before it could be read. */
    private boolean load() throws InterruptedException {
        while (!ended) {
            try {
                read();
                return true;
            } catch (MetadataException e) {
                LOG.atWarn().setCause(e).addKeyValue("shard", claim.shard()).log("groups cannot be read");
                becomeAvailable(Errors.COORDINATOR_NOT_AVAILABLE);
            }
            ending.await(environment.clock(), Deadline.after(environment.clock(), RELOAD_PAUSE));
        }
        return false;
    }

    private void read() {
        ClusterKeys keys = environment.keys();
        Map<String, Group> loaded = new HashMap<>();
        for (KeyValue entry :
                environment.store().range(keys.groups(claim.shard())).all()) {
            ConsumerGroup value = GroupValues.parseGroup(entry);
            StoredGroup stored = new StoredGroup(value.getGroupId());
            stored.revision(entry.modRevision());
            loaded.put(value.getGroupId(), new Group(stored, decode(entry, value), context));
        }
        String prefix = keys.offsets(claim.shard());
        for (KeyValue entry : environment.store().range(prefix).all()) {
            String[] parts = entry.key().substring(prefix.length()).split("/", -1);
            OffsetBlock.Key key = parseKey(entry, parts);
            loaded.computeIfAbsent(
                            ClusterKeys.decode(parts[0]),
                            id -> new Group(new StoredGroup(id), GroupState.Empty.NEW, context))
                    .stored()
                    .put(key, GroupValues.parseOffsets(entry));
        }
        groups.putAll(loaded);
        loaded.values().forEach(Group::resume);
        becomeAvailable(Errors.NONE);
    }

    private static GroupState decode(KeyValue entry, ConsumerGroup value) {
        try {
            return GroupValues.decode(value);
        } catch (IllegalArgumentException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "group at " + entry.key(), e);
        }
    }

    private static OffsetBlock.Key parseKey(KeyValue entry, String[] parts) {
        try {
            if (parts.length == 3) {
                return new OffsetBlock.Key(parts[1], Integer.parseInt(parts[2]));
            }
        } catch (NumberFormatException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "offsets at " + entry.key(), e);
        }
        throw new MetadataException(MetadataException.Kind.CORRUPT, "offsets at " + entry.key());
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
