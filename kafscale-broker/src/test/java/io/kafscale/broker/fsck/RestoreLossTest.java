// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a restore cannot read, or not at once, is not taken for what never was. */
final class RestoreLossTest {

    private final FsckRig rig = new FsckRig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** Five records, each in an object of its own; then the metadata is lost. */
    private void loseAfterFive() throws Exception {
        PartitionLog log = rig.open(rig.start(), 0);
        for (int i = 0; i < 5; i++) {
            rig.commit(log, TestBatch.of("v" + i));
        }
        rig.stop();
        rig.setBack(Map.of());
    }

    private ObjectKey shared(int place) {
        return rig.sharedObjects().get(place).key();
    }

    private Restore restore(HookedObjects hooked, TestReport report) {
        return new Restore(rig.environment(rig.metadata, hooked), report);
    }

    @Test
    void doesNotTakeAnObjectForAbsentWhoseReaderDied() throws Exception {
        loseAfterFive();
        ObjectKey last = shared(4);
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onRead((key, real) -> {
            if (key.equals(last)) {
                throw new OutOfMemoryError("for this test");
            }
            return real.get();
        });

        assertThatThrownBy(() -> restore(hooked, new TestReport()).run(false, false))
                .hasMessageContaining("a task has died");
        assertThat(rig.snapshot()).isEmpty();
    }

    @Test
    void readsAgainWhatComesDamagedOrIsRefusedForAWhile() throws Exception {
        loseAfterFive();
        ObjectKey damaged = shared(2);
        ObjectKey throttled = shared(3);
        AtomicInteger reads = new AtomicInteger();
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onRead((key, real) -> {
            ByteBuffer bytes = real.get();
            if (key.equals(damaged) && reads.getAndIncrement() < 4) {
                bytes.put(bytes.limit() - 30, (byte) (bytes.get(bytes.limit() - 30) ^ 1));
            }
            if (key.equals(throttled) && reads.getAndIncrement() < 4) {
                throw new StorageException(StorageException.Kind.THROTTLED, "for this test");
            }
            return bytes;
        });
        TestReport report = new TestReport();

        restore(hooked, report).run(false, false);

        assertThat(report.problems).isEmpty();
        assertThat(rig.open(rig.start(), 0).highWatermark()).isEqualTo(5);
    }

    @Test
    void writesNothingWhereRecordsWouldBeLostUnlessItIsToldTo() throws Exception {
        loseAfterFive();
        ObjectKey third = shared(2);
        ByteBuffer bytes = rig.objects.readTail(third, 1 << 20);
        rig.objects.delete(List.of(third));
        int before = rig.objects.list("default/", "", 1000).size();

        TestReport refused = rig.restore();

        assertThat(refused.problems).hasSize(1);
        assertThat(refused.advice)
                .anyMatch(line -> line.contains("nothing was written") && line.contains("--accept-loss"));
        assertThat(rig.snapshot()).isEmpty();
        assertThat(rig.objects.list("default/", "", 1000)).hasSize(before);

        rig.objects.put(third, List.of(bytes));
        assertThat(rig.restore().problems).isEmpty();
        assertThat(rig.open(rig.start(), 0).highWatermark()).isEqualTo(5);
    }

    @Test
    void restoresWithoutWhatIsDamagedWhenItIsToldTo() throws Exception {
        loseAfterFive();
        rig.flip(
                shared(4),
                (int) rig.objects.list(shared(4).value(), "", 1).getFirst().sizeBytes() - 1);

        assertThat(rig.restoreWithLoss().problems).anyMatch(problem -> problem.contains("damaged-object"));

        assertThat(rig.open(rig.start(), 0).highWatermark()).isEqualTo(4);
    }

    @Test
    void dropsAChunkThatCannotBeCopiedAndGoesOn() throws Exception {
        PartitionLogs one = rig.start();
        rig.commit(rig.open(one, 0), TestBatch.of("a0"));
        rig.commit(rig.open(one, 1), TestBatch.of("b0"));
        rig.commit(rig.open(rig.start(), 0), TestBatch.of("a1"));
        rig.stop();
        SharedImage image = SharedImage.of(List.of(
                new SharedImage.Run(rig.partition(0), 0, List.of(at(1, "never"))),
                new SharedImage.Run(rig.partition(1), 0, List.of(at(1, "perhaps")))));
        ObjectKey key = rig.key("shared/incarnation-1/00000000000000000003-00000000000000ff.kso");
        rig.objects.put(key, image.body());
        rig.flip(key, 140);
        rig.setBack(Map.of());

        TestReport dry = new TestReport();
        restore(new HookedObjects(rig.objects), dry).run(true, false);
        assertThat(dry.problems).hasSize(1).first().asString().contains("damaged-object", key.value());
        TestReport report = rig.restoreWithLoss();

        assertThat(report.problems).isEqualTo(dry.problems);
        PartitionLogs after = rig.start();
        assertThat(rig.contents(rig.open(after, 0))).isEqualTo(Map.of(0L, "a0", 1L, "a1"));
        assertThat(rig.contents(rig.open(after, 1))).isEqualTo(Map.of(0L, "b0"));
    }

