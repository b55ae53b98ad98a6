// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.Comparator;
import java.util.UUID;

/**
 * Names one partition for ever: a topic's id is random and never used again, its name may be. Immutable.
 *
 * @param partition from 0
 */
public record PartitionId(UUID topicId, int partition) implements Comparable<PartitionId> {

    private static final Comparator<PartitionId> ORDER =
            Comparator.comparing(PartitionId::topicId).thenComparingInt(PartitionId::partition);

    public PartitionId {
        if (partition < 0) {
            throw new IllegalArgumentException("partition " + partition + " of topic " + topicId);
        }
    }

    @Override
    public int compareTo(PartitionId other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return topicId + "-" + partition;
    }
}
