// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.handler.PartitionResolver.Resolution;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.read.EpochEnd;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** OffsetForLeaderEpoch: where a leader epoch ends, for consumers that ask whether their history still holds. Thread-safe. */
public final class OffsetForLeaderEpochHandler implements ApiHandler<OffsetForLeaderEpochRequestData> {

    private final PartitionResolver partitions;

    public OffsetForLeaderEpochHandler(PartitionResolver partitions) {
        this.partitions = partitions;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.OFFSET_FOR_LEADER_EPOCH;
    }

    @Override
    public Answer handle(RequestContext context, OffsetForLeaderEpochRequestData request) {
        OffsetForLeaderEpochResponseData data = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic topic : request.topics()) {
            OffsetForLeaderTopicResult result = new OffsetForLeaderTopicResult().setTopic(topic.topic());
            for (OffsetForLeaderPartition partition : topic.partitions()) {
                result.partitions().add(answer(topic.topic(), partition).setPartition(partition.partition()));
            }
            data.topics().add(result);
        }
        return new Answer.Ready(data);
    }

    private EpochEndOffset answer(String topic, OffsetForLeaderPartition partition) {
        return switch (partitions.partition(new TopicKey.ByName(topic), partition.partition())) {
            case Resolution.Unknown unknown -> failed(unknown.error());
            case Resolution.ServedElsewhere elsewhere -> failed(Errors.NOT_LEADER_OR_FOLLOWER);
            case Resolution.Served served -> look(served.log(), partition);
        };
    }

    private static EpochEndOffset look(PartitionLog log, OffsetForLeaderPartition partition) {
        Errors fence = EpochFence.check(partition.currentLeaderEpoch(), log);
        if (fence != Errors.NONE) {
            return failed(fence);
        }
        EpochEnd end = log.endOfEpoch(partition.leaderEpoch());
        return new EpochEndOffset().setLeaderEpoch(end.leaderEpoch()).setEndOffset(end.endOffset());
    }

    private static EpochEndOffset failed(Errors error) {
        return new EpochEndOffset().setErrorCode(error.code());
    }
}
