// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.Marks;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The commit records of all incarnations, as they stood at one revision, and what is wrong with them. Immutable.
 *
 * <p>An incarnation is in doubt when not all that it has committed may be known: its records do not reach its head, or its
 * head or one of its records cannot be read. What is unknown may hold chunks of any partition that it has owned. Inside of
 * a partition's log such a chunk leaves a hole, which is found anyway. So in question is only the end, and it is certain
 * where the last chunk that is known comes from the last owner, namely has the epoch before the new one, and that owner is
 * an incarnation without doubt. Every other partition stops.
 *
 * @param records in the order of the keys
 * @param damaged records that tell no object, but may tell which partitions are in it
 * @param doubts why an incarnation is in doubt
 * @param doubtful the objects of those incarnations
 */
record CommitRecords(
        List<CommitRecord> records, List<Damaged> damaged, Map<String, String> doubts, Set<ObjectKey> doubtful) {

    /** A record that contradicts itself. Immutable. */
    record Damaged(Marks marks, StorageException cause) {}

    CommitRecords {
        records = List.copyOf(records);
        damaged = List.copyOf(damaged);
        doubts = Map.copyOf(doubts);
        doubtful = Set.copyOf(doubtful);
    }

    /**
     * Reads them. The heads are read before, so records that do not reach one have been lost.
     *
     * @throws MetadataException when they cannot be had
     */
    static CommitRecords read(MetadataStore metadata, ClusterKeys keys) {
        List<KeyValue> heads = metadata.range(keys.heads()).all();
        Reading reading = new Reading(keys);
        metadata.range(keys.commits()).all().forEach(reading::add);
        heads.forEach(reading::checkHead);
        if (!reading.doubtfulHeads.isEmpty()) {
            // a head that has gone since was given up together with the last record, which held nothing any more
            Set<String> left = new HashSet<>();
            metadata.range(keys.heads()).all().forEach(head -> left.add(head.key()));
            reading.forgetHeads(left);
        }
        return reading.result();
    }

    /** Why more of a partition may have been committed than is known; empty when that cannot be. */
    Optional<String> doubt(RecoveryRequest request, Optional<StoredChunk> last) {
        boolean certain = doubts.isEmpty()
                || last.filter(found -> found.chunk().leaderEpoch() == request.leaderEpoch() - 1
                                && !doubtful.contains(found.object()))
                        .isPresent();
        return certain ? Optional.empty() : Optional.of("commit records are missing or damaged: " + doubts);
    }

    /** Records that are being looked through. Confined to one thread. */
    private static final class Reading {
        private final ClusterKeys keys;
        private final List<CommitRecord> records = new ArrayList<>();
        private final List<Damaged> damaged = new ArrayList<>();
        private final Map<String, String> doubts = new HashMap<>();
        private final Map<String, String> doubtfulHeads = new HashMap<>();
        private final Map<String, Long> reached = new HashMap<>();
        private final Map<ObjectKey, String> incarnations = new HashMap<>();

        private Reading(ClusterKeys keys) {
            this.keys = keys;
        }

        private void add(KeyValue entry) {
            String incarnation = entry.key()
                    .substring(
                            keys.commits().length(),
                            Math.max(keys.commits().length(), entry.key().lastIndexOf('/')));
            try {
                SharedObject message = SharedObject.parseFrom(entry.value());
                reached.merge(incarnation, message.getLastSequence(), Math::max);
                take(incarnation, message);
            } catch (InvalidProtocolBufferException e) {
                doubts.put(incarnation, "record " + entry.key() + " cannot be read");
            }
        }

        private void take(String incarnation, SharedObject message) {
            try {
                CommitRecord record = CommitRecord.of(message);
                records.add(record);
                incarnations.put(record.object(), incarnation);
            } catch (StorageException e) {
                damaged.add(new Damaged(CommitRecord.marks(message), e));
            }
        }

        private void checkHead(KeyValue entry) {
            String incarnation = entry.key().substring(keys.heads().length());
            try {
                long sequence = Head.parseFrom(entry.value()).getSequence();
                long last = reached.getOrDefault(incarnation, 0L);
                if (last < sequence) {
                    doubtfulHeads.put(entry.key(), "records end at " + last + ", head at " + sequence);
                }
            } catch (InvalidProtocolBufferException e) {
                doubtfulHeads.put(entry.key(), "head cannot be read");
            }
        }

        private void forgetHeads(Set<String> left) {
            doubtfulHeads.keySet().retainAll(left);
            doubtfulHeads.forEach((key, reason) ->
                    doubts.putIfAbsent(key.substring(keys.heads().length()), reason));
        }

        private CommitRecords result() {
            Set<ObjectKey> doubtful = new HashSet<>();
            incarnations.forEach((object, incarnation) -> {
                if (doubts.containsKey(incarnation)) {
                    doubtful.add(object);
                }
            });
            return new CommitRecords(records, damaged, doubts, doubtful);
        }
    }
}
