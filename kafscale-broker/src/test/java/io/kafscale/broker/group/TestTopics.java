// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.cluster.Topic;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** Topics that a test makes and deletes at will. Thread-safe. */
final class TestTopics implements GroupTopics {

    private final Map<String, Topic> topics = new ConcurrentHashMap<>();

    /** Creates a topic, or replaces one of the same name by another. */
    Topic create(String name, int partitions) {
        Topic topic = new Topic(UUID.randomUUID(), name, partitions, Map.of());
        topics.put(name, topic);
        return topic;
    }

    void delete(String name) {
        topics.remove(name);
    }

    @Override
    public Optional<Topic> find(String name) {
        return Optional.ofNullable(topics.get(name));
    }

    @Override
    public Optional<Topic> find(UUID id) {
        return topics.values().stream().filter(topic -> topic.id().equals(id)).findFirst();
    }
}
