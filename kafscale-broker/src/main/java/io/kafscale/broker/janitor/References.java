// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.proto.janitor.PartitionReference;
import io.kafscale.proto.janitor.ReferenceSnapshot;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import io.kafscale.proto.metadata.TopicConfig;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What the metadata refers to: shared objects by key, topics by id, and of partitions where they begin. As an object it is a
 * protobuf message, its CRC-32C, and {@code KREF}. Immutable.
 */
record References(String clusterUuid, Set<String> shared, Set<UUID> topics, Map<PartitionId, Kept> partitions) {

    private static final int MAGIC = 0x4b524546; // KREF
    private static final int TRAILER_BYTES = 8;

    References {
        shared = Set.copyOf(shared);
        topics = Set.copyOf(topics);
        partitions = Map.copyOf(partitions);
    }

    /**
     * What a partition keeps. Immutable.
     *
     * @param newestSegment the segment whose index stays, empty for none
     */
    record Kept(long logStart, String newestSegment) {}

    /**
     * What the metadata refers to now. Each kind is read at a revision of its own.
     *
     * @throws MetadataException also when a value cannot be read, since it may refer to anything
     */
    static References now(String clusterUuid, MetadataStore store, ClusterKeys keys) {
        return new References(
                clusterUuid,
                sharedNow(store, keys),
                topics(store.range(keys.topics()).all(), keys),
                partitions(store.range(keys.partitionStates()).all(), keys));
    }

    private static Set<String> sharedNow(MetadataStore store, ClusterKeys keys) {
        Set<String> shared = new HashSet<>();
        for (KeyValue entry : store.range(keys.commits()).all()) {
            shared.add(
                    parsed(entry, () -> SharedObject.parseFrom(entry.value())).getKey());
        }
        return shared;
    }

    /** Other entries than those of topics are passed over. */
    static Set<UUID> topics(List<KeyValue> entries, ClusterKeys keys) {
        Set<UUID> topics = new HashSet<>();
        for (KeyValue entry : entries) {
            if (entry.key().startsWith(keys.topics())) {
                topics.add(parsed(
                        entry,
                        () -> TopicIds.id(TopicConfig.parseFrom(entry.value()).getTopicId())));
            }
        }
        return topics;
    }

    /** Other entries than states of partitions are passed over. */
    static Map<PartitionId, Kept> partitions(List<KeyValue> entries, ClusterKeys keys) {
        Map<PartitionId, Kept> partitions = new HashMap<>();
        for (KeyValue entry : entries) {
            if (entry.key().startsWith(keys.partitionStates())) {
                PartitionId id = parsed(entry, () -> partition(entry.key(), keys));
                PartitionState state = parsed(entry, () -> PartitionState.parseFrom(entry.value()));
                partitions.put(id, new Kept(state.getLogStart(), state.getNewestSegment()));
            }
        }
        return partitions;
    }

    private static PartitionId partition(String key, ClusterKeys keys) {
        String[] parts = key.substring(keys.partitionStates().length()).split("/", -1);
        PartitionId id = new PartitionId(UUID.fromString(parts[0]), Integer.parseInt(parts[parts.length - 1]));
        if (!keys.partitionState(id).equals(key)) {
            throw new IllegalArgumentException("key " + key + " is not that of " + id);
        }
        return id;
    }

    @FunctionalInterface
    private interface Parse<T> {
        T parse() throws InvalidProtocolBufferException;
    }

    private static <T> T parsed(KeyValue entry, Parse<T> parse) {
        try {
            return parse.parse();
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }

    ByteBuffer toBytes() {
        ReferenceSnapshot.Builder message =
                ReferenceSnapshot.newBuilder().setClusterUuid(clusterUuid).addAllSharedObjects(shared);
        topics.forEach(id -> message.addTopicIds(TopicIds.bytes(id)));
        partitions.forEach((id, kept) -> message.addPartitions(PartitionReference.newBuilder()
                .setTopicId(TopicIds.bytes(id.topicId()))
                .setPartition(id.partition())
                .setLogStart(kept.logStart())
                .setNewestSegment(kept.newestSegment())));
        byte[] body = message.build().toByteArray();
        return ByteBuffer.allocate(body.length + TRAILER_BYTES)
                .put(body)
                .putInt(checksum(ByteBuffer.wrap(body)))
                .putInt(MAGIC)
                .flip();
    }

    /** Empty when the bytes are none, or damaged. */
    static Optional<References> parse(ByteBuffer bytes) {
        int length = bytes.remaining() - TRAILER_BYTES;
        if (length < 0
                || bytes.getInt(length + Integer.BYTES) != MAGIC
                || bytes.getInt(length) != checksum(bytes.slice(0, length))) {
            return Optional.empty();
        }
        try {
            return Optional.of(read(ReferenceSnapshot.parseFrom(bytes.slice(0, length))));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static References read(ReferenceSnapshot message) {
        Set<UUID> topics = new HashSet<>();
        message.getTopicIdsList().forEach(id -> topics.add(TopicIds.id(id)));
        Map<PartitionId, Kept> partitions = new HashMap<>();
        for (PartitionReference partition : message.getPartitionsList()) {
            partitions.put(
                    new PartitionId(TopicIds.id(partition.getTopicId()), partition.getPartition()),
                    new Kept(partition.getLogStart(), partition.getNewestSegment()));
        }
        return new References(
                message.getClusterUuid(), new HashSet<>(message.getSharedObjectsList()), topics, partitions);
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }
}
