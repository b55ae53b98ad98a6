// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.handler.PartitionResolver.Resolution;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.read.LogReadException;
import io.kafscale.broker.read.TimestampedOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ListOffsets: where a partition begins and ends, and which record is the first at or after a time. Thread-safe. */
public final class ListOffsetsHandler implements ApiHandler<ListOffsetsRequestData> {

    private static final Logger LOG = LoggerFactory.getLogger(ListOffsetsHandler.class);

    private static final long UNKNOWN = -1;
    private static final int NO_EPOCH = -1;
    private static final short FIRST_VERSION_WITH_EPOCH = 4;

    private final PartitionResolver partitions;
    private final LeaderDirectory leaders;

    public ListOffsetsHandler(PartitionResolver partitions, LeaderDirectory leaders) {
        this.partitions = partitions;
        this.leaders = leaders;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_OFFSETS;
    }

    @Override
    public Answer handle(RequestContext context, ListOffsetsRequestData request) throws InterruptedException {
        ListOffsetsResponseData data = new ListOffsetsResponseData();
        Map<String, Set<Integer>> seen = new HashMap<>();
        for (ListOffsetsTopic topic : request.topics()) {
            ListOffsetsTopicResponse response = new ListOffsetsTopicResponse().setName(topic.name());
            Set<Integer> seenOfTopic = seen.computeIfAbsent(topic.name(), name -> new HashSet<>());
            for (ListOffsetsPartition partition : topic.partitions()) {
                boolean repeated = !seenOfTopic.add(partition.partitionIndex());
                ListOffsetsPartitionResponse answer =
                        repeated ? failed(Errors.INVALID_REQUEST) : answer(context, topic.name(), partition);
                response.partitions().add(answer.setPartitionIndex(partition.partitionIndex()));
            }
            data.topics().add(response);
        }
        return new Answer.Ready(data);
    }

    private ListOffsetsPartitionResponse answer(RequestContext context, String topic, ListOffsetsPartition partition)
            throws InterruptedException {
        if (!OffsetQuery.isKnown(partition.timestamp(), context.version())) {
            return failed(Errors.UNSUPPORTED_VERSION);
        }
        return switch (partitions.partition(new TopicKey.ByName(topic), partition.partitionIndex())) {
            case Resolution.Unknown unknown -> failed(unknown.error());
            case Resolution.ServedElsewhere elsewhere -> failed(Errors.NOT_LEADER_OR_FOLLOWER);
            case Resolution.Served served -> look(served.log(), partition, context.version());
        };
    }

    private ListOffsetsPartitionResponse look(PartitionLog log, ListOffsetsPartition partition, short version)
            throws InterruptedException {
        Errors fence = EpochFence.check(partition.currentLeaderEpoch(), log);
        if (fence != Errors.NONE) {
            return failed(fence);
        }
        if (!leaders.isCertain()) {
            return failed(Errors.NOT_LEADER_OR_FOLLOWER);
        }
        try {
            return OffsetQuery.ask(log, partition.timestamp())
                    .map(offset -> found(offset, version))
                    .orElseGet(() -> failed(Errors.NONE));
        } catch (LogReadException unreadable) {
            LOG.atWarn().setCause(unreadable).log("offsets cannot be looked up");
            return failed(Errors.KAFKA_STORAGE_ERROR);
        }
    }

    private static ListOffsetsPartitionResponse found(TimestampedOffset offset, short version) {
        return new ListOffsetsPartitionResponse()
                .setTimestamp(offset.timestampMillis())
                .setOffset(offset.offset())
                .setLeaderEpoch(version >= FIRST_VERSION_WITH_EPOCH ? offset.leaderEpoch() : NO_EPOCH);
    }

    private static ListOffsetsPartitionResponse failed(Errors error) {
        return new ListOffsetsPartitionResponse()
                .setErrorCode(error.code())
                .setTimestamp(UNKNOWN)
                .setOffset(UNKNOWN)
                .setLeaderEpoch(NO_EPOCH);
    }
}
