// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;

/** One partition that a fetch is about, and what is asked of it. Immutable, as long as nobody changes the request. */
record AskedPartition(TopicKey topic, FetchPartition request) {

    /** Which partition it is, in the words of the request. Immutable. */
    record Place(TopicKey topic, int partition) {}

    /**
     * What a request names. As in Apache Kafka, what is said last of a partition that is named more than once counts, at the
     * place of the first.
     */
    static List<AskedPartition> of(FetchRequestData request, boolean byId) {
        Map<Place, AskedPartition> asked = new LinkedHashMap<>();
        for (FetchTopic topic : request.topics()) {
            TopicKey key = TopicKey.of(byId, topic.topic(), topic.topicId());
            for (FetchPartition partition : topic.partitions()) {
                asked.put(new Place(key, partition.partition()), new AskedPartition(key, partition));
            }
        }
        return new ArrayList<>(asked.values());
    }

    Place place() {
        return new Place(topic, request.partition());
    }

    /** The topic's part of an answer, without partitions. */
    FetchableTopicResponse response() {
        FetchableTopicResponse response = new FetchableTopicResponse();
        return switch (topic) {
            case TopicKey.ByName named -> response.setTopic(named.name()).setTopicId(Uuid.ZERO_UUID);
            case TopicKey.ById identified -> response.setTopicId(TopicKey.toKafka(identified.id()));
        };
    }
}
