// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.proto.metadata.CommittedOffset;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the metadata store holds of one group: its value with the revision of it, and its committed offsets. Changes only when a
 * write was decided. Thread-safe; guarded by {@code lock}.
 */
final class StoredGroup {

    private final String groupId;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private ConsumerGroup value = ConsumerGroup.getDefaultInstance();

    @GuardedBy("lock")
    private long revision;

    @GuardedBy("lock")
    private final TreeMap<OffsetBlock.Key, OffsetBlock> blocks = new TreeMap<>();

    @GuardedBy("lock")
    private final TreeMap<String, Long> strays = new TreeMap<>();

    @GuardedBy("lock")
    private int undecided;

    StoredGroup(String groupId) {
        this.groupId = groupId;
    }

    String groupId() {
        return groupId;
    }

    /** The revision that stored the group's value, 0 when there is none. */
    long revision() {
        lock.lock();
        try {
            return revision;
        } finally {
            lock.unlock();
        }
    }

    /** The group's value as it is stored; without any field when there is none. */
    ConsumerGroup value() {
        lock.lock();
        try {
            return value;
        } finally {
            lock.unlock();
        }
    }

    void put(ConsumerGroup newValue, long newRevision) {
        lock.lock();
        try {
            value = newValue;
            revision = newRevision;
        } finally {
            lock.unlock();
        }
    }

    /** There is no value of the group any more. */
    void removeValue() {
        lock.lock();
        try {
            value = ConsumerGroup.getDefaultInstance();
            revision = 0;
        } finally {
            lock.unlock();
        }
    }

    Optional<OffsetBlock> block(OffsetBlock.Key key) {
        lock.lock();
        try {
            return Optional.ofNullable(blocks.get(key));
        } finally {
            lock.unlock();
        }
    }

    Map<OffsetBlock.Key, OffsetBlock> blocks() {
        lock.lock();
        try {
            return new TreeMap<>(blocks);
        } finally {
            lock.unlock();
        }
    }

    void put(OffsetBlock.Key key, OffsetBlock block) {
        lock.lock();
        try {
            blocks.put(key, block);
        } finally {
            lock.unlock();
        }
    }

    void remove(OffsetBlock.Key key) {
        lock.lock();
        try {
            blocks.remove(key);
        } finally {
            lock.unlock();
        }
    }

    /** A key of the group whose value makes no sense. */
    void putStray(String key, long modRevision) {
        lock.lock();
        try {
            strays.put(key, modRevision);
        } finally {
            lock.unlock();
        }
    }

    void removeStray(String key) {
        lock.lock();
        try {
            strays.remove(key);
        } finally {
            lock.unlock();
        }
    }

    /** The revisions of the keys whose values make no sense. */
    Map<String, Long> strays() {
        lock.lock();
        try {
            return new TreeMap<>(strays);
        } finally {
            lock.unlock();
        }
    }

    /** The offset that was committed for a partition of exactly this topic. */
    Optional<CommittedOffset> offset(Topic topic, int partition) {
        return block(OffsetBlock.Key.of(topic.name(), partition))
                .filter(block -> block.topicId().equals(topic.id()))
                .flatMap(block -> Optional.ofNullable(block.partitions().get(partition)));
    }

    /** A write was accepted. */
    void begin() {
        lock.lock();
        try {
            undecided++;
        } finally {
            lock.unlock();
        }
    }

    /** A write was decided, either way. */
    void end() {
        lock.lock();
        try {
            undecided--;
        } finally {
            lock.unlock();
        }
    }

    /** Nothing is stored, and nothing is under way. */
    boolean isAbsent() {
        lock.lock();
        try {
            return revision == 0 && blocks.isEmpty() && strays.isEmpty() && undecided == 0;
        } finally {
            lock.unlock();
        }
    }
}
