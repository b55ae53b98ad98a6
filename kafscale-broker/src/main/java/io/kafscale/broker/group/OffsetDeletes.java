// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponsePartition;
import org.apache.kafka.common.message.OffsetDeleteResponseData.OffsetDeleteResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * One OffsetDelete request on its way: which offsets go, in which writes, and what each partition is answered. Confined to
 * one thread.
 */
final class OffsetDeletes {

    private final OffsetDeleteRequestData request;
    private final StoredGroup stored;
    private final GroupTopics topics;

    private final OffsetDeleteResponseData response = new OffsetDeleteResponseData();
    private final Map<OffsetBlock.Key, Block> blocks = new LinkedHashMap<>();

    /** What goes into one write. */
    private record Block(UUID topicId, Set<Integer> partitions, Pending<Errors> outcome) {}

    OffsetDeletes(OffsetDeleteRequestData request, StoredGroup stored, GroupTopics topics) {
        this.request = request;
        this.stored = stored;
        this.topics = topics;
    }

    static OffsetDeleteResponseData refused(Errors error) {
        return new OffsetDeleteResponseData().setErrorCode(error.code());
    }

    /** Sorts the request into writes; partitions whose offsets must stay have their answer already. */
    List<ShardWrite.DeleteOffsets> writes(Subscriptions subscriptions) {
        for (OffsetDeleteRequestTopic requested : request.topics()) {
            OffsetDeleteResponseTopic answer = new OffsetDeleteResponseTopic().setName(requested.name());
            Optional<Topic> topic = topics.find(requested.name());
            Errors error = topic.isEmpty()
                    ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                    : subscriptions.include(requested.name()) ? Errors.GROUP_SUBSCRIBED_TO_TOPIC : Errors.NONE;
            for (OffsetDeleteRequestPartition partition : requested.partitions()) {
                OffsetDeleteResponsePartition own = new SpreadPartition();
                own.setPartitionIndex(partition.partitionIndex()).setErrorCode(error.code());
                answer.partitions().add(own);
                if (error == Errors.NONE) {
                    topic.ifPresent(found -> take(found, partition.partitionIndex()));
                }
            }
            response.topics().add(answer);
        }
        List<ShardWrite.DeleteOffsets> writes = new ArrayList<>();
        blocks.forEach((key, block) -> writes.add(new ShardWrite.DeleteOffsets(
                stored, key, block.topicId(), block.partitions(), block.outcome(), () -> {})));
        return writes;
    }

    private void take(Topic topic, int partition) {
        if (topic.has(partition)) {
            blocks.computeIfAbsent(
                            OffsetBlock.Key.of(topic.name(), partition),
                            key -> new Block(topic.id(), new HashSet<>(), new Pending<>()))
                    .partitions()
                    .add(partition);
        }
    }

    /** Waits for the writes; one that fails, or is not decided by the deadline, makes the whole answer retriable. */
    OffsetDeleteResponseData await(Clock clock, Deadline deadline) throws InterruptedException {
        for (Block block : blocks.values()) {
            Errors outcome = block.outcome().await(clock, deadline).orElse(Errors.COORDINATOR_NOT_AVAILABLE);
            if (outcome != Errors.NONE) {
                return refused(outcome);
            }
        }
        return response;
    }

    /**
     * Spreads well over the answer's hash table whatever numbers a client sends; nobody looks anything up in it. Confined
     * to the answer that holds it.
     */
    private static final class SpreadPartition extends OffsetDeleteResponsePartition {

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }
    }
}
