// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.merge.Liveness;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.TopicConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Which chunks are still needed: of a partition that is served here its log knows; of others it is what the metadata said
 * when they were looked at last, which stays true, since a log start and the end of what is sealed only rise and a topic's
 * id does not return. Thread-safe; guarded by {@code lock}, which is not held while the metadata is read.
 */
final class LiveChunks implements Liveness {

    /** So many partitions of others are remembered; what is forgotten counts as needed. */
    private static final int MOST_KNOWN = 200_000;

    private static final long ALL_GONE = Long.MAX_VALUE;

    private final LogEnvironment environment;
    private final Function<PartitionId, Optional<PartitionLog>> served;
    private final ReentrantLock lock = new ReentrantLock();

    /** From which offset on chunks of a partition are needed. */
    @GuardedBy("lock")
    private final Map<PartitionId, Long> neededFrom = new HashMap<>();

    /** Partitions of which that should be found out. */
    @GuardedBy("lock")
    private final Set<PartitionId> asked = new LinkedHashSet<>();

    LiveChunks(LogEnvironment environment, Function<PartitionId, Optional<PartitionLog>> served) {
        this.environment = environment;
        this.served = served;
    }

    @Override
    public boolean isLive(Chunk chunk) {
        Optional<PartitionLog> log = served.apply(chunk.id());
        if (log.isPresent()) {
            long from = Math.max(
                    log.get().committed().logStart(), log.get().committed().sealedThrough());
            return chunk.endOffset() > from;
        }
        lock.lock();
        try {
            if (asked.size() < MOST_KNOWN) {
                asked.add(chunk.id());
            }
            return chunk.endOffset() > neededFrom.getOrDefault(chunk.id(), 0L);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Finds out what is needed of the partitions that were asked for and are not served here.
     *
     * @throws MetadataException when the metadata cannot be read
     */
    void refresh() {
        List<PartitionId> wanted = takeAsked();
        if (wanted.isEmpty()) {
            return;
        }
        // every chunk was committed while its topic was there, so a topic that is missing now has been deleted
        Set<UUID> topics = topics();
        Map<PartitionId, Long> found = new HashMap<>();
        List<PartitionId> living = new ArrayList<>();
        for (PartitionId id : wanted) {
            if (topics.contains(id.topicId())) {
                living.add(id);
            } else {
                found.put(id, ALL_GONE);
            }
        }
        for (int from = 0; from < living.size(); from += MetadataStore.MAX_OPERATIONS) {
            readStates(living.subList(from, Math.min(living.size(), from + MetadataStore.MAX_OPERATIONS)), found);
        }
        remember(found);
    }

    private List<PartitionId> takeAsked() {
        lock.lock();
        try {
            List<PartitionId> wanted =
                    asked.stream().filter(id -> served.apply(id).isEmpty()).toList();
            asked.clear();
            return wanted;
        } finally {
            lock.unlock();
        }
    }

    private Set<UUID> topics() {
        Set<UUID> ids = new HashSet<>();
        for (KeyValue entry :
                environment.metadata().range(environment.keys().topics()).all()) {
            try {
                ByteBuffer id =
                        TopicConfig.parseFrom(entry.value()).getTopicId().asReadOnlyByteBuffer();
                if (id.remaining() != 2 * Long.BYTES) {
                    throw unreadable(entry);
                }
                ids.add(new UUID(id.getLong(), id.getLong()));
            } catch (InvalidProtocolBufferException e) {
                throw unreadable(entry);
            }
        }
        return ids;
    }

    private void readStates(List<PartitionId> ids, Map<PartitionId, Long> found) {
        Snapshot states = environment
                .metadata()
                .get(ids.stream().map(environment.keys()::partitionState).toList());
        for (PartitionId id : ids) {
            Optional<KeyValue> entry = states.find(environment.keys().partitionState(id));
            if (entry.isPresent()) {
                PartitionState state = parsed(entry.get());
                found.put(id, Math.max(state.getLogStart(), state.getSealedThrough()));
            }
        }
    }

    private static PartitionState parsed(KeyValue entry) {
        try {
            return PartitionState.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw unreadable(entry);
        }
    }

    private static MetadataException unreadable(KeyValue entry) {
        return new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read");
    }

    private void remember(Map<PartitionId, Long> found) {
        lock.lock();
        try {
            if (neededFrom.size() + found.size() > MOST_KNOWN) {
                neededFrom.clear();
            }
            neededFrom.putAll(found);
        } finally {
            lock.unlock();
        }
    }
}
