// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.proto.metadata.CommittedOffset;
import io.kafscale.proto.metadata.CommittedOffsets;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.ProducerIdBlock;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * All metadata as it is to be after a restore, but for the identity, which comes last: what the base has, with everything that
 * concerns logs made anew. Confined to one thread.
 */
final class RestorePlan {

    /** So many producer ids may have been given away since the base and never used. */
    private static final long PRODUCER_ID_MARGIN = 10_000_000;

    private final ClusterKeys keys;
    private final TopicsPlan topics;
    private final LogsPlan logs;
    private final ObjectsPlan objects;
    private final TreeMap<String, ByteString> target = new TreeMap<>();
    private final List<Problem> problems = new ArrayList<>();
    private int clamped;

    /**
     * Plans all.
     *
     * @param copies what was written anew, by that incarnation
     */
    RestorePlan(ClusterKeys keys, Dump base, Parts parts, String incarnation, List<SharedObject> copies) {
        this.keys = keys;
        this.topics = parts.topics();
        this.logs = parts.logs();
        this.objects = parts.objects();
        base.entries().forEach((key, value) -> keep(keys.root() + key, value));
        topics.topics().values().forEach(topic -> target.put(keys.topic(topic.getName()), topic.toByteString()));
        logs.logs()
                .forEach((id, log) ->
                        target.put(keys.partitionState(id), log.state().toByteString()));
        putRecords(incarnation, copies);
        putProducerIds(base, parts.survey().maxProducerId());
    }

    /**
     * What is planned of the logs. Immutable.
     *
     * @param problems all that were met
     */
    record Parts(Survey survey, TopicsPlan topics, LogsPlan logs, ObjectsPlan objects, List<Problem> problems) {}

    private void keep(String key, ByteString value) {
        if (key.startsWith(keys.topics())
                || key.startsWith(keys.partitionStates())
                || key.startsWith(keys.commits())
                || key.startsWith(keys.heads())
                || key.equals(keys.ended())
                || key.equals(keys.cluster())
                || key.equals(keys.restoring())) {
            return;
        }
        target.put(key, key.startsWith(keys.allOffsets()) ? clamp(key, value) : value);
    }

    /** Offsets that are not in the log any more would make readers begin anew; those behind its end would skip records. */
    private ByteString clamp(String key, ByteString value) {
        try {
            CommittedOffsets offsets = CommittedOffsets.parseFrom(value);
            if (offsets.getTopicId().size() != 2 * Long.BYTES) {
                return value;
            }
            UUID topic = TopicIds.id(offsets.getTopicId());
            CommittedOffsets.Builder kept = offsets.toBuilder();
            offsets.getPartitionsMap().forEach((partition, offset) -> {
                LogsPlan.Log log = partition < 0 ? null : logs.logs().get(new PartitionId(topic, partition));
                if (log != null) {
                    kept.putPartitions(partition, clamp(offset, log));
                }
            });
            return kept.build().toByteString();
        } catch (InvalidProtocolBufferException e) {
            problems.add(
                    new Problem(Problem.Kind.UNREADABLE_KEY, key, "the offsets cannot be read; it stays as it is"));
            return value;
        }
    }

    private CommittedOffset clamp(CommittedOffset offset, LogsPlan.Log log) {
        long least = log.state().getLogStart();
        long inside = Math.min(
                Math.max(offset.getOffset(), least), Math.max(least, log.chain().end()));
        if (inside == offset.getOffset()) {
            return offset;
        }
        clamped++;
        return offset.toBuilder().setOffset(inside).setLeaderEpoch(-1).build();
    }

    private void putRecords(String incarnation, List<SharedObject> copies) {
        objects.records().forEach((key, record) -> target.put(keys.commits() + key, record.toByteString()));
        Map<String, Long> heads = new TreeMap<>(objects.heads());
        for (SharedObject copy : copies) {
            target.put(keys.commit(incarnation, copy.getFirstSequence()), copy.toByteString());
            heads.put(incarnation, copy.getLastSequence());
        }
        heads.forEach((name, sequence) -> target.put(
                keys.head(name), Head.newBuilder().setSequence(sequence).build().toByteString()));
    }

    private void putProducerIds(Dump base, long maxSeen) {
        ByteString known =
                base.entries().get(keys.producerIds().substring(keys.root().length()));
        long next = 0;
        try {
            next = known == null ? 0 : ProducerIdBlock.parseFrom(known).getNext();
        } catch (InvalidProtocolBufferException e) {
            problems.add(new Problem(
                    Problem.Kind.UNREADABLE_KEY,
                    keys.producerIds(),
                    "it cannot be read; producer ids begin behind those in the objects"));
        }
        long beyond = Math.addExact(Math.max(next, maxSeen + 1), PRODUCER_ID_MARGIN);
        target.put(
                keys.producerIds(),
                ProducerIdBlock.newBuilder().setNext(beyond).build().toByteString());
    }

    /** By key. */
    Map<String, ByteString> target() {
        return target;
    }

    /** Values of the base that cannot be read. */
    List<Problem> problems() {
        return problems;
    }

    int clamped() {
        return clamped;
    }
}
