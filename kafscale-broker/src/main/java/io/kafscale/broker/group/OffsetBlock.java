// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.UnknownFieldSet;
import io.kafscale.proto.metadata.CommittedOffset;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The committed offsets of a group for a block of partitions of one topic, which are stored in one value. Immutable.
 *
 * @param topicId the topic for which they were committed; a later one of the same name has none of them
 * @param revision the revision that stored them, 0 before that
 * @param partitions by number of the partition
 * @param unknownFields what a newer version stored beside them
 */
record OffsetBlock(
        UUID topicId, long revision, Map<Integer, CommittedOffset> partitions, UnknownFieldSet unknownFields) {

    /** How many partitions a block has. */
    static final int PARTITIONS = 50;

    /** Names a block within a group. Immutable. */
    record Key(String topic, int block) implements Comparable<Key> {

        private static final Comparator<Key> ORDER =
                Comparator.comparing(Key::topic).thenComparingInt(Key::block);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }

        static Key of(String topic, int partition) {
            return new Key(topic, partition / PARTITIONS);
        }

        int firstPartition() {
            return block * PARTITIONS;
        }
    }

    OffsetBlock {
        partitions = Collections.unmodifiableMap(new TreeMap<>(partitions));
    }

    static OffsetBlock absent(UUID topicId) {
        return empty(topicId, 0);
    }

    /** Without offsets, at the revision of what it replaces. */
    static OffsetBlock empty(UUID topicId, long revision) {
        return new OffsetBlock(topicId, revision, Map.of(), UnknownFieldSet.getDefaultInstance());
    }

    /** What stands after a commit: offsets of another topic are dropped. */
    OffsetBlock with(UUID newTopicId, Map<Integer, CommittedOffset> newer) {
        if (!topicId.equals(newTopicId)) {
            return new OffsetBlock(newTopicId, revision, newer, UnknownFieldSet.getDefaultInstance());
        }
        Map<Integer, CommittedOffset> merged = new TreeMap<>(partitions);
        merged.putAll(newer);
        return new OffsetBlock(topicId, revision, merged, unknownFields);
    }

    /** What stands after some offsets went. */
    OffsetBlock without(Collection<Integer> gone) {
        Map<Integer, CommittedOffset> rest = new TreeMap<>(partitions);
        gone.forEach(rest::remove);
        return new OffsetBlock(topicId, revision, rest, unknownFields);
    }

    OffsetBlock at(long newRevision) {
        return new OffsetBlock(topicId, newRevision, partitions, unknownFields);
    }
}
