// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;

/**
 * All partitions of one fetch request, found once, in the request's order: the limit on the whole answer is used up from the
 * front, and the first batch of all comes whole. As in Apache Kafka, what is said last of a partition that is named more than
 * once counts, at the place of the first. Confined to the connection's reader
 * thread.
 */
final class FetchPlan {

    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final byte READ_COMMITTED = 1;

    /** One topic of the request. Immutable. */
    private record TopicFetch(FetchTopic request, List<PartitionFetch> partitions) {}

    private final List<TopicFetch> topics;

    private FetchPlan(List<TopicFetch> topics) {
        this.topics = topics;
    }

    static FetchPlan of(short version, FetchRequestData request, PartitionResolver resolver, LeaderDirectory leaders) {
        boolean committedOnly = request.isolationLevel() == READ_COMMITTED;
        boolean byId = version >= FIRST_VERSION_WITH_TOPIC_IDS;
        List<TopicFetch> topics = new ArrayList<>(request.topics().size());
        for (List<FetchTopic> parts : byTopic(request, byId)) {
            FetchTopic first = parts.get(0);
            TopicKey key = TopicKey.of(byId, first.topic(), first.topicId());
            List<PartitionFetch> partitions = new ArrayList<>();
            for (FetchPartition partition : lastOfEach(parts)) {
                PartitionResolver.Resolution found = resolver.partition(key, partition.partition());
                partitions.add(new PartitionFetch(partition, found, version, committedOnly, leaders));
            }
            topics.add(new TopicFetch(first, partitions));
        }
        return new FetchPlan(topics);
    }

    /** The parts of each topic, in the order in which topics come first. */
    private static Collection<List<FetchTopic>> byTopic(FetchRequestData request, boolean byId) {
        Map<Object, List<FetchTopic>> parts = new LinkedHashMap<>();
        for (FetchTopic topic : request.topics()) {
            parts.computeIfAbsent(byId ? topic.topicId() : topic.topic(), key -> new ArrayList<>(1))
                    .add(topic);
        }
        return parts.values();
    }

    private static Collection<FetchPartition> lastOfEach(List<FetchTopic> parts) {
        Map<Integer, FetchPartition> partitions = new LinkedHashMap<>();
        parts.forEach(part -> part.partitions().forEach(asked -> partitions.put(asked.partition(), asked)));
        return partitions.values();
    }

    /** The logs whose progress may change the answer. */
    List<PartitionLog> logs() {
        return partitions().flatMap(partition -> partition.log().stream()).toList();
    }

    Stream<PartitionFetch> partitions() {
        return topics.stream().flatMap(topic -> topic.partitions().stream());
    }

    /** What reading would give, up to so many bytes. */
    FetchOutlook outlook(int limitBytes) {
        long bytes = 0;
        long firstBytes = 0;
        boolean conclusive = false;
        for (TopicFetch topic : topics) {
            for (PartitionFetch partition : topic.partitions()) {
                FetchOutlook there = partition.outlook();
                bytes += there.bytes();
                firstBytes = firstBytes == 0 ? there.firstBytes() : firstBytes;
                conclusive |= there.conclusive();
                if (bytes >= Math.max(1, limitBytes)) {
                    return new FetchOutlook(bytes, firstBytes, conclusive);
                }
            }
        }
        return new FetchOutlook(bytes, firstBytes, conclusive);
    }

    /**
     * Reads every partition.
     *
     * @param limitBytes of the whole answer
     * @param patience once this has passed and one was tried, the partitions that are left wait for the next fetch
     */
    FetchResponseData read(int limitBytes, Deadline patience, Clock clock) throws InterruptedException {
        FetchResponseData data = new FetchResponseData();
        long read = 0;
        boolean tried = false;
        for (TopicFetch topic : topics) {
            FetchableTopicResponse response = response(topic, data);
            for (PartitionFetch partition : topic.partitions()) {
                boolean wait = tried && patience.passed(clock);
                int left = wait ? 0 : (int) Math.max(0, limitBytes - read);
                PartitionData found = partition.read(left, read == 0 && !wait, patience);
                tried = true;
                read += found.records().sizeInBytes();
                response.partitions().add(found);
            }
        }
        return data;
    }

    /** How every partition stands, without records. */
    FetchResponseData readNothing() throws InterruptedException {
        FetchResponseData data = new FetchResponseData();
        for (TopicFetch topic : topics) {
            FetchableTopicResponse response = response(topic, data);
            for (PartitionFetch partition : topic.partitions()) {
                response.partitions().add(partition.read(0, false, Deadline.NEVER));
            }
        }
        return data;
    }

    private static FetchableTopicResponse response(TopicFetch topic, FetchResponseData data) {
        FetchableTopicResponse response = new FetchableTopicResponse()
                .setTopic(topic.request().topic())
                .setTopicId(topic.request().topicId());
        data.responses().add(response);
        return response;
    }
}
