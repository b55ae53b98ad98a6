// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;

/**
 * All partitions of one fetch request, found once and read as often as it takes, in the request's order: the limit on the
 * whole answer is used up from the front, and the first batch of all comes whole. Confined to the connection's reader
 * thread.
 */
final class FetchPlan {

    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final byte READ_COMMITTED = 1;

    /** One topic of the request. Immutable. */
    private record TopicFetch(FetchTopic request, List<PartitionFetch> partitions) {}

    private final List<TopicFetch> topics;
    private final int maxBytes;

    private FetchPlan(List<TopicFetch> topics, int maxBytes) {
        this.topics = topics;
        this.maxBytes = maxBytes;
    }

    static FetchPlan of(short version, FetchRequestData request, PartitionResolver resolver, LeaderDirectory leaders) {
        boolean committedOnly = request.isolationLevel() == READ_COMMITTED;
        List<TopicFetch> topics = new ArrayList<>(request.topics().size());
        for (FetchTopic topic : request.topics()) {
            TopicKey key = TopicKey.of(version >= FIRST_VERSION_WITH_TOPIC_IDS, topic.topic(), topic.topicId());
            List<PartitionFetch> partitions = new ArrayList<>(topic.partitions().size());
            for (FetchPartition partition : topic.partitions()) {
                PartitionResolver.Resolution found = resolver.partition(key, partition.partition());
                partitions.add(new PartitionFetch(partition, found, committedOnly, leaders));
            }
            topics.add(new TopicFetch(topic, partitions));
        }
        return new FetchPlan(topics, request.maxBytes());
    }

    /** The logs whose progress may change the answer. */
    List<PartitionLog> logs() {
        return partitions().flatMap(partition -> partition.log().stream()).toList();
    }

    Stream<PartitionFetch> partitions() {
        return topics.stream().flatMap(topic -> topic.partitions().stream());
    }

    /**
     * Reads every partition.
     *
     * @param limitBytes the broker's own limit
     * @param patience once this has passed and something was read, the partitions that are left wait for the next fetch
     */
    FetchRound read(int limitBytes, Deadline patience, Clock clock) throws InterruptedException {
        FetchResponseData data = new FetchResponseData();
        long read = 0;
        boolean conclusive = false;
        int limit = Math.min(maxBytes, limitBytes);
        for (TopicFetch topic : topics) {
            FetchableTopicResponse response = new FetchableTopicResponse()
                    .setTopic(topic.request().topic())
                    .setTopicId(topic.request().topicId());
            for (PartitionFetch partition : topic.partitions()) {
                int left = read > 0 && patience.passed(clock) ? 0 : (int) Math.max(0, limit - read);
                PartitionData found = partition.read(left, read == 0);
                read += found.records().sizeInBytes();
                conclusive |= isConclusive(found);
                response.partitions().add(found);
            }
            data.responses().add(response);
        }
        return new FetchRound(data, read, conclusive);
    }

    private static boolean isConclusive(PartitionData found) {
        return found.errorCode() != Errors.NONE.code() || found.divergingEpoch().epoch() >= 0;
    }
}
