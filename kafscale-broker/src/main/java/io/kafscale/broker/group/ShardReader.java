// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One reading of the groups of a shard. A value that makes no sense costs its own group and no other: the group is left
 * out as a whole, since what is known of it without that value would mislead. Confined to the shard's thread.
 */
final class ShardReader {

    private static final Logger LOG = LoggerFactory.getLogger(ShardReader.class);

    private final MetadataStore store;
    private final ClusterKeys keys;
    private final int shard;
    private final GroupContext context;
    private final Map<String, Group> groups = new HashMap<>();
    private final Map<String, Map<String, Long>> strays = new HashMap<>();

    /**
     * What was found. Confined to the shard's thread.
     *
     * @param head the end of the chain of writes; what the groups hold is as new as that, or newer
     * @param groups by id
     * @param unreadable what there is of groups of which not everything could be read, by id
     */
    record Contents(ShardHead head, Map<String, Group> groups, Map<String, StoredGroup> unreadable) {
        Contents {
            groups = Map.copyOf(groups);
            unreadable = Map.copyOf(unreadable);
        }
    }

    ShardReader(GroupEnvironment environment, int shard, GroupContext context) {
        this.store = environment.store();
        this.keys = environment.keys();
        this.shard = shard;
        this.context = context;
    }

    /** Called once. */
    Contents read() {
        ShardHead head = readHead();
        String ofGroups = keys.groups(shard);
        for (KeyValue entry : store.range(ofGroups).all()) {
            take(entry, entry.key().substring(ofGroups.length()), this::takeGroup);
        }
        String ofOffsets = keys.offsets(shard);
        for (KeyValue entry : store.range(ofOffsets).all()) {
            take(entry, entry.key().substring(ofOffsets.length()).split("/", 2)[0], this::takeOffsets);
        }
        Map<String, StoredGroup> unreadable = new HashMap<>();
        strays.forEach((groupId, keysOfGroup) -> unreadable.put(groupId, remains(groupId, keysOfGroup)));
        return new Contents(head, groups, unreadable);
    }

    private StoredGroup remains(String groupId, Map<String, Long> keysOfGroup) {
        StoredGroup readable = Optional.ofNullable(groups.remove(groupId))
                .map(Group::stored)
                .orElseGet(() -> new StoredGroup(groupId));
        keysOfGroup.forEach(readable::putStray);
        return readable;
    }

    /** Read first: whatever is written afterwards is refused to those who go on from it. */
    private ShardHead readHead() {
        String key = keys.groupHead(shard);
        Optional<KeyValue> found = store.get(List.of(key)).find(key);
        try {
            return ShardHead.of(key, found);
        } catch (MetadataException e) {
            LOG.atError().setCause(e).addKeyValue("key", key).log("stored head cannot be read; counted anew");
            return new ShardHead(key, found.map(KeyValue::modRevision).orElse(0L), 0);
        }
    }

    /** Takes in what one key holds of a group; {@link MetadataException.Kind#CORRUPT} when it makes no sense. */
    private interface Taking {
        void take(KeyValue entry, String groupId);
    }

    private void take(KeyValue entry, String encodedId, Taking taking) {
        Optional<String> groupId = decodeId(encodedId);
        if (groupId.isEmpty()) {
            LOG.atError().addKeyValue("key", entry.key()).log("stored key names no group; passed over");
            return;
        }
        try {
            taking.take(entry, groupId.get());
        } catch (MetadataException e) {
            strays.computeIfAbsent(groupId.get(), id -> new HashMap<>()).put(entry.key(), entry.modRevision());
            LOG.atError()
                    .setCause(e)
                    .addKeyValue("key", entry.key())
                    .addKeyValue("group", groupId.get())
                    .log("stored value cannot be read; its group is not served");
        }
    }

    private Optional<String> decodeId(String encoded) {
        try {
            String id = ClusterKeys.decode(encoded);
            return Optional.of(id).filter(decoded -> keys.group(shard, decoded).equals(keys.groups(shard) + encoded));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private void takeGroup(KeyValue entry, String groupId) {
        ConsumerGroup value = GroupValues.parseGroup(entry);
        StoredGroup stored = new StoredGroup(groupId);
        stored.put(value, entry.modRevision());
        groups.put(groupId, new Group(stored, decode(entry, value), context));
    }

    private static GroupState decode(KeyValue entry, ConsumerGroup value) {
        try {
            return GroupValues.decode(value);
        } catch (IllegalArgumentException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "group at " + entry.key(), e);
        }
    }

    private void takeOffsets(KeyValue entry, String groupId) {
        OffsetBlock.Key name = parseKey(entry, groupId);
        OffsetBlock block = GroupValues.parseOffsets(entry);
        groups.computeIfAbsent(groupId, id -> new Group(new StoredGroup(id), GroupState.Empty.NEW, context))
                .stored()
                .put(name, block);
    }

    /** A key that would be written in another way is not one of ours. */
    private OffsetBlock.Key parseKey(KeyValue entry, String groupId) {
        String[] parts = entry.key().substring(keys.offsets(shard).length()).split("/", -1);
        try {
            if (parts.length == 3) {
                OffsetBlock.Key name = new OffsetBlock.Key(parts[1], Integer.parseInt(parts[2]));
                String written = keys.offsets(shard, groupId, name.topic(), name.firstPartition());
                if (written.equals(entry.key())) {
                    return name;
                }
            }
        } catch (NumberFormatException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "offsets at " + entry.key(), e);
        }
        throw new MetadataException(MetadataException.Kind.CORRUPT, "offsets at " + entry.key());
    }
}
