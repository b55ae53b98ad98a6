// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * AlterPartitionReassignments: moves nothing, since the cluster places partitions by itself. What is asked for and is so
 * already is granted; nothing is ever under way that could be cancelled. Thread-safe.
 */
public final class AlterPartitionReassignmentsHandler implements ApiHandler<AlterPartitionReassignmentsRequestData> {

    private final TopicCatalog catalog;
    private final Membership membership;
    private final TopicDescriber describer;

    public AlterPartitionReassignmentsHandler(TopicCatalog catalog, Membership membership, Ownership ownership) {
        this.catalog = catalog;
        this.membership = membership;
        this.describer = new TopicDescriber(ownership);
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
    }

    @Override
    public Answer handle(RequestContext context, AlterPartitionReassignmentsRequestData request) {
        ClusterView view = ClusterView.of(membership);
        AlterPartitionReassignmentsResponseData data = new AlterPartitionReassignmentsResponseData()
                .setErrorMessage(null)
                .setAllowReplicationFactorChange(request.allowReplicationFactorChange());
        for (ReassignableTopic named : request.topics()) {
            Optional<Topic> topic = catalog.find(named.name());
            ReassignableTopicResponse answer = new ReassignableTopicResponse().setName(named.name());
            for (ReassignablePartition partition : named.partitions()) {
                ApiError error = answer(topic, partition, view);
                answer.partitions()
                        .add(new ReassignablePartitionResponse()
                                .setPartitionIndex(partition.partitionIndex())
                                .setErrorCode(error.error().code())
                                .setErrorMessage(error.isSuccess() ? null : error.messageWithFallback()));
            }
            data.responses().add(answer);
        }
        return new Answer.Ready(data);
    }

    private ApiError answer(Optional<Topic> topic, ReassignablePartition asked, ClusterView view) {
        if (topic.isEmpty() || !topic.get().has(asked.partitionIndex())) {
            return new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        List<Integer> replicas = asked.replicas();
        if (replicas == null) {
            return new ApiError(Errors.NO_REASSIGNMENT_IN_PROGRESS);
        }
        List<Integer> shown = describer
                .describe(topic.get().partition(asked.partitionIndex()), view)
                .replicaNodes();
        return replicas.equals(shown)
                ? ApiError.NONE
                : new ApiError(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "The cluster places partitions by itself; this one is at " + shown
                                + " and cannot be assigned to " + replicas + ".");
    }
}
