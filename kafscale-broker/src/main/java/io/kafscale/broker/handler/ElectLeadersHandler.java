// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.Optional;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ElectLeaders: elects nobody. A partition that is served has the leader that it should have; another one gets an owner by
 * itself. Thread-safe.
 */
public final class ElectLeadersHandler implements ApiHandler<ElectLeadersRequestData> {

    private static final byte PREFERRED = 0;

    private final TopicCatalog catalog;
    private final Ownership ownership;

    public ElectLeadersHandler(TopicCatalog catalog, Ownership ownership) {
        this.catalog = catalog;
        this.ownership = ownership;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ELECT_LEADERS;
    }

    /** Where all partitions are asked for, only those that were elected are listed: none. */
    @Override
    public Answer handle(RequestContext context, ElectLeadersRequestData request) {
        ElectLeadersResponseData data = new ElectLeadersResponseData();
        if (request.topicPartitions() != null) {
            for (TopicPartitions named : request.topicPartitions()) {
                ReplicaElectionResult result = new ReplicaElectionResult().setTopic(named.topic());
                Optional<Topic> topic = catalog.find(named.topic());
                for (int partition : named.partitions()) {
                    Errors error = answer(topic, partition, request.electionType());
                    result.partitionResult()
                            .add(new PartitionResult()
                                    .setPartitionId(partition)
                                    .setErrorCode(error.code())
                                    .setErrorMessage(error.message()));
                }
                data.replicaElectionResults().add(result);
            }
        }
        return new Answer.Ready(data);
    }

    private Errors answer(Optional<Topic> topic, int partition, byte electionType) {
        if (topic.isEmpty() || !topic.get().has(partition)) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        if (!ownership.leaderOf(topic.get().partition(partition)).isVacant()) {
            return Errors.ELECTION_NOT_NEEDED;
        }
        return electionType == PREFERRED
                ? Errors.PREFERRED_LEADER_NOT_AVAILABLE
                : Errors.ELIGIBLE_LEADERS_NOT_AVAILABLE;
    }
}
