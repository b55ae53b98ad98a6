// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A topic as the cluster knows it. Immutable.
 *
 * @param id random, never used again
 * @param partitions number of partitions, from 1
 * @param configs what was set for this topic, by Kafka's names
 */
public record Topic(UUID id, String name, int partitions, Map<String, String> configs) {

    public Topic {
        if (partitions < 1) {
            throw new IllegalArgumentException("topic " + name + " with " + partitions + " partitions");
        }
        configs = Map.copyOf(configs);
    }

    public boolean has(int partition) {
        return partition >= 0 && partition < partitions;
    }

    public PartitionId partition(int number) {
        if (!has(number)) {
            throw new IllegalArgumentException("topic " + name + " has no partition " + number);
        }
        return new PartitionId(id, number);
    }

    public Stream<PartitionId> allPartitions() {
        return IntStream.range(0, partitions).mapToObj(this::partition);
    }
}
