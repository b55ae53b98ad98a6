// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.proto.metadata.CommittedOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;

/** Reads committed offsets. Thread-safe. */
final class OffsetFetches {

    private static final long NO_OFFSET = -1;
    private static final int NO_EPOCH = -1;

    private final GroupTopics topics;

    OffsetFetches(GroupTopics topics) {
        this.topics = topics;
    }

    /** The same error for the group and for each partition, as different versions look for it. */
    static OffsetFetchResponseGroup refused(OffsetFetchRequestGroup request, Errors error) {
        OffsetFetchResponseGroup response =
                new OffsetFetchResponseGroup().setGroupId(request.groupId()).setErrorCode(error.code());
        for (OffsetFetchRequestTopics topic :
                Optional.ofNullable(request.topics()).orElse(List.of())) {
            OffsetFetchResponseTopics answer = answerFor(topic);
            topic.partitionIndexes().forEach(partition -> answer.partitions().add(none(partition, error)));
            response.topics().add(answer);
        }
        return response;
    }

    /** What was asked for, or all that there is; a group that is not known has no offsets, which is no error. */
    OffsetFetchResponseGroup fetch(OffsetFetchRequestGroup request, Optional<StoredGroup> stored) {
        List<OffsetFetchResponseTopics> answers = Optional.ofNullable(request.topics())
                .map(requested -> requested.stream()
                        .map(topic -> fetchTopic(topic, stored))
                        .toList())
                .orElseGet(() -> stored.map(this::fetchAll).orElse(List.of()));
        return new OffsetFetchResponseGroup().setGroupId(request.groupId()).setTopics(answers);
    }

    private OffsetFetchResponseTopics fetchTopic(OffsetFetchRequestTopics requested, Optional<StoredGroup> stored) {
        boolean byId = !requested.topicId().equals(Uuid.ZERO_UUID);
        Optional<Topic> topic = byId
                ? topics.find(new UUID(
                        requested.topicId().getMostSignificantBits(),
                        requested.topicId().getLeastSignificantBits()))
                : topics.find(requested.name());
        Errors absent = byId && topic.isEmpty() ? Errors.UNKNOWN_TOPIC_ID : Errors.NONE;
        OffsetFetchResponseTopics answer = answerFor(requested);
        for (int partition : requested.partitionIndexes()) {
            Optional<CommittedOffset> offset =
                    topic.flatMap(found -> stored.flatMap(group -> group.offset(found, partition)));
            answer.partitions()
                    .add(offset.map(found -> describe(partition, found)).orElseGet(() -> none(partition, absent)));
        }
        return answer;
    }

    private List<OffsetFetchResponseTopics> fetchAll(StoredGroup stored) {
        Map<String, OffsetFetchResponseTopics> answers = new TreeMap<>();
        stored.blocks()
                .forEach((key, block) -> topics.find(key.topic())
                        .filter(topic -> topic.id().equals(block.topicId()))
                        .ifPresent(topic -> {
                            OffsetFetchResponseTopics answer = answers.computeIfAbsent(
                                    topic.name(),
                                    name -> new OffsetFetchResponseTopics()
                                            .setName(name)
                                            .setTopicId(new Uuid(
                                                    topic.id().getMostSignificantBits(),
                                                    topic.id().getLeastSignificantBits())));
                            block.partitions()
                                    .forEach((partition, offset) ->
                                            answer.partitions().add(describe(partition, offset)));
                        }));
        return new ArrayList<>(answers.values());
    }

    private static OffsetFetchResponseTopics answerFor(OffsetFetchRequestTopics topic) {
        return new OffsetFetchResponseTopics().setName(topic.name()).setTopicId(topic.topicId());
    }

    private static OffsetFetchResponsePartitions describe(int partition, CommittedOffset offset) {
        return new OffsetFetchResponsePartitions()
                .setPartitionIndex(partition)
                .setCommittedOffset(offset.getOffset())
                .setCommittedLeaderEpoch(offset.getLeaderEpoch())
                .setMetadata(offset.getMetadata());
    }

    private static OffsetFetchResponsePartitions none(int partition, Errors error) {
        return new OffsetFetchResponsePartitions()
                .setPartitionIndex(partition)
                .setCommittedOffset(NO_OFFSET)
                .setCommittedLeaderEpoch(NO_EPOCH)
                .setMetadata("")
                .setErrorCode(error.code());
    }
}
