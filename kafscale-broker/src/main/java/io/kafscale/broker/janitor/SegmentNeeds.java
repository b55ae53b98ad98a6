// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Which sealed segments are needed: those of partitions that do not begin behind them, and of the newest one the index, for as
 * long as its partition is there. A topic goes together with the states of its partitions, so where one of the two is left
 * nothing was deleted, but something was lost. Immutable.
 */
public final class SegmentNeeds {

    private final Set<UUID> topics;
    private final Map<PartitionId, References.Kept> partitions;

    SegmentNeeds(Set<UUID> topics, Map<PartitionId, References.Kept> partitions) {
        this.topics = topics;
        this.partitions = partitions;
    }

    /**
     * What is needed now.
     *
     * @throws MetadataException also when a value cannot be read, since it may need anything
     */
    static SegmentNeeds now(MetadataStore store, ClusterKeys keys) {
        List<KeyValue> entries = new ArrayList<>(store.range(keys.topics()).all());
        entries.addAll(store.range(keys.partitionStates()).all());
        return of(keys, entries);
    }

    /**
     * What is needed by some metadata.
     *
     * @param entries all topics and states of partitions; others are passed over
     * @throws MetadataException when a value cannot be read, since it may need anything
     */
    public static SegmentNeeds of(ClusterKeys keys, List<KeyValue> entries) {
        return new SegmentNeeds(References.topics(entries, keys), References.partitions(entries, keys));
    }

    /** Whether a segment, or its index, must stay. */
    public boolean isNeeded(ObjectKey part, SegmentName segment) {
        Optional<References.Kept> kept = Optional.ofNullable(partitions.get(segment.id()));
        if (!topics.contains(segment.id().topicId())) {
            return kept.isPresent();
        }
        return kept.filter(known -> segment.endOffset() <= known.logStart())
                .filter(known ->
                        SegmentName.isSegment(part) || !known.newestSegment().equals(segment.toString()))
                .isEmpty();
    }
}
