// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.cluster.AcquiredPartition;
import io.kafscale.broker.cluster.PartitionHost;
import io.kafscale.broker.cluster.Topic;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Serves what the cluster gives to this broker from its logs. Thread contract of {@link PartitionHost}. */
final class LogHost implements PartitionHost {

    private final PartitionLogs logs;
    private final Map<String, String> topicDefaults;
    private final TopicCatalog topics;

    /**
     * A host of nothing yet.
     *
     * @param topicDefaults settings of topics that do not set them, where they are not Kafka's
     * @param topics whose settings act as they are at each moment
     */
    LogHost(PartitionLogs logs, Map<String, String> topicDefaults, TopicCatalog topics) {
        this.logs = logs;
        this.topicDefaults = Map.copyOf(topicDefaults);
        this.topics = topics;
    }

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

    private OpenRequest request(AcquiredPartition partition) {
        return new OpenRequest(
                partition.id(),
                partition.topic().name(),
                partition.state(),
                partition.revision(),
                new CurrentSettings(partition.topic()));
    }

    /** What is set for a topic now; of one that is gone, what was set last. Thread-safe. */
    private final class CurrentSettings implements Supplier<LogSettings> {

        private final UUID topicId;

        /** Volatile, because many threads look; whoever finds it outdated replaces it as a whole. */
        private volatile Parsed newest;

        CurrentSettings(Topic topic) {
            this.topicId = topic.id();
            this.newest = parse(topic.configs());
        }

        @Override
        public LogSettings get() {
            Parsed parsed = newest;
            Map<String, String> now = topics.find(topicId).map(Topic::configs).orElse(parsed.configs());
            if (!now.equals(parsed.configs())) {
                parsed = parse(now);
                newest = parsed;
            }
            return parsed.settings();
        }
    }

    /** What was set, and what that means. Immutable. */
    private record Parsed(Map<String, String> configs, LogSettings settings) {}

    private Parsed parse(Map<String, String> set) {
        Map<String, String> configs = new HashMap<>(topicDefaults);
        configs.putAll(set);
        return new Parsed(set, settings(configs));
    }

    private static LogSettings settings(Map<String, String> configs) {
        TopicSettings topic = TopicSettings.of(configs);
        return new LogSettings(
                topic.maxMessageBytes(),
                topic.logAppendTime() ? TimestampType.LOG_APPEND_TIME : TimestampType.CREATE_TIME,
                topic.timestampBeforeMaxMs(),
                topic.timestampAfterMaxMs(),
                keeping(topic));
    }

    /** A topic that is to be compacted loses nothing by age or size, unless that is asked for too. */
    private static LogSettings.Keeping keeping(TopicSettings topic) {
        boolean mayDelete = topic.cleanupPolicies().contains("delete");
        return new LogSettings.Keeping(
                mayDelete && topic.keeping().retentionMs() >= 0
                        ? topic.keeping().retentionMs()
                        : LogSettings.Keeping.NO_LIMIT,
                mayDelete && topic.keeping().retentionBytes() >= 0
                        ? topic.keeping().retentionBytes()
                        : LogSettings.Keeping.NO_LIMIT,
                topic.keeping().segmentBytes(),
                topic.keeping().segmentMs());
    }

    @Override
    public Collection<PartitionId> release(Collection<PartitionId> partitions, Deadline deadline) {
        return logs.release(partitions, deadline);
    }
}
