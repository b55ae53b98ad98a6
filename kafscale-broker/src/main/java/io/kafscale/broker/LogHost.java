// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.cluster.AcquiredPartition;
import io.kafscale.broker.cluster.PartitionHost;
import io.kafscale.broker.cluster.TopicSettings;
import io.kafscale.broker.log.LogSettings;
import io.kafscale.broker.log.OpenRequest;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.log.TimestampType;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/** Serves what the cluster gives to this broker from its logs. Thread contract of {@link PartitionHost}. */
final class LogHost implements PartitionHost {

    private final PartitionLogs logs;

    LogHost(PartitionLogs logs) {
        this.logs = logs;
    }

    @Override
    public void begin(Token token) {
        logs.begin(token);
    }

    @Override
    public void serve(List<AcquiredPartition> partitions, Consumer<PartitionId> served) {
        logs.open(partitions.stream().map(LogHost::request).toList(), served);
    }

    private static OpenRequest request(AcquiredPartition partition) {
        return new OpenRequest(
                partition.id(),
                partition.topic().name(),
                partition.leaderEpoch(),
                partition.logStart(),
                partition.sealedThrough(),
                settings(TopicSettings.of(partition.topic().configs())));
    }

    private static LogSettings settings(TopicSettings topic) {
        return new LogSettings(
                topic.maxMessageBytes(),
                topic.logAppendTime() ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
                topic.timestampBeforeMaxMs(),
                topic.timestampAfterMaxMs());
    }

    @Override
    public Collection<PartitionId> release(Collection<PartitionId> partitions, Deadline deadline) {
        return logs.release(partitions, deadline);
    }
}
