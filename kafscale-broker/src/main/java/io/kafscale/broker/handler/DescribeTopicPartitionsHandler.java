// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponsePartition;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeTopicPartitions: the partitions of topics page by page, in the order of the names (KIP-966). A page that is full ends with
 * a cursor, from which the next request goes on. Thread-safe.
 */
public final class DescribeTopicPartitionsHandler implements ApiHandler<DescribeTopicPartitionsRequestData> {

    /** Most partitions of a page, as in Apache Kafka. */
    static final int MAX_PARTITIONS = 2_000;

    private final TopicCatalog catalog;
    private final Membership membership;
    private final TopicDescriber describer;

    public DescribeTopicPartitionsHandler(TopicCatalog catalog, Membership membership, Ownership ownership) {
        this.catalog = catalog;
        this.membership = membership;
        this.describer = new TopicDescriber(ownership);
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_TOPIC_PARTITIONS;
    }

    @Override
    public Answer handle(RequestContext context, DescribeTopicPartitionsRequestData request) {
        Start start = Optional.ofNullable(request.cursor())
                .map(cursor -> new Start(cursor.topicName(), cursor.partitionIndex()))
                .orElse(new Start("", 0));
        if (start.partition() < 0) {
            DescribeTopicPartitionsResponseData refused = new DescribeTopicPartitionsResponseData();
            request.topics().forEach(topic -> refused.topics().add(failed(topic.name(), Errors.INVALID_REQUEST)));
            return new Answer.Ready(refused);
        }
        Page page = new Page(
                ClusterView.of(membership),
                start,
                Math.max(1, Math.min(MAX_PARTITIONS, request.responsePartitionLimit())));
        boolean all = request.topics().isEmpty();
        for (String name : all ? allFrom(start) : namedFrom(start, request)) {
            if (!page.takes(name, !all)) {
                break;
            }
        }
        return new Answer.Ready(page.data);
    }

    /** Where a page begins. Immutable. */
    private record Start(String topic, int partition) {}

    private List<String> allFrom(Start start) {
        return catalog.all().stream()
                .map(Topic::name)
                .filter(name -> name.compareTo(start.topic()) >= 0)
                .toList();
    }

    /** That of the cursor too, for it may be there no more. */
    private static NavigableSet<String> namedFrom(Start start, DescribeTopicPartitionsRequestData request) {
        NavigableSet<String> names = new TreeSet<>();
        request.topics().stream()
                .map(TopicRequest::name)
                .filter(name -> name.compareTo(start.topic()) >= 0)
                .forEach(names::add);
        if (!start.topic().isEmpty()) {
            names.add(start.topic());
        }
        return names;
    }

    private static DescribeTopicPartitionsResponseTopic failed(String name, Errors error) {
        return new SpreadDescription().setName(name).setErrorCode(error.code());
    }

    /** One answer being filled. Confined to the thread that handles the request. */
    private final class Page {
        private final DescribeTopicPartitionsResponseData data = new DescribeTopicPartitionsResponseData();
        private final ClusterView view;
        private final Start start;
        private int room;

        Page(ClusterView view, Start start, int room) {
            this.view = view;
            this.start = start;
            this.room = room;
        }

        /** False when the page is full. */
        boolean takes(String name, boolean evenIfUnknown) {
            if (room == 0) {
                return end(name, 0);
            }
            Optional<Topic> topic = catalog.find(name);
            if (topic.isPresent()) {
                return takes(topic.get());
            }
            if (evenIfUnknown) {
                boolean possible = org.apache.kafka.common.internals.Topic.isValid(name);
                data.topics()
                        .add(failed(
                                name, possible ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION));
            }
            return true;
        }

        private boolean takes(Topic topic) {
            int from = topic.name().equals(start.topic()) ? start.partition() : 0;
            int end = (int) Math.min((long) from + room, topic.partitions());
            DescribeTopicPartitionsResponseTopic described = new SpreadDescription()
                    .setName(topic.name())
                    .setTopicId(TopicKey.toKafka(topic.id()))
                    .setIsInternal(org.apache.kafka.common.internals.Topic.isInternal(topic.name()))
                    .setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
            for (int partition = from; partition < end; partition++) {
                described.partitions().add(show(describer.describe(topic.partition(partition), view)));
                room--;
            }
            data.topics().add(described);
            return end >= topic.partitions() || end(topic.name(), end);
        }

        private boolean end(String topic, int partition) {
            data.setNextCursor(new Cursor().setTopicName(topic).setPartitionIndex(partition));
            return false;
        }
    }

    private static DescribeTopicPartitionsResponsePartition show(MetadataResponsePartition partition) {
        return new DescribeTopicPartitionsResponsePartition()
                .setErrorCode(partition.errorCode())
                .setPartitionIndex(partition.partitionIndex())
                .setLeaderId(partition.leaderId())
                .setLeaderEpoch(partition.leaderEpoch())
                .setReplicaNodes(partition.replicaNodes())
                .setIsrNodes(partition.isrNodes())
                .setEligibleLeaderReplicas(List.of())
                .setLastKnownElr(List.of())
                .setOfflineReplicas(partition.offlineReplicas());
    }

    /**
     * Spreads well over the answer's hash table whatever names a client sends, as {@link SpreadTopic} does. Confined to
     * the answer that holds it.
     */
    private static final class SpreadDescription extends DescribeTopicPartitionsResponseTopic {

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
