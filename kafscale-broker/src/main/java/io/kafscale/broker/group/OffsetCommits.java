// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.CommittedOffset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * One OffsetCommit request on its way: which offsets can be stored, in which writes, and what each partition is answered.
 * Confined to one thread.
 */
final class OffsetCommits {

    private static final int MAX_METADATA_BYTES = 4096;
    private static final short FIRST_WITH_NOT_FOUND = 9;

    private final OffsetCommitRequestData request;
    private final StoredGroup stored;
    private final GroupTopics topics;
    private final long wallMillis;

    private final OffsetCommitResponseData response = new OffsetCommitResponseData();
    private final Map<OffsetBlock.Key, Block> blocks = new LinkedHashMap<>();

    /** What goes into one write, and the answers that depend on it. */
    private record Block(
            UUID topicId,
            Map<Integer, CommittedOffset> offsets,
            List<OffsetCommitResponsePartition> answers,
            Pending<Errors> outcome) {}

    OffsetCommits(OffsetCommitRequestData request, StoredGroup stored, GroupTopics topics, long wallMillis) {
        this.request = request;
        this.stored = stored;
        this.topics = topics;
        this.wallMillis = wallMillis;
    }

    /** The same error for every partition. */
    static OffsetCommitResponseData refused(OffsetCommitRequestData request, Errors error) {
        OffsetCommitResponseData response = new OffsetCommitResponseData();
        for (OffsetCommitRequestTopic topic : request.topics()) {
            OffsetCommitResponseTopic answer = answerFor(topic);
            topic.partitions().forEach(partition -> answer.partitions().add(answerFor(partition, error)));
            response.topics().add(answer);
        }
        return response;
    }

    /** A generation of a group that is not known is an illegal one, until newer versions say that the group is not there. */
    static Errors ofUnknownGroup(short version) {
        return version < FIRST_WITH_NOT_FOUND ? Errors.ILLEGAL_GENERATION : Errors.GROUP_ID_NOT_FOUND;
    }

    private static OffsetCommitResponseTopic answerFor(OffsetCommitRequestTopic topic) {
        return new OffsetCommitResponseTopic().setName(topic.name()).setTopicId(topic.topicId());
    }

    private static OffsetCommitResponsePartition answerFor(OffsetCommitRequestPartition partition, Errors error) {
        return new OffsetCommitResponsePartition()
                .setPartitionIndex(partition.partitionIndex())
                .setErrorCode(error.code());
    }

    /** Sorts the request into writes; partitions that cannot be stored have their answer already. */
    List<ShardWrite.PutOffsets> writes() {
        for (OffsetCommitRequestTopic requested : request.topics()) {
            OffsetCommitResponseTopic answer = answerFor(requested);
            boolean byId = !requested.topicId().equals(Uuid.ZERO_UUID);
            Optional<Topic> topic = byId
                    ? topics.find(new UUID(
                            requested.topicId().getMostSignificantBits(),
                            requested.topicId().getLeastSignificantBits()))
                    : topics.find(requested.name());
            Errors unknown = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            for (OffsetCommitRequestPartition partition : requested.partitions()) {
                answer.partitions()
                        .add(topic.map(found -> take(found, partition)).orElseGet(() -> answerFor(partition, unknown)));
            }
            response.topics().add(answer);
        }
        List<ShardWrite.PutOffsets> writes = new ArrayList<>();
        blocks.forEach((key, block) ->
                writes.add(new ShardWrite.PutOffsets(stored, key, block.topicId(), block.offsets(), block.outcome())));
        return writes;
    }

    private OffsetCommitResponsePartition take(Topic topic, OffsetCommitRequestPartition partition) {
        int number = partition.partitionIndex();
        if (!topic.has(number)) {
            return answerFor(partition, Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        String metadata = Optional.ofNullable(partition.committedMetadata()).orElse("");
        if (metadata.getBytes(StandardCharsets.UTF_8).length > MAX_METADATA_BYTES) {
            return answerFor(partition, Errors.OFFSET_METADATA_TOO_LARGE);
        }
        OffsetCommitResponsePartition answer = answerFor(partition, Errors.NONE);
        Block block = blocks.computeIfAbsent(
                OffsetBlock.Key.of(topic.name(), number),
                key -> new Block(topic.id(), new HashMap<>(), new ArrayList<>(), new Pending<>()));
        block.answers().add(answer);
        block.offsets()
                .put(
                        number,
                        CommittedOffset.newBuilder()
                                .setOffset(partition.committedOffset())
                                .setLeaderEpoch(partition.committedLeaderEpoch())
                                .setMetadata(metadata)
                                .setCommitMs(wallMillis)
                                .build());
        return answer;
    }

    /** Waits for the writes; those that are not decided by the deadline may yet be stored, and are answered retriably. */
    OffsetCommitResponseData await(Clock clock, Deadline deadline) throws InterruptedException {
        for (Block block : blocks.values()) {
            Errors outcome = block.outcome().await(clock, deadline).orElse(Errors.COORDINATOR_NOT_AVAILABLE);
            block.answers().forEach(answer -> answer.setErrorCode(outcome.code()));
        }
        return response;
    }
}
