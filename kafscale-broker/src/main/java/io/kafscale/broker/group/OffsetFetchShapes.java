// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;

/** Brings the OffsetFetch of versions 1 to 7, for one group, into the shape of later ones and back. Stateless. */
final class OffsetFetchShapes {

    private OffsetFetchShapes() {}

    static OffsetFetchRequestGroup fromSingle(OffsetFetchRequestData request) {
        OffsetFetchRequestGroup group = new OffsetFetchRequestGroup().setGroupId(request.groupId());
        Optional<List<OffsetFetchRequestTopics>> topics = Optional.ofNullable(request.topics())
                .map(requested ->
                        requested.stream().map(OffsetFetchShapes::widen).toList());
        return topics.map(group::setTopics).orElseGet(() -> group.setTopics(null));
    }

    private static OffsetFetchRequestTopics widen(OffsetFetchRequestTopic topic) {
        return new OffsetFetchRequestTopics().setName(topic.name()).setPartitionIndexes(topic.partitionIndexes());
    }

    static OffsetFetchResponseData toSingle(OffsetFetchResponseGroup group) {
        return new OffsetFetchResponseData()
                .setErrorCode(group.errorCode())
                .setTopics(
                        group.topics().stream().map(OffsetFetchShapes::narrow).toList());
    }

    private static OffsetFetchResponseTopic narrow(OffsetFetchResponseTopics topic) {
        return new OffsetFetchResponseTopic()
                .setName(topic.name())
                .setPartitions(topic.partitions().stream()
                        .map(OffsetFetchShapes::narrow)
                        .toList());
    }

    private static OffsetFetchResponsePartition narrow(OffsetFetchResponsePartitions partition) {
        return new OffsetFetchResponsePartition()
                .setPartitionIndex(partition.partitionIndex())
                .setCommittedOffset(partition.committedOffset())
                .setCommittedLeaderEpoch(partition.committedLeaderEpoch())
                .setMetadata(partition.metadata())
                .setErrorCode(partition.errorCode());
    }
}
