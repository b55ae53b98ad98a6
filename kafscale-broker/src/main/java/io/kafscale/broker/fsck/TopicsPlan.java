// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.proto.metadata.TopicConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Which topics there are after a restore: those of the base that were not deleted since, and those of which the bucket holds
 * records that were written after the base. Confined to one thread.
 */
final class TopicsPlan {

    /** How long before its time in the bucket a look at the metadata may have been read. */
    private static final Duration MARGIN = Duration.ofMinutes(5);

    private final Map<UUID, TopicConfig> topics = new TreeMap<>();
    private final Map<UUID, Seen> seen = new HashMap<>();
    private final List<String> notes = new ArrayList<>();

    /** Topics that existed at a time of the bucket's clock. Immutable. */
    record Look(long storedMillis, Set<UUID> topics) {}

    /** What objects tell of a topic. Confined as what is around it. */
    private static final class Seen {
        private int partitions;
        private long oldestMillis = Long.MAX_VALUE;
        private boolean isOlderThanBase;
        private String name = "";

        private void add(PartitionId id, ObjectInfo object) {
            partitions = Math.max(partitions, Math.addExact(id.partition(), 1));
            oldestMillis = Math.min(oldestMillis, object.lastModifiedMillis());
        }
    }

    TopicsPlan(
            ClusterMetadata base,
            long baseCounter,
            Survey survey,
            Optional<BucketHistory.Past> past,
            List<Look> looks) {
        gather(survey, base.hasAllTopics());
        base.topics().forEach((id, topic) -> {
            boolean isDeleted = past.filter(known -> known.counter() > baseCounter)
                    .filter(known -> !known.topics().contains(id))
                    .isPresent();
            if (isDeleted) {
                notes.add("topic " + topic.value().getName() + " (" + id + ") was deleted since; it stays so");
            } else {
                int partitions = Optional.ofNullable(seen.get(id))
                        .map(known -> known.partitions)
                        .orElse(0);
                topics.put(
                        id,
                        topic.value().toBuilder()
                                .setPartitions(Math.max(topic.value().getPartitions(), partitions))
                                .build());
            }
        });
        List<Look> all = new ArrayList<>(looks);
        past.ifPresent(known -> all.add(new Look(known.storedMillis(), known.topics())));
        seen.entrySet().stream()
                .filter(entry -> base.topic(entry.getKey()).isEmpty())
                .filter(entry -> !isGone(entry.getKey(), entry.getValue(), all))
                .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
                .forEach(entry -> recover(entry.getKey(), entry.getValue()));
    }

    /** @param isWhole whether the base knows all topics that were there at its time */
    private void gather(Survey survey, boolean isWhole) {
        for (Sighting sighting : survey.sightings()) {
            for (Chunk chunk : sighting.chunks()) {
                Seen topic = seen.computeIfAbsent(chunk.id().topicId(), id -> new Seen());
                topic.add(chunk.id(), sighting.object());
                topic.isOlderThanBase |= sighting.isNamed() && isWhole;
            }
        }
        survey.segments()
                .forEach((id, parts) -> parts.values().forEach(part -> {
                    // a name alone proves nothing
                    Stream.concat(part.segment().stream(), part.index().stream())
                            .filter(survey::isSound)
                            .forEach(object -> {
                                Seen topic = seen.computeIfAbsent(id.topicId(), any -> new Seen());
                                topic.add(id, object);
                                topic.name = part.name().topic();
                            });
                }));
    }

    /** Ids are never used again: who was written to before a look that does not show it has been deleted. */
    private static boolean isGone(UUID id, Seen topic, List<Look> looks) {
        return topic.isOlderThanBase
                || looks.stream()
                        .anyMatch(look -> !look.topics().contains(id)
                                && topic.oldestMillis < look.storedMillis() - MARGIN.toMillis());
    }

    private void recover(UUID id, Seen topic) {
        boolean isTaken =
                topics.values().stream().anyMatch(other -> other.getName().equals(topic.name));
        String name = topic.name.isEmpty() || isTaken ? "recovered-" + id : topic.name;
        topics.put(
                id,
                TopicConfig.newBuilder()
                        .setName(name)
                        .setTopicId(TopicIds.bytes(id))
                        .setPartitions(topic.partitions)
                        .build());
        notes.add("topic " + name + " (" + id + ") was not known any more; it has " + topic.partitions
                + " partitions, and no settings");
        if (isTaken && !topic.name.isEmpty()) {
            notes.add("segments of topic " + topic.name + " (" + id
                    + ") cannot be read under its new name: another topic has the old one");
        }
    }

    /** Topics after the restore, by id. */
    Map<UUID, TopicConfig> topics() {
        return topics;
    }

    List<String> notes() {
        return notes;
    }

    /** Whether segments of that name belong to a topic. */
    boolean owns(SegmentName name) {
        TopicConfig topic = topics.get(name.id().topicId());
        return topic != null && topic.getName().equals(name.topic());
    }
}
