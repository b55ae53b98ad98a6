// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Leadership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.metadata.PartitionId;
import java.util.List;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * Shows a topic as Kafka's metadata has it: its owner is the only replica, since storage is replicated below. Thread-safe.
 */
final class TopicDescriber {

    private final Ownership ownership;

    TopicDescriber(Ownership ownership) {
        this.ownership = ownership;
    }

    MetadataResponseTopic describe(Topic topic, ClusterView view, boolean withOperations) {
        List<MetadataResponsePartition> partitions = topic.allPartitions()
                .map(partition -> describe(partition, view))
                .toList();
        return new SpreadTopic()
                .setName(topic.name())
                .setTopicId(TopicKey.toKafka(topic.id()))
                .setPartitions(partitions)
                .setTopicAuthorizedOperations(
                        withOperations ? AuthorizedOperations.TOPIC : AuthorizedOperations.NOT_ASKED);
    }

    MetadataResponsePartition describe(PartitionId id, ClusterView view) {
        Leadership leadership = ownership.leaderOf(id);
        MetadataResponsePartition partition = new MetadataResponsePartition()
                .setPartitionIndex(id.partition())
                .setLeaderEpoch(leadership.leaderEpoch());
        if (view.has(leadership.brokerId())) {
            List<Integer> owner = List.of(leadership.brokerId());
            return partition
                    .setLeaderId(leadership.brokerId())
                    .setReplicaNodes(owner)
                    .setIsrNodes(owner);
        }
        // Tools take the replication factor from the replicas: a vacant partition still shows one, out of reach.
        List<Integer> standIn = List.of(view.controllerId());
        return partition
                .setErrorCode(Errors.LEADER_NOT_AVAILABLE.code())
                .setLeaderId(Leadership.NOBODY)
                .setReplicaNodes(standIn)
                .setOfflineReplicas(standIn);
    }
}
