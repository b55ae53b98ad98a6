// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.ClusterIdentity;
import io.kafscale.proto.metadata.CommittedOffset;
import io.kafscale.proto.metadata.CommittedOffsets;
import io.kafscale.proto.metadata.ProducerIdBlock;
import io.kafscale.proto.metadata.SharedObject;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clusters lose their metadata, or get an older state of it, and come back. */
final class RestoreTest {

    /** What a life left behind: what was acknowledged, and the metadata in its middle. */
    private record Life(TreeMap<Long, String> first, TreeMap<Long, String> second, Map<String, ByteString> middle) {}

    /** Two partitions, several lives; uncommitted leftovers, of which one was overwritten by a later life. */
    private static Life live(FsckRig rig) throws Exception {
        TreeMap<Long, String> first = new TreeMap<>();
        TreeMap<Long, String> second = new TreeMap<>();
        PartitionLogs one = rig.start();
        PartitionLog a = rig.open(one, 0);
        PartitionLog b = rig.open(one, 1);
        for (int i = 0; i < 4; i++) {
            first.put(rig.commit(a, TestBatch.of("a" + i).producer(5, 0, i)), "a" + i);
            second.put(rig.commit(b, TestBatch.of("b" + i)), "b" + i);
        }
        rig.seal(a, 2);
        Map<String, ByteString> middle = rig.snapshot();
        first.put(rig.commit(a, TestBatch.of("later").producer(5, 0, 4)), "later");
        rig.appendInVain(a, TestBatch.of("never 1", "never 2").producer(9, 0, 0));
        PartitionLogs two = rig.start();
        PartitionLog again = rig.open(two, 0);
        first.put(rig.commit(again, TestBatch.of("other").producer(5, 0, 5)), "other");
        rig.seal(again, 4);
        rig.appendInVain(again, TestBatch.of("never 3"));
        PartitionLog last = rig.open(rig.start(), 0);
        first.put(rig.commit(last, TestBatch.of("last").producer(70_000, 0, 0)), "last");
        rig.stop();
        return new Life(first, second, middle);
    }

    private static void assertRestored(FsckRig rig, Life life) throws Exception {
        assertThat(rig.check().problems).isEmpty();
        PartitionLogs broker = rig.start();
        PartitionLog a = rig.open(broker, 0);
        PartitionLog b = rig.open(broker, 1);
        assertThat(rig.contents(a)).containsAllEntriesOf(life.first());
        assertThat(rig.contents(b)).containsAllEntriesOf(life.second());
        assertThat(rig.commit(a, TestBatch.of("again").producer(70_000, 0, 0)))
                .isEqualTo(life.first().lastKey());
        assertThat(rig.commit(a, TestBatch.of("new").producer(70_000, 0, 1)))
                .isEqualTo(life.first().lastKey() + 1);
        assertThat(rig.commit(b, TestBatch.of("new"))).isEqualTo(life.second().lastKey() + 1);
        rig.stop();
        assertThat(rig.check().problems).isEmpty();
    }

    @Test
    void bringsBackAClusterOfWhichOnlyTheObjectsAreLeft() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.setBack(Map.of());

            TestReport report = rig.restore();

