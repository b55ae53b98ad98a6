// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.MessageLite;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What may be deleted is what nothing in the metadata can need. */
final class NeedsTest {

    private static final ClusterKeys KEYS = new ClusterKeys("test");
    private static final ObjectKey ROOT = new ObjectKey("default/test");
    private static final ObjectKey STRAY = new ObjectKey("default/test/shared/some/stray.kso");
    private static final PartitionId PARTITION = new PartitionId(new UUID(1, 2), 0);
    private static final SegmentName SEGMENT = new SegmentName("topic", PARTITION, 0, 9, 0);

    private final List<KeyValue> entries = new ArrayList<>();

    private void put(String key, MessageLite value) {
        entries.add(new KeyValue(key, value.toByteString(), 1, 1, Lease.NONE));
    }

    private void commit(String incarnation, long first, long last, String object) {
        put(
                KEYS.commit(incarnation, first),
                SharedObject.newBuilder()
                        .setKey(object)
                        .setFirstSequence(first)
                        .setLastSequence(last)
                        .build());
    }

    private void head(String incarnation, long sequence) {
        put(KEYS.head(incarnation), Head.newBuilder().setSequence(sequence).build());
    }

    private boolean isSharedNeeded(ObjectKey object, String incarnation, long sequence) {
        return SharedNeeds.of(KEYS, entries).isNeeded(object, incarnation, sequence);
    }

    private void topic() {
        put(
                KEYS.topic("topic"),
                TopicConfig.newBuilder()
                        .setName("topic")
                        .setTopicId(TopicIds.bytes(PARTITION.topicId()))
                        .setPartitions(1)
                        .build());
    }

    private void state(long logStart) {
        put(
                KEYS.partitionState(PARTITION),
                PartitionState.newBuilder()
                        .setLogStart(logStart)
                        .setNewestSegment(SEGMENT.toString())
                        .build());
    }

    private boolean isSegmentNeeded(ObjectKey part) {
        return SegmentNeeds.of(KEYS, entries).isNeeded(part, SEGMENT);
    }

    @Test
    void whatARecordNamesIsNeededAndAStrayOfTheDeadIsNot() {
        commit("dead", 1, 3, "named");
        head("dead", 3);

        assertThat(isSharedNeeded(new ObjectKey("named"), "dead", 1)).isTrue();
        assertThat(isSharedNeeded(STRAY, "dead", 2)).isFalse();
        assertThat(isSharedNeeded(STRAY, "dead", 4)).isFalse();
        assertThat(isSharedNeeded(STRAY, "never heard of", 1)).isFalse();
    }

    @Test
    void whatALivingOneHasNotDecidedIsNeeded() {
        put(
                KEYS.broker(0),
                BrokerRegistration.newBuilder().setIncarnation("living").build());
        commit("living", 1, 3, "named");
        head("living", 3);

        assertThat(isSharedNeeded(STRAY, "living", 4)).isTrue();
        assertThat(isSharedNeeded(STRAY, "living", 3)).isFalse();
    }

    @Test
    void everythingIsNeededOfOneWhoseRecordsDoNotReachItsHead() {
        commit("dead", 1, 3, "named");
        head("dead", 4);
        head("other", 1);

        assertThat(isSharedNeeded(STRAY, "dead", 2)).isTrue();
        assertThat(isSharedNeeded(STRAY, "dead", 4)).isTrue();
        assertThat(isSharedNeeded(STRAY, "other", 1)).isTrue();
    }

    @Test
    void segmentsGoWithTheirTopicOnlyWhenItsStatesAreGoneToo() {
        assertThat(isSegmentNeeded(SEGMENT.segmentKey(ROOT))).isFalse();

        state(0);
        assertThat(isSegmentNeeded(SEGMENT.segmentKey(ROOT))).isTrue();
        assertThat(isSegmentNeeded(SEGMENT.indexKey(ROOT))).isTrue();
    }

    @Test
    void segmentsGoWhenTheirPartitionBeginsBehindThemButForTheNewestIndex() {
        topic();
        assertThat(isSegmentNeeded(SEGMENT.segmentKey(ROOT))).isTrue();

        state(9);
        assertThat(isSegmentNeeded(SEGMENT.segmentKey(ROOT))).isTrue();

        entries.removeLast();
        state(10);
        assertThat(isSegmentNeeded(SEGMENT.segmentKey(ROOT))).isFalse();
        assertThat(isSegmentNeeded(SEGMENT.indexKey(ROOT))).isTrue();
    }
}