    private static RecordBatch at(long offset, String value) {
        ByteBuffer bytes = TestBatch.of(value).bytes();
        bytes.putLong(0, offset).putInt(12, 0);
        return RecordBatch.at(bytes, 0);
    }

    @Test
    void namesKeysOfTheBaseThatCannotBeReadAndGoesOnWithoutThem() throws Exception {
        PartitionLogs broker = rig.start();
        PartitionLog log = rig.open(broker, 0);
        rig.commit(log, TestBatch.of("a0"));
        rig.commit(log, TestBatch.of("a1"));
        PartitionLog again = rig.open(rig.start(), 0);
        rig.commit(again, TestBatch.of("a2"));
        rig.stop();
        List<String> spoilt = List.of(
                rig.rig.keys.partitionState(rig.partition(2)),
                rig.rig.keys.topic(FsckRig.TOPIC),
                rig.metadata.range(rig.rig.keys.commits()).all().get(1).key(),
                rig.rig.keys.producerIds());
        spoilt.forEach(key -> rig.put(key, ByteString.copyFromUtf8("nonsense")));
        new MetadataBackup(rig.environment()).write();
        rig.setBack(Map.of());

        TestReport report = rig.restore();

        assertThat(report.problems).hasSize(spoilt.size()).allMatch(problem -> problem.startsWith("unreadable-key"));
        assertThat(rig.open(rig.start(), 0).highWatermark()).isEqualTo(3);
    }

    @Test
    void refusesWhenABrokerStillWritesSomewhere() throws Exception {
        loseAfterFive();
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onPut((key, real) -> {
            rig.objects.put(
                    rig.key("shared/somebody/00000000000000000001-00000000000000ff.kso"),
                    List.of(ByteBuffer.allocate(1)));
            return real.get();
        });

        assertThatThrownBy(() -> restore(hooked, new TestReport()).run(false, false))
                .hasMessageContaining("shared/somebody/")
                .hasMessageContaining("a broker still runs");
        assertThat(rig.snapshot()).isEmpty();
    }

    /** What is left where all was sealed, trimmed and collected: one index, perhaps a snapshot of references. */
    private Map<String, ByteString> trimAllButTheNewestIndex() throws Exception {
        PartitionLog log = rig.open(rig.start(), 0);
        for (int i = 0; i < 5; i++) {
            rig.commit(log, TestBatch.of("v" + i));
        }
        SegmentName first = rig.seal(log, 2);
        Map<String, ByteString> middle = rig.snapshot();
        SegmentName second = rig.seal(log, 5);
        rig.put(0, rig.state(0).toBuilder().setLogStart(5).build());
        rig.start();
        rig.stop();
        ObjectKey root = new ObjectKey("default/test");
        rig.objects.delete(List.of(first.segmentKey(root), first.indexKey(root), second.segmentKey(root)));
        rig.objects.delete(rig.sharedObjects().stream().map(ObjectInfo::key).toList());
        return middle;
    }

    @Test
    void takesOffsetsForUsedOfWhichOnlyAnIndexIsLeft() throws Exception {
        trimAllButTheNewestIndex();
        rig.setBack(Map.of());

        assertThat(rig.restore().problems).isEmpty();

        assertThat(rig.state(0).getLogStart()).isEqualTo(5);
        assertThat(rig.state(0).getSealedThrough()).isEqualTo(5);
        assertThat(rig.open(rig.start(), 0).highWatermark()).isEqualTo(5);
    }

    @Test
    void namesNoSegmentThatIsNotThere() throws Exception {
        Map<String, ByteString> middle = trimAllButTheNewestIndex();
        rig.setBack(middle);

        // nobody can tell whether what the base has was trimmed or lost
        assertThat(rig.restoreWithLoss().problems).allMatch(problem -> problem.startsWith("hole"));

        assertThat(rig.state(0).getNewestSegment()).contains("segment-00000000000000000002-00000000000000000004");
        assertThat(rig.open(rig.start(), 0).highWatermark()).isEqualTo(5);
    }

    @Test
    void readsFromChunksWhatADamagedSegmentWasToHave() throws Exception {
        PartitionLog log = rig.open(rig.start(), 0);
        for (int i = 0; i < 5; i++) {
            rig.commit(log, TestBatch.of("v" + i));
        }
        rig.stop();
        rig.setBack(Map.of());
        rig.objects.put(segment(0, "00000000000000000003"), List.of(ByteBuffer.allocate(0)));

        TestReport report = rig.restoreWithLoss();

        assertThat(report.problems).hasSize(1).first().asString().contains("damaged-object", ".kfs");
        assertThat(rig.state(0).getSealedThrough()).isZero();
        assertThat(rig.contents(rig.open(rig.start(), 0))).hasSize(5);
    }

    @Test
    void doesNotCountPartitionsByTheNameOfAnObjectAlone() throws Exception {
        loseAfterFive();
        rig.objects.put(segment(99_999, "00000000000000000000"), List.of(ByteBuffer.allocate(0)));

        rig.restoreWithLoss();

        assertThat(rig.metadata.range(rig.rig.keys.partitionStates()).all()).hasSize(1);
    }

    private ObjectKey segment(int partition, String lastOffset) {
        return rig.key("topics/topic." + LogRig.TOPIC + "/" + partition + "/segment-00000000000000000000-" + lastOffset
                + "-0.kfs");
    }
}
