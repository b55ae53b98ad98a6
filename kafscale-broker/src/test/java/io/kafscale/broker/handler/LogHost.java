// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.AcquiredPartition;
import io.kafscale.broker.cluster.PartitionHost;
import io.kafscale.broker.cluster.TopicCatalog;
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
import java.util.Map;
import java.util.function.Consumer;

/** Serves the partitions of a test's broker from its logs. Thread-safe. */
record LogHost(PartitionLogs logs, TopicCatalog topics) implements PartitionHost {

    /** Records of tests are from 1970. */
    private static final LogSettings.Keeping KEEP_ALL = new LogSettings.Keeping(
            LogSettings.Keeping.NO_LIMIT, LogSettings.Keeping.NO_LIMIT, 1 << 30, Long.MAX_VALUE);

    @Override
    public void prepare() {
        logs.prepare();
    }

    @Override
    public void begin(Token token) {
        logs.begin(token);
    }

    @Override
    public void serve(List<AcquiredPartition> partitions, Consumer<PartitionId> served) {
        logs.open(partitions.stream().map(this::request).toList(), served);
    }

    @Override
    public Collection<PartitionId> release(Collection<PartitionId> partitions, Deadline deadline) {
        return logs.release(partitions, deadline);
    }

    private OpenRequest request(AcquiredPartition partition) {
        return new OpenRequest(
                partition.id(),
                partition.topic().name(),
                partition.state(),
                partition.revision(),
                () -> settings(topics.find(partition.id().topicId())
                        .orElse(partition.topic())
                        .configs()));
    }

    private static LogSettings settings(Map<String, String> configs) {
        TopicSettings settings = TopicSettings.of(configs);
        return new LogSettings(
                settings.maxMessageBytes(),
                settings.logAppendTime() ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
                settings.timestampBeforeMaxMs(),
                settings.timestampAfterMaxMs(),
                KEEP_ALL);
    }
}
