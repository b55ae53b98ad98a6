// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.PartitionId;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;

/** Finds the topic, the partition and the log that a request names. Thread-safe. */
public final class PartitionResolver {

    /** What a request's partition stands for. Immutable. */
    sealed interface Resolution {

        /** This broker serves it. */
        record Served(PartitionLog log) implements Resolution {}

        /** It is there, but not served by this broker. */
        record ServedElsewhere(PartitionId id) implements Resolution {}

        /** There is no such topic or partition. */
        record Unknown(Errors error) implements Resolution {}
    }

    private final TopicCatalog catalog;
    private final PartitionLogs logs;

    public PartitionResolver(TopicCatalog catalog, PartitionLogs logs) {
        this.catalog = catalog;
        this.logs = logs;
    }

    Optional<Topic> topic(TopicKey key) {
        return switch (key) {
            case TopicKey.ByName named -> catalog.find(named.name());
            case TopicKey.ById identified -> catalog.find(identified.id());
        };
    }

    Resolution partition(TopicKey key, int partition) {
        Optional<Topic> topic = topic(key);
        if (topic.isEmpty()) {
            return new Resolution.Unknown(key.unknown());
        }
        if (!topic.get().has(partition)) {
            return new Resolution.Unknown(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        PartitionId id = topic.get().partition(partition);
        Optional<PartitionLog> log = logs.find(id);
        return log.isPresent() ? new Resolution.Served(log.get()) : new Resolution.ServedElsewhere(id);
    }
}