            assertThat(report.problems).isEmpty();
            assertThat(report.notes).anyMatch(note -> note.contains("its objects alone"));
            assertRestored(rig, life);
        }
    }

    @Test
    void bringsBackAClusterWhoseMetadataWasSetBack() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.setBack(life.middle());

            TestReport report = rig.restore();

            assertThat(report.problems).isEmpty();
            assertThat(report.notes.getFirst()).contains("what the metadata store still has");
            assertThat(TopicConfig.parseFrom(rig.value(rig.rig.keys.topic("topic")))
                            .getConfigsMap())
                    .containsEntry("retention.ms", "1234");
            assertRestored(rig, life);
        }
    }

    @Test
    void goesOutFromTheNewestBackup() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.putTopic("young", new java.util.UUID(4, 4), 7);
            ObjectKey backup = new MetadataBackup(rig.environment()).write();
            rig.setBack(life.middle());

            TestReport report = rig.restore();

            assertThat(report.notes.getFirst()).contains(backup.value());
            assertThat(TopicConfig.parseFrom(rig.value(rig.rig.keys.topic("young")))
                            .getPartitions())
                    .isEqualTo(7);
            assertRestored(rig, life);
        }
    }

    @Test
    void survivesASecondLossAtOnce() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.setBack(life.middle());
            rig.restore();
            rig.setBack(Map.of());
            rig.restore();

            assertRestored(rig, life);
        }
    }

    @Test
    void givesANameToATopicThatNobodyKnows() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            PartitionLog log = rig.open(rig.start(), 2);
            rig.commit(log, TestBatch.of("x"));
            rig.setBack(Map.of());

            TestReport report = rig.restore();

            String name = "recovered-" + LogRig.TOPIC;
            TopicConfig topic = TopicConfig.parseFrom(rig.value(rig.rig.keys.topic(name)));
            assertThat(topic.getPartitions()).isEqualTo(3);
            assertThat(TopicIds.id(topic.getTopicId())).isEqualTo(LogRig.TOPIC);
            assertThat(report.notes).anyMatch(note -> note.contains(name));
        }
    }

    @Test
    void refusesWhenThereIsNothingToRestore() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            live(rig);

            assertThatThrownBy(rig::restore).hasMessageContaining("nothing to restore: metadata and objects agree");
            rig.objects.delete(List.of(rig.key("cluster.json")));
            assertThatThrownBy(rig::restore).hasMessageContaining("cluster.json is not there");
        }
    }

    /** A broker died between the two objects of a segment. */
    @Test
    void leavesASegmentAloneWhoseIndexWasNeverMade() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.objects.delete(rig.objects.list("default/test/topics/", "", 100).stream()
                    .map(ObjectInfo::key)
                    .filter(key -> key.value().endsWith(".index"))
                    .toList()
                    .reversed()
                    .subList(0, 1));
            rig.setBack(life.middle());

            assertThat(rig.restore().problems).isEmpty();

            assertRestored(rig, life);
        }
    }

    /** A snapshot that is younger than the last raise of the counter looks as new as the bucket. */
    @Test
    void bringsBackWhatDoesNotLookOldWhenItIsTold() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            Map<String, ByteString> young = new TreeMap<>(life.middle());
            young.put(rig.rig.keys.cluster(), rig.value(rig.rig.keys.cluster()));
            rig.setBack(young);
            assertThatThrownBy(rig::restore)
                    .hasMessageContaining("metadata and objects agree")
                    .hasMessageContaining("--force");

            new Restore(rig.environment(), new TestReport()).run(false, true);

            ClusterIdentity identity = ClusterIdentity.parseFrom(rig.value(rig.rig.keys.cluster()));
            assertThat(identity.getRestored()).isEqualTo(identity.getCounter());
            assertRestored(rig, life);
        }
    }

    @Test
    void refusesWhileABrokerIsRegistered() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            live(rig);
            rig.setBack(Map.of());
            rig.put(rig.rig.keys.broker(3), ByteString.EMPTY);

            assertThatThrownBy(() -> new Restore(rig.environment(), new TestReport()).run(false, false))
                    .hasMessageContaining("brokers/3")
                    .hasMessageContaining("stop all brokers");
        }
    }

    @Test
    void refusesAnotherClustersMetadata() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            live(rig);
            rig.setBack(Map.of(
                    rig.rig.keys.cluster(),
                    io.kafscale.proto.metadata.ClusterIdentity.newBuilder()
                            .setUuid("other")
                            .build()
                            .toByteString()));

            assertThatThrownBy(rig::restore).hasMessageContaining("the metadata is that of cluster other");
        }
    }

    @Test
    void writesNothingWhenItIsOnlyToTell() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.setBack(life.middle());
            Map<String, ByteString> metadata = rig.snapshot();
            int objects = rig.objects.list("default/", "", 1000).size();
            TestReport report = new TestReport();

            new Restore(rig.environment(), report).run(true, false);

            assertThat(report.advice).anyMatch(line -> line.contains("nothing was written"));
            assertThat(rig.snapshot()).isEqualTo(metadata);
            assertThat(rig.objects.list("default/", "", 1000)).hasSize(objects);
        }
    }

    @Test
    void keepsGroupOffsetsInsideOfTheLog() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            String key = rig.rig.keys.offsets(0, "group", "topic", 0);
            rig.put(
                    key,
                    CommittedOffsets.newBuilder()
                            .setTopicId(TopicIds.bytes(LogRig.TOPIC))
                            .putPartitions(
                                    0,
                                    CommittedOffset.newBuilder()
                                            .setOffset(3)
                                            .setLeaderEpoch(0)
                                            .build())
                            .putPartitions(
                                    1,
                                    CommittedOffset.newBuilder()
                                            .setOffset(900)
                                            .setLeaderEpoch(2)
                                            .build())
                            .build()
                            .toByteString());
            new MetadataBackup(rig.environment()).write();
            rig.setBack(Map.of());

            TestReport report = rig.restore();

            CommittedOffsets offsets = CommittedOffsets.parseFrom(rig.value(key));
            assertThat(offsets.getPartitionsOrThrow(0).getOffset()).isEqualTo(3);
            assertThat(offsets.getPartitionsOrThrow(1).getOffset())
                    .isEqualTo(life.second().lastKey() + 1);
            assertThat(offsets.getPartitionsOrThrow(1).getLeaderEpoch()).isEqualTo(-1);
            assertThat(report.totals).containsEntry("changed_group_offsets", 1L);
        }
    }

    @Test
    void givesAwayOnlyProducerIdsAndEpochsThatNobodyHas() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            int epoch = rig.state(0).getLeaderEpoch();
            rig.setBack(life.middle());

            rig.restore();

            assertThat(ProducerIdBlock.parseFrom(rig.value(rig.rig.keys.producerIds()))
                            .getNext())
                    .isGreaterThan(1_000_000);
            assertThat(rig.state(0).getLeaderEpoch()).isGreaterThan(epoch + 100);
        }
    }

    @Test
    void endsALogAtAHoleAndNamesWhatIsBehind() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            PartitionLog log = rig.open(rig.start(), 0);
            for (int i = 0; i < 5; i++) {
                rig.commit(log, TestBatch.of("v" + i));
            }
            List<KeyValue> commits = rig.metadata.range(rig.rig.keys.commits()).all();
            rig.objects.delete(List.of(
                    new ObjectKey(SharedObject.parseFrom(commits.get(2).value()).getKey())));
            String behind = SharedObject.parseFrom(commits.get(3).value()).getKey();
            rig.setBack(Map.of());

            TestReport report = rig.restoreWithLoss();

            assertThat(report.problems).hasSize(1);
            assertThat(report.problems.getFirst()).contains("hole", "offsets 2 to 2", behind);
            PartitionLog after = rig.open(rig.start(), 0);
            assertThat(after.highWatermark()).isEqualTo(2);
            assertThat(rig.objects.readTail(new ObjectKey(behind), 4).remaining())
                    .isEqualTo(4);
        }
    }

    @Test
    void copiesWhatStandsBesideThingsThatWereNeverCommitted() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            PartitionLogs one = rig.start();
            PartitionLog a = rig.open(one, 0);
            PartitionLog b = rig.open(one, 1);
            rig.commit(a, TestBatch.of("a0"));
            rig.commit(b, TestBatch.of("b0"));
            PartitionLogs two = rig.start();
            PartitionLog again = rig.open(two, 0);
            rig.commit(again, TestBatch.of("a1"));
            rig.stop();
            // a leftover: of partition 0 it was overwritten, of partition 1 nobody has written since
            SharedImage image = SharedImage.of(List.of(
                    new SharedImage.Run(rig.partition(0), 0, List.of(at(1, "never"))),
                    new SharedImage.Run(rig.partition(1), 0, List.of(at(1, "perhaps")))));
            rig.objects.put(rig.key("shared/incarnation-1/00000000000000000003-00000000000000ff.kso"), image.body());
            rig.setBack(Map.of());

            TestReport report = rig.restore();

            assertThat(report.totals).containsEntry("copied_chunks", 1L);
            assertThat(rig.check().problems).isEmpty();
            PartitionLogs after = rig.start();
            assertThat(rig.contents(rig.open(after, 0))).isEqualTo(Map.of(0L, "a0", 1L, "a1"));
            assertThat(rig.contents(rig.open(after, 1))).isEqualTo(Map.of(0L, "b0", 1L, "perhaps"));
        }
    }

    private static io.kafscale.broker.record.RecordBatch at(long offset, String value) {
        java.nio.ByteBuffer bytes = TestBatch.of(value).bytes();
        bytes.putLong(0, offset).putInt(12, 0);
        return io.kafscale.broker.record.RecordBatch.at(bytes, 0);
    }

    static Stream<Fault> faults() {
        return Stream.of(
                new Fault.FailBefore(), new Fault.FailAfter(), new Fault.Lost(), new Fault.Late(2), new Fault.Full());
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whicheverCallFailsASecondAttemptDoesIt(Fault fault) throws Exception {
        long calls = callsOfARestore();
        assertThat(calls).isGreaterThan(20);
        for (long n = 1; n <= calls; n++) {
            FaultPlan plan = FaultPlan.none().failing(n, fault);
            try (FsckRig rig = new FsckRig()) {
                Life life = live(rig);
                rig.setBack(n % 2 == 0 ? life.middle() : Map.of());
                Restore first = new Restore(
                        rig.environment(
                                new FaultyMetadataStore(rig.metadata, plan, rig.rig.clock),
                                new FaultyObjectStore(rig.objects, plan, rig.rig.clock)),
                        new TestReport());
                boolean isDone = false;
                try {
                    first.run(false, false);
                    isDone = true;
                } catch (MetadataException | StorageException | Restore.RefusedException e) {
                    assertThat(rig.check().problems).anyMatch(problem -> problem.startsWith("identity"));
                }
                if (!isDone) {
                    rig.restore();
                }
                assertRestored(rig, life);
            } catch (AssertionError e) {
                throw new AssertionError("call " + n + ", " + plan.happened(), e);
            }
        }
    }

    private static long callsOfARestore() throws Exception {
        FaultPlan plan = FaultPlan.none();
        try (FsckRig rig = new FsckRig()) {
            Life life = live(rig);
            rig.setBack(life.middle());
            new Restore(
                            rig.environment(
                                    new FaultyMetadataStore(rig.metadata, plan, rig.rig.clock),
                                    new FaultyObjectStore(rig.objects, plan, rig.rig.clock)),
                            new TestReport())
                    .run(false, false);
        }
        return plan.calls();
    }

    @Test
    void acceptsNothingFromTheOldLifeAnyMore() throws Exception {
        try (FsckRig rig = new FsckRig()) {
            PartitionLog old = rig.open(rig.start(), 0);
            rig.commit(old, TestBatch.of("a"));
            rig.setBack(Map.of());
            rig.restore();
            PartitionLog log = rig.open(rig.start(), 0);
            rig.commit(log, TestBatch.of("b"));

            assertThat(log.append(TestBatch.of("c").batch(), log.settings().timestampType(), rig.soon()))
                    .isInstanceOf(AppendResult.Accepted.class);
            assertThat(rig.check().problems).isEmpty();
        }
    }
}
