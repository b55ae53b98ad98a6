// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.ClusterIdentity;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each kind of damage is done once to a cluster with two lives, a sealed segment and a few flushes. */
final class FsckTest {

    private final FsckRig rig = new FsckRig();
    private SegmentName segment = new SegmentName("none", rig.partition(0), 0, 0, 0);
    private PartitionLog first;

    @BeforeEach
    void live() throws Exception {
        PartitionLogs one = rig.start();
        PartitionLog old = rig.open(one, 0);
        PartitionLog other = rig.open(one, 1);
        for (int i = 0; i < 4; i++) {
            rig.commit(old, TestBatch.of("a" + i, "b" + i).producer(5, 0, i * 2));
            rig.commit(other, TestBatch.of("c" + i));
        }
        segment = rig.seal(old, 4);
        PartitionLogs two = rig.start();
        first = rig.open(two, 0);
        rig.commit(first, TestBatch.of("d"));
        rig.stop();
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private List<KeyValue> commits() {
        return rig.metadata.range(rig.rig.keys.commits()).all();
    }

    private SharedObject record(KeyValue entry) throws Exception {
        return SharedObject.parseFrom(entry.value());
    }

    private KeyValue lastCommit() {
        return commits().getLast();
    }

    private void assertOnly(TestReport report, String... parts) {
        assertThat(report.problems).hasSize(1);
        assertThat(report.problems.getFirst()).contains(parts);
        assertThat(report.totals).containsEntry("problems", 1L);
    }

    private ObjectKey segmentKey() {
        return segment.segmentKey(new ObjectKey("default/test"));
    }

    private ObjectKey indexKey() {
        return segment.indexKey(new ObjectKey("default/test"));
    }

    @Test
    void findsNothingWrongWithAnOrdinaryLife() throws Exception {
        TestReport report = rig.check();

        assertThat(report.problems).isEmpty();
        assertThat(report.orphans).isEmpty();
        assertThat(report.unknown).isEmpty();
        assertThat(report.advice).containsExactly("clean");
        assertThat(report.totals)
                .containsEntry("shared_objects", (long) commits().size())
                .containsEntry("batches_in_shared_objects", 9L)
                .containsEntry("sealed_segments", 1L);
    }

    @Test
    void namesAnObjectThatIsGone() throws Exception {
        SharedObject record = record(lastCommit());
        rig.objects.delete(List.of(new ObjectKey(record.getKey())));

        assertOnly(rig.check(), "missing-object", record.getKey());
    }

    @Test
    void namesAnObjectThatIsShorter() throws Exception {
        ObjectKey key = new ObjectKey(record(lastCommit()).getKey());
        rig.replace(key, rig.objects.read(key, 0, 100));

        assertOnly(rig.check(), "damaged-object", key.value(), "shorter");
    }

    @Test
    void namesAFlippedByteOfARecord() throws Exception {
        ObjectKey key = new ObjectKey(record(lastCommit()).getKey());
        rig.flip(key, 65);

        assertOnly(rig.check(), "damaged-object", key.value(), "offsets 8 to 8", "checksum");
    }

    @Test
    void namesAFlippedByteOfAFooter() throws Exception {
        SharedObject record = record(lastCommit());
        rig.flip(new ObjectKey(record.getKey()), (int) record.getFooterPosition() + 20);

        assertOnly(rig.check(), "damaged-object", record.getKey(), "checksum");
    }

    @Test
    void namesAFlippedByteOfATrailer() throws Exception {
        SharedObject record = record(lastCommit());
        rig.flip(new ObjectKey(record.getKey()), (int) record.getSize() - 1);

        assertOnly(rig.check(), "damaged-object", record.getKey(), "trailer");
    }

    @Test
    void namesARecordWithAnotherSize() throws Exception {
        KeyValue entry = lastCommit();
        rig.put(entry.key(), record(entry).toBuilder().setSize(1).build().toByteString());

        assertOnly(rig.check(), "damaged-object", record(entry).getKey(), "size of 1");
    }

    @Test
    void namesARecordThatLeavesOutAPartition() throws Exception {
        KeyValue entry = lastCommit();
        rig.put(
                entry.key(),
                record(entry).toBuilder()
                        .clearPartitionMarks()
                        .addPartitionMarks(1)
                        .build()
                        .toByteString());

        assertOnly(rig.check(), "damaged-object", record(entry).getKey(), "does not name every partition");
    }

    @Test
    void namesValuesThatCannotBeRead() throws Exception {
        String key = rig.rig.keys.partitionState(rig.partition(2));
        rig.put(key, ByteString.copyFromUtf8("nonsense"));

        assertOnly(rig.check(), "unreadable-key", key);
    }

    @Test
    void namesALostCommitRecord() throws Exception {
        KeyValue entry = lastCommit();
        rig.drop(entry.key());

        assertOnly(rig.check(), "head-not-covered", rig.rig.keys.heads(), "flush 1 was committed");
    }

    @Test
    void namesAHeadThatFellBehind() throws Exception {
        String incarnation = "incarnation-1";
        rig.put(
                rig.rig.keys.head(incarnation),
                Head.newBuilder().setSequence(2).build().toByteString());

        assertOnly(rig.check(), "head-not-covered", rig.rig.keys.head(incarnation), "it says flush 2");
    }

    @Test
    void namesAHoleBetweenChunks() throws Exception {
        for (KeyValue entry : commits()) {
            if (record(entry).getFirstSequence() == 4) {
                rig.drop(entry.key());
            }
        }

        TestReport report = rig.check();

        assertThat(report.problems)
                .anyMatch(problem -> problem.startsWith("hole: topic[") && problem.contains(" offsets "));
    }

    @Test
    void namesEpochsAboveThatOfTheState() throws Exception {
        rig.put(0, rig.state(0).toBuilder().setLeaderEpoch(0).build());

        assertOnly(rig.check(), "leader-epoch", "topic[" + rig.partition(0) + "]", "offsets from 8 of leader epoch 1");
    }

    @Test
    void namesChunksThatOverlap() throws Exception {
        KeyValue entry = lastCommit();
        SharedObject record = record(entry);
        ObjectKey copy = rig.key("shared/incarnation-2/00000000000000000001-00000000000000ff.kso");
        rig.objects.put(copy, List.of(rig.objects.readTail(new ObjectKey(record.getKey()), 1 << 20)));
        rig.put(
                rig.rig.keys.commit("incarnation-3", 1),
                record.toBuilder().setKey(copy.value()).build().toByteString());

        assertOnly(rig.check(), "overlap", "topic[" + rig.partition(0) + "]", "offset 9 is due");
    }

    @Test
    void namesStatesWithoutATopic() throws Exception {
        String key = rig.rig.keys.partitionState(new io.kafscale.broker.metadata.PartitionId(new UUID(1, 2), 0));
        rig.put(key, PartitionState.getDefaultInstance().toByteString());

        assertOnly(rig.check(), "stray-key", key);
    }

    @Test
    void namesASegmentThatIsGone() throws Exception {
        rig.objects.delete(List.of(segmentKey()));

        assertOnly(rig.check(), "hole", "offsets 0 to 3 are in no sealed segment");
    }

    @Test
    void namesAPartitionAllOfWhoseSegmentsAreGone() throws Exception {
        rig.objects.delete(List.of(segmentKey(), indexKey()));

        TestReport report = rig.check();

        assertThat(report.problems).hasSize(2);
        assertThat(report.problems.get(0)).contains("missing-object", segment + ".index");
        assertThat(report.problems.get(1)).contains("hole", "offsets 0 to 3");
    }

    @Test
    void namesADamagedSegment() throws Exception {
        rig.flip(segmentKey(), 100);

        assertOnly(rig.check(), "damaged-object", segmentKey().value());
    }

    @Test
    void namesADamagedSegmentHeader() throws Exception {
        rig.flip(segmentKey(), 9);

        assertOnly(rig.check(), "damaged-object", segmentKey().value());
    }

    @Test
    void namesAnIndexThatIsGone() throws Exception {
        rig.objects.delete(List.of(indexKey()));

        assertOnly(rig.check(), "missing-object", segment + ".index");
    }

    @Test
    void namesADamagedIndex() throws Exception {
        rig.flip(indexKey(), 30);

        assertOnly(rig.check(), "damaged-object", indexKey().value());
    }

    @Test
    void namesAStrangerAndDoesNothingElse() throws Exception {
        rig.put(
                rig.rig.keys.cluster(),
                ClusterIdentity.newBuilder()
                        .setUuid("other")
                        .setCounter(9)
                        .build()
                        .toByteString());

        TestReport report = rig.repair();

        assertOnly(report, "identity", "cluster other");
        assertThat(report.totals).doesNotContainKey("shared_objects");
    }

    @Test
    void namesMetadataThatIsOlderThanTheObjects() throws Exception {
        rig.put(rig.rig.keys.cluster(), FsckRig.identity(1));

        assertOnly(rig.check(), "identity", "its counter is 1", "fsck restore");
    }

    @Test
    void leavesUnknownNamesAlone() throws Exception {
        ObjectKey stranger = rig.key("shared/notes.txt");
        rig.objects.put(stranger, List.of(FsckRig.bytes("hello")));

        TestReport report = rig.repair();

        assertThat(report.unknown).containsExactly(stranger.value());
        assertThat(report.problems).isEmpty();
        assertThat(rig.objects.readTail(stranger, 100).remaining()).isEqualTo(5);
    }

    @Test
    void countsOrphansAndRemovesThemWhenToldTo() throws Exception {
        PartitionLog log = rig.open(rig.start(), 1);
        rig.appendInVain(log, TestBatch.of("in vain"));
        ObjectKey ofADeletedTopic =
                rig.key("topics/gone." + new UUID(3, 4) + "/0/segment-00000000000000000000-00000000000000000009-0.kfs");
        rig.objects.put(ofADeletedTopic, List.of(FsckRig.bytes("old")));
        int before = rig.sharedObjects().size();

        TestReport seen = rig.check();
        assertThat(seen.problems).isEmpty();
        assertThat(seen.orphans).hasSize(2).contains(ofADeletedTopic.value());
        assertThat(rig.sharedObjects()).hasSize(before);

        TestReport young = rig.repair();
        assertThat(young.totals).containsEntry("removed_objects", 0L);
        assertThat(young.advice).anyMatch(line -> line.contains("younger than the grace"));
        assertThat(rig.sharedObjects()).hasSize(before);

        TestReport removed = rig.repairAtOnce();
        assertThat(removed.totals).containsEntry("removed_objects", 2L);
        TestReport after = rig.check();
        assertThat(after.orphans).isEmpty();
        assertThat(after.problems).isEmpty();
        assertThat(rig.sharedObjects()).hasSize(before - 1);
    }

    @Test
    void leavesYoungOrphansToLivingBrokers() throws Exception {
        PartitionLog log = rig.open(rig.start(), 1);
        rig.appendInVain(log, TestBatch.of("in vain"));
        rig.start();

        TestReport report = rig.repair();

        assertThat(report.orphans).hasSize(1);
        assertThat(report.totals).containsEntry("removed_objects", 0L);
        assertThat(report.advice).anyMatch(line -> line.contains("while a broker is registered"));
    }

    @Test
    void removesNothingWhereSomethingIsWrong() throws Exception {
        List<KeyValue> commits = commits();
        rig.drop(commits.get(1).key());
        rig.drop(commits.getLast().key());
        ObjectKey ofADeletedTopic =
                rig.key("topics/gone." + new UUID(3, 4) + "/0/segment-00000000000000000000-00000000000000000009-0.kfs");
        rig.objects.put(ofADeletedTopic, List.of(FsckRig.bytes("old")));
        int before = rig.objects.list("default/test/", "", 1000).size();

        TestReport report = rig.repairAtOnce();

        assertThat(report.problems).isNotEmpty();
        assertThat(report.orphans).contains(ofADeletedTopic.value());
        assertThat(report.totals).containsEntry("removed_objects", 0L);
        assertThat(report.advice).anyMatch(line -> line.contains("nothing was removed"));
        assertThat(rig.objects.list("default/test/", "", 1000)).hasSize(before);
    }

    @Test
    void takesNoSegmentForAnOrphanWhoseTopicAloneIsLost() throws Exception {
        rig.drop(rig.rig.keys.topic("topic"));

        TestReport report = rig.repairAtOnce();

        assertThat(report.problems).isNotEmpty();
        assertThat(report.orphans).isEmpty();
        assertThat(rig.objects.readTail(segmentKey(), 4).remaining()).isEqualTo(4);
    }

    @Test
    void takesALivingBrokersUploadForNoOrphan() throws Exception {
        rig.start();
        rig.objects.put(
                rig.key("shared/incarnation-3/00000000000000000007-00000000000000ff.kso"),
                List.of(FsckRig.bytes("on its way")));

        assertThat(rig.check().orphans).isEmpty();
    }

    @Test
    void removesSegmentsBelowTheLogStartButTheNewestIndex() throws Exception {
        rig.put(0, rig.state(0).toBuilder().setLogStart(4).build());

        TestReport report = rig.repairAtOnce();

        assertThat(report.orphans).containsExactly(segmentKey().value());
        assertThat(report.totals).containsEntry("removed_objects", 1L);
        assertThat(rig.check().problems).isEmpty();
        assertThat(rig.objects.readTail(indexKey(), 4).remaining()).isEqualTo(4);
    }

    @Test
    void doesNotTakeForDamageWhatTheClusterGaveUpMeanwhile() throws Exception {
        KeyValue entry = lastCommit();
        ObjectKey gone = new ObjectKey(record(entry).getKey());
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onRead((key, real) -> {
            if (key.equals(gone)) {
                rig.drop(entry.key());
                rig.drop(rig.rig.keys.head("incarnation-2"));
                throw new StorageException(StorageException.Kind.NOT_FOUND, "gone");
            }
            return real.get();
        });
        TestReport report = new TestReport();

        new Fsck(rig.environment(rig.metadata, hooked), report).run(new Fsck.Mode.Check());

        assertThat(report.problems).isEmpty();
    }

    @Test
    void doesNotTakeForDamageWhatWasTrimmedMeanwhile() throws Exception {
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onRead((key, real) -> {
            if (key.equals(segmentKey())) {
                rig.put(0, rig.state(0).toBuilder().setLogStart(4).build());
                throw new StorageException(StorageException.Kind.NOT_FOUND, "gone");
            }
            return real.get();
        });
        TestReport report = new TestReport();

        new Fsck(rig.environment(rig.metadata, hooked), report).run(new Fsck.Mode.Check());

        assertThat(report.problems).isEmpty();
    }

    @Test
    void doesNotTakeAnObjectForSoundWhoseReaderDied() {
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onRead((key, real) -> {
            if (key.equals(segmentKey())) {
                throw new OutOfMemoryError("for this test");
            }
            return real.get();
        });

        assertThatThrownBy(() ->
                        new Fsck(rig.environment(rig.metadata, hooked), new TestReport()).run(new Fsck.Mode.Check()))
                .hasMessageContaining("a task has died");
    }

    @Test
    void refusesANewerFormat() throws Exception {
        rig.put(
                rig.rig.keys.cluster(),
                ClusterIdentity.parseFrom(rig.value(rig.rig.keys.cluster())).toBuilder()
                        .setFormatVersion(2)
                        .build()
                        .toByteString());

        assertOnly(rig.check(), "identity", "format version 2");
        rig.drop(rig.rig.keys.cluster());
        rig.replace(
                rig.key("cluster.json"),
                FsckRig.bytes(
                        "{\"uuid\": \"" + FsckRig.UUID
                                + "\", \"cluster_id\": \"test\", \"format_version\": 2, \"created\": \"2026-01-01T00:00:00Z\"}"));
        assertThatThrownBy(rig::restore).hasMessageContaining("format version 2");
    }
}
