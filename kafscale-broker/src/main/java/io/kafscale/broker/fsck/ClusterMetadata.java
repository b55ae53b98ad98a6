// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What the metadata says of logs, as values; keys that cannot be read are problems. Filled by one thread, then only read.
 */
final class ClusterMetadata {

    private final ClusterKeys keys;
    private final Map<UUID, Stored<TopicConfig>> topics = new HashMap<>();
    private final TreeMap<PartitionId, Stored<PartitionState>> states = new TreeMap<>();
    private final List<Stored<SharedObject>> commits = new ArrayList<>();
    private final TreeMap<String, Stored<Head>> heads = new TreeMap<>();
    private final List<BrokerRegistration> brokers = new ArrayList<>();
    private final List<Finding> unreadable = new ArrayList<>();

    /** A value with the key that it stands under. Immutable. */
    record Stored<T>(T value, String key, long modRevision) {}

    @FunctionalInterface
    private interface Parse {
        void parse() throws InvalidProtocolBufferException;
    }

    /**
     * Takes in all keys of a cluster.
     *
     * @param entries in the order of their keys
     */
    ClusterMetadata(ClusterKeys keys, List<KeyValue> entries) {
        this.keys = keys;
        entries.forEach(this::add);
    }

    private void add(KeyValue entry) {
        String key = entry.key();
        if (key.startsWith(keys.topics())) {
            read(entry, () -> addTopic(entry));
        } else if (key.startsWith(keys.partitionStates())) {
            read(entry, () -> addState(entry));
        } else if (key.startsWith(keys.commits())) {
            read(entry, () -> addCommit(entry));
        } else if (key.startsWith(keys.heads())) {
            read(
                    entry,
                    () -> heads.put(
                            key.substring(keys.heads().length()), stored(Head.parseFrom(entry.value()), entry)));
        } else if (key.startsWith(keys.brokers())) {
            read(entry, () -> brokers.add(BrokerRegistration.parseFrom(entry.value())));
        }
    }

    private static <T> Stored<T> stored(T value, KeyValue entry) {
        return new Stored<>(value, entry.key(), entry.modRevision());
    }

    private void addTopic(KeyValue entry) throws InvalidProtocolBufferException {
        TopicConfig topic = TopicConfig.parseFrom(entry.value());
        require(keys.topic(topic.getName()).equals(entry.key()), "it is of topic " + topic.getName());
        require(topic.getPartitions() >= 1, topic.getPartitions() + " partitions");
        Stored<TopicConfig> before = topics.put(TopicIds.id(topic.getTopicId()), stored(topic, entry));
        require(before == null, "another topic has its id");
    }

    private void addState(KeyValue entry) throws InvalidProtocolBufferException {
        String[] parts = entry.key().substring(keys.partitionStates().length()).split("/", -1);
        PartitionId id = new PartitionId(UUID.fromString(parts[0]), Integer.parseInt(parts[parts.length - 1]));
        require(keys.partitionState(id).equals(entry.key()), "no partition has this key");
        PartitionState state = PartitionState.parseFrom(entry.value());
        require(
                state.getLeaderEpoch() >= 0 && state.getLogStart() >= 0 && state.getSealedThrough() >= 0,
                "an epoch or offset is negative");
        states.put(id, stored(state, entry));
    }

    private void addCommit(KeyValue entry) throws InvalidProtocolBufferException {
        SharedObject record = SharedObject.parseFrom(entry.value());
        require(
                entry.key().equals(keys.commit(incarnation(entry.key()), record.getFirstSequence())),
                "it covers sequences from " + record.getFirstSequence());
        require(
                record.getFirstSequence() >= 0 && record.getLastSequence() >= record.getFirstSequence(),
                "it covers sequences up to " + record.getLastSequence());
        require(
                record.getFooterPosition() >= 0 && record.getFooterLength() >= 0,
                "footer of " + record.getFooterLength() + " bytes at " + record.getFooterPosition());
        commits.add(stored(record, entry));
    }

    /** The incarnation in the key of a commit record. */
    String incarnation(String commitKey) {
        int slash = commitKey.lastIndexOf('/');
        return slash < keys.commits().length()
                ? ""
                : commitKey.substring(keys.commits().length(), slash);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private void read(KeyValue entry, Parse parse) {
        try {
            parse.parse();
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            Problem problem = new Problem(
                    Problem.Kind.UNREADABLE_KEY, entry.key(), "the value cannot be read: " + e.getMessage());
            unreadable.add(new Finding(problem, List.of(Premises.unchanged(entry.key(), entry.modRevision()))));
        }
    }

    Map<UUID, Stored<TopicConfig>> topics() {
        return topics;
    }

    Optional<TopicConfig> topic(UUID id) {
        return Optional.ofNullable(topics.get(id)).map(Stored::value);
    }

    Map<PartitionId, Stored<PartitionState>> states() {
        return states;
    }

    Optional<PartitionState> state(PartitionId id) {
        return Optional.ofNullable(states.get(id)).map(Stored::value);
    }

    /** In the order of their keys. */
    List<Stored<SharedObject>> commits() {
        return commits;
    }

    /** By incarnation. */
    Map<String, Stored<Head>> heads() {
        return heads;
    }

    List<BrokerRegistration> brokers() {
        return brokers;
    }

    List<Finding> unreadable() {
        return unreadable;
    }

    /** False when a topic may be there that is not known. */
    boolean hasAllTopics() {
        return unreadable.stream()
                .noneMatch(finding -> finding.problem().subject().startsWith(keys.topics()));
    }

    /** How a partition is called in reports. */
    String name(PartitionId id) {
        return topic(id.topicId()).map(TopicConfig::getName).orElse("") + "[" + id + "]";
    }
}
