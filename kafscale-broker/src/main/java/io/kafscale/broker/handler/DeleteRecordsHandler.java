// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.handler.PartitionResolver.Resolution;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.read.LogReadException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.OptionalLong;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteRecords: raises the log start of partitions (KIP-107). Offset -1 stands for the high watermark. Thread-safe.
 */
public final class DeleteRecordsHandler implements ApiHandler<DeleteRecordsRequestData> {

    private static final long HIGH_WATERMARK = -1;
    private static final long UNKNOWN = -1;

    private final PartitionResolver partitions;
    private final LeaderDirectory leaders;
    private final RequestPolicy policy;
    private final Clock clock;

    public DeleteRecordsHandler(
            PartitionResolver partitions, LeaderDirectory leaders, RequestPolicy policy, Clock clock) {
        this.partitions = partitions;
        this.leaders = leaders;
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_RECORDS;
    }

    @Override
    public Answer handle(RequestContext context, DeleteRecordsRequestData request) throws InterruptedException {
        Deadline deadline = Deadline.after(clock, Duration.ofMillis(Math.max(0, request.timeoutMs())));
        DeleteRecordsResponseData data = new DeleteRecordsResponseData();
        for (DeleteRecordsTopic topic : request.topics()) {
            DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(topic.name());
            for (DeleteRecordsPartition partition : topic.partitions()) {
                result.partitions()
                        .add(answer(topic.name(), partition, deadline).setPartitionIndex(partition.partitionIndex()));
            }
            data.topics().add(result);
        }
        return new Answer.Ready(data);
    }

    private DeleteRecordsPartitionResult answer(String topic, DeleteRecordsPartition partition, Deadline deadline)
            throws InterruptedException {
        if (!policy.adminAllowed()) {
            return failed(Errors.POLICY_VIOLATION);
        }
        return switch (partitions.partition(new TopicKey.ByName(topic), partition.partitionIndex())) {
            case Resolution.Unknown unknown -> failed(unknown.error());
            case Resolution.ServedElsewhere elsewhere -> failed(Errors.NOT_LEADER_OR_FOLLOWER);
            case Resolution.Served served ->
                deadline.passed(clock)
                        ? failed(Errors.REQUEST_TIMED_OUT)
                        : sure(delete(served.log(), partition.offset()));
        };
    }

    /** A broker that is not sure to be the owner does not know where the log begins and ends. */
    private DeleteRecordsPartitionResult sure(DeleteRecordsPartitionResult result) {
        return leaders.isCertain() ? result : failed(Errors.NOT_LEADER_OR_FOLLOWER);
    }

    private static DeleteRecordsPartitionResult delete(PartitionLog log, long asked) throws InterruptedException {
        if (asked < HIGH_WATERMARK) {
            return failed(Errors.OFFSET_OUT_OF_RANGE);
        }
        try {
            OptionalLong logStart = log.deleteRecords(asked == HIGH_WATERMARK ? log.highWatermark() : asked);
            return logStart.isPresent()
                    ? new DeleteRecordsPartitionResult().setLowWatermark(logStart.getAsLong())
                    : failed(Errors.OFFSET_OUT_OF_RANGE);
        } catch (LogReadException closed) {
            return failed(Errors.NOT_LEADER_OR_FOLLOWER);
        } catch (MetadataException unknown) {
            return failed(Errors.REQUEST_TIMED_OUT);
        }
    }

    private static DeleteRecordsPartitionResult failed(Errors error) {
        return new DeleteRecordsPartitionResult().setLowWatermark(UNKNOWN).setErrorCode(error.code());
    }
}
