// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.log.HookedMetadata;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.read.EpochEnd;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.SharedObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RecoveryTest {

    private final LogRig rig = new LogRig();

    @AfterEach
    void stop() {
        rig.close();
    }

    /** Writes three objects: the first and last for partition 0, the middle one for partition 1. */
    private void write() throws Exception {
        PartitionLogs logs = rig.start();
        rig.open(logs, 0, 1);
        rig.commit(logs.find(LogRig.partition(0)).orElseThrow(), TestBatch.of("a", "b"));
        rig.commit(logs.find(LogRig.partition(1)).orElseThrow(), TestBatch.of("x"));
        rig.commit(logs.find(LogRig.partition(0)).orElseThrow(), TestBatch.of("c"));
        logs.close();
    }

    private ObjectKey object(int number) {
        List<ObjectInfo> all = rig.objects.list("", "", 100);
        return all.get(number).key();
    }

    private void rewrite(ObjectKey key, int flippedByte) {
        ByteBuffer bytes = rig.objects.readTail(key, 1 << 20);
        int at = flippedByte >= 0 ? flippedByte : bytes.limit() + flippedByte;
        bytes.put(at, (byte) (bytes.get(at) ^ 1));
        rig.objects.delete(List.of(key));
        rig.objects.put(key, List.of(bytes));
    }

    private List<PartitionId> reopen() {
        return rig.open(rig.start(), 0, 1);
    }

    @Test
    void partitionsOfSeveralIncarnationsAreRecovered() throws Exception {
        write();
        PartitionLogs second = rig.start();
        assertThat(rig.open(second, 0, 1)).containsExactly(LogRig.partition(0), LogRig.partition(1));
        rig.commit(second.find(LogRig.partition(1)).orElseThrow(), TestBatch.of("y"));
        PartitionLogs third = rig.start();
        rig.open(third, 0, 1);

        assertThat(LogRig.readAll(third.find(LogRig.partition(0)).orElseThrow(), 0, 1 << 20))
                .containsExactly("0=a", "1=b", "2=c");
        assertThat(LogRig.readAll(third.find(LogRig.partition(1)).orElseThrow(), 0, 1 << 20))
                .containsExactly("0=x", "1=y");
    }

    @Test
    void whatWasPreparedIsNotReadAgain() throws Exception {
        write();
        PartitionLogs logs = rig.start();
        logs.prepare();
        rig.objects.delete(List.of(object(0), object(1), object(2)));

        assertThat(rig.open(logs, 0, 1)).containsExactly(LogRig.partition(0), LogRig.partition(1));
    }

    @Test
    void preparingThatFailsDisturbsNothing() throws Exception {
        write();
        rig.objects.delete(List.of(object(1)));
        PartitionLogs logs = rig.start();
        logs.prepare();

        assertThat(rig.open(logs, 0, 1)).containsExactly(LogRig.partition(0));
    }

    @Test
    void epochsEndWhereTheNextOwnersRecordsBegin() throws Exception {
        write();
        PartitionLog second = rig.openOne(0);
        rig.commit(second, TestBatch.of("d"));
        PartitionLog third = rig.openOne(0);

        assertThat(third.endOfEpoch(1)).isEqualTo(new EpochEnd(1, 3));
        assertThat(third.endOfEpoch(2)).isEqualTo(new EpochEnd(2, 4));
        assertThat(third.endOfEpoch(3)).isEqualTo(new EpochEnd(3, 4));
        assertThat(third.endOfEpoch(4)).isEqualTo(new EpochEnd(-1, -1));
    }

    @Test
    void aMissingObjectStopsOnlyThePartitionsInIt() throws Exception {
        write();
        rig.objects.delete(List.of(object(2)));

        assertThat(reopen()).containsExactly(LogRig.partition(1));
    }

    @Test
    void aFlippedFooterStopsOnlyThePartitionsInIt() throws Exception {
        write();
        rewrite(object(1), -20);

        assertThat(reopen()).containsExactly(LogRig.partition(0));
    }

    @Test
    void aFlippedBodyIsFoundByTheReaderAndNeverServed() throws Exception {
        write();
        rewrite(object(0), 70);
        PartitionLogs logs = rig.start();
        rig.open(logs, 0, 1);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();

        assertThat(log.read(0, 1000, true)).isInstanceOf(ReadResult.Failed.class);
        assertThat(((ReadResult.Failed) log.read(1, 1000, true)).message())
                .contains(object(0).value());
        assertThat(LogRig.readAll(log, 2, 1000)).containsExactly("2=c");
        assertThat(LogRig.readAll(logs.find(LogRig.partition(1)).orElseThrow(), 0, 1000))
                .containsExactly("0=x");
    }

    @Test
    void aMissingCommitRecordInTheMiddleIsAHole() throws Exception {
        write();
        KeyValue first = rig.metadata.range(rig.keys.commits()).all().iterator().next();
        rig.metadata.commit(Transaction.when().delete(first.key()).build());

        assertThat(reopen()).containsExactly(LogRig.partition(1));
    }

    @Test
    void aMissingCommitRecordAtTheHeadStopsAll() throws Exception {
        write();
        String last = rig.metadata.range(rig.keys.commits()).all().getLast().key();
        rig.metadata.commit(Transaction.when().delete(last).build());

        assertThat(reopen()).isEmpty();
    }

    /** Another incarnation goes on with partition 1 and begins partition 2; partition 0 ends with the first one. */
    private void writeMore() throws Exception {
        write();
        PartitionLogs second = rig.start();
        rig.open(second, 0, 1, 2);
        rig.commit(second.find(LogRig.partition(1)).orElseThrow(), TestBatch.of("y"));
        rig.commit(second.find(LogRig.partition(2)).orElseThrow(), TestBatch.of("z"));
        second.close();
    }

    private void spoil(String key) {
        rig.metadata.commit(Transaction.when()
                .put(key, ByteString.copyFromUtf8("\u00ff no message"))
                .build());
    }

    private List<PartitionId> reopenThree() {
        return rig.open(rig.start(), 0, 1, 2);
    }

    @Test
    void anUnreadableHeadStopsWhatItsIncarnationMayHaveWrittenLast() throws Exception {
        writeMore();
        spoil(rig.keys.head("incarnation-1"));

        assertThat(reopenThree()).containsExactly(LogRig.partition(1), LogRig.partition(2));
    }

    @Test
    void anUnreadableRecordStopsWhatItMayHold() throws Exception {
        writeMore();
        spoil(rig.keys.commit("incarnation-1", 2));

        assertThat(reopenThree()).containsExactly(LogRig.partition(2));
    }

    @Test
    void recordsThatDoNotReachAHeadStopWhatTheyMayHaveHeld() throws Exception {
        writeMore();
        rig.metadata.commit(
                Transaction.when().delete(rig.keys.commit("incarnation-1", 3)).build());

        assertThat(reopenThree()).containsExactly(LogRig.partition(1), LogRig.partition(2));
    }

    @Test
    void anOwnerThatMayHaveWrittenInBetweenStopsThePartitionToo() throws Exception {
        writeMore();
        rig.open(rig.start(), 0, 1, 2); // an epoch of which nothing is known
        spoil(rig.keys.head("incarnation-1"));

        assertThat(reopenThree()).isEmpty();
    }

    @Test
    void aHeadThatWentMeanwhileIsNoReasonToStop() throws Exception {
        writeMore();
        String head = rig.keys.head("incarnation-9");
        rig.metadata.commit(Transaction.when()
                .put(head, Head.newBuilder().setSequence(5).build().toByteString())
                .build());
        HookedMetadata metadata = new HookedMetadata(rig.metadata);
        metadata.onGet(real -> {
            Snapshot seen = real.get();
            rig.metadata.commit(Transaction.when().delete(head).build());
            return seen;
        });
        rig.around(real -> real, real -> metadata);

        assertThat(reopenThree()).hasSize(3);
    }

    @Test
    void aRecordWithAFilterIsReadForThoseThatMayBeInside() throws Exception {
        write();
        changeFirstRecord(rig, record -> record.clearPartitionMarks().setPartitionFilter(filterOf(0)));
        rig.objects.delete(List.of(object(0)));

        assertThat(reopen()).containsExactly(LogRig.partition(1));
    }

    private static ByteString filterOf(int partition) {
        byte[] bits = new byte[8192];
        int mark = SharedFooter.mark(LogRig.partition(partition)) & 0xffff;
        bits[mark / 8] |= (byte) (1 << (mark % 8));
        return ByteString.copyFrom(bits);
    }

    @Test
    void aRecordWithoutMarksIsReadForEveryPartition() throws Exception {
        write();
        changeFirstRecord(rig, SharedObject.Builder::clearPartitionMarks);

        assertThat(reopen()).hasSize(2);
        rig.objects.delete(List.of(object(0)));
        assertThat(reopen()).isEmpty();
    }

    @Test
    void aRecordThatContradictsItselfStopsItsPartitions() throws Exception {
        write();
        changeFirstRecord(rig, record -> record.setSize(record.getSize() + 1));

        assertThat(reopen()).containsExactly(LogRig.partition(1));
    }

    private static void changeFirstRecord(LogRig rig, Consumer<SharedObject.Builder> change) throws Exception {
        KeyValue first = rig.metadata.range(rig.keys.commits()).all().iterator().next();
        SharedObject.Builder record = SharedObject.parseFrom(first.value()).toBuilder();
        change.accept(record);
        rig.metadata.commit(Transaction.when()
                .put(first.key(), record.build().toByteString())
                .build());
    }

    @Test
    void footersOfOtherPartitionsAreNotRead() throws Exception {
        write();
        HookedObjects objects = new HookedObjects(rig.objects);
        AtomicInteger reads = new AtomicInteger();
        objects.onRead((key, real) -> {
            reads.incrementAndGet();
            return real.get();
        });
        rig.around(real -> objects, real -> real);
        PartitionLogs logs = rig.start();

        rig.open(logs, 9);
        assertThat(reads).hasValue(0);
        rig.open(logs, 1);
        assertThat(reads).hasValue(1);
    }

    @Test
    void anObjectThatIsReplacedWhileItIsReadIsFoundAgain() throws Exception {
        write();
        HookedObjects objects = new HookedObjects(rig.objects);
        AtomicInteger reads = new AtomicInteger();
        objects.onRead((key, real) -> {
            if (reads.incrementAndGet() <= 2) {
                throw new StorageException(StorageException.Kind.NOT_FOUND, "expected by the test");
            }
            return real.get();
        });
        rig.around(real -> objects, real -> real);

        assertThat(reopen()).hasSize(2);
    }

    @Test
    void metadataThatCannotBeReadMeansThatNothingIsServedYet() throws Exception {
        write();
        HookedMetadata metadata = new HookedMetadata(rig.metadata);
        metadata.onGet(real -> {
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test");
        });
        rig.around(real -> real, real -> metadata);
        PartitionLogs logs = rig.start();

        assertThat(rig.open(logs, 0, 1)).isEmpty();
        metadata.onGet(Supplier::get);
        assertThat(rig.open(logs, 0, 1)).hasSize(2);
    }

    @Test
    void anEpochThatIsNotNewStopsThePartition() throws Exception {
        write();
        PartitionLogs logs = rig.start();

        assertThat(LogRig.open(logs, List.of(LogRig.request(0, 1), LogRig.request(1, 2))))
                .containsExactly(LogRig.partition(1));
    }

    @Test
    void theLogBeginsInsideOfAChunkThatStraddlesItsStart() throws Exception {
        write();
        PartitionLogs logs = rig.start();
        LogRig.open(logs, List.of(LogRig.request(0, 9, 1, LogRig.KEEP_ALL)));
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();

        assertThat(log.logStartOffset()).isEqualTo(1);
        assertThat(log.read(0, 1000, true)).isEqualTo(new ReadResult.OffsetOutOfRange(1, 3));
        assertThat(LogRig.readAll(log, 1, 1000)).containsExactly("1=b", "2=c");
        assertThat(log.firstAtOrAfter(0).orElseThrow().offset()).isEqualTo(1);
    }

    @Test
    void aStartBehindTheLastChunkIsTheHighWatermark() throws Exception {
        write();
        PartitionLogs logs = rig.start();
        LogRig.open(logs, List.of(LogRig.request(0, 9, 50, LogRig.KEEP_ALL)));
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();

        assertThat(log.highWatermark()).isEqualTo(50);
        assertThat(rig.commit(log, TestBatch.of("z"))).isEqualTo(50);
        assertThat(LogRig.readAll(log, 50, 1000)).containsExactly("50=z");
    }

    @Test
    void aPartitionThatNeverHadAnOwnerIsEmptyWithoutALook() throws Exception {
        write();
        HookedMetadata metadata = new HookedMetadata(rig.metadata);
        rig.around(real -> real, real -> metadata);
        PartitionLogs logs = rig.start();
        metadata.onGet(real -> {
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test");
        });

        assertThat(LogRig.open(logs, List.of(LogRig.request(5, 0)))).containsExactly(LogRig.partition(5));
        assertThat(logs.find(LogRig.partition(5)).orElseThrow().highWatermark()).isZero();
    }

    @Test
    void aFooterThatHangsHoldsUpNoOtherPartition() throws Exception {
        write();
        HookedObjects objects = new HookedObjects(rig.objects);
        CountDownLatch held = new CountDownLatch(1);
        ObjectKey slow = object(1);
        objects.onRead((key, real) -> {
            awaitIf(key.equals(slow), held);
            return real.get();
        });
        rig.around(real -> objects, real -> real);
        PartitionLogs logs = rig.start();
        Pending<List<PartitionId>> opened = new Pending<>();
        rig.threads.start("open", () -> opened.complete(rig.open(logs, 0, 1)));

        Deadline soon = Deadline.after(rig.clock, Duration.ofMinutes(1));
        while (logs.find(LogRig.partition(0)).isEmpty() && !soon.passed(rig.clock)) {
            Thread.onSpinWait();
        }
        assertThat(logs.find(LogRig.partition(0))).isPresent();
        assertThat(opened.poll()).isEmpty();
        held.countDown();
        assertThat(opened.await(rig.clock, rig.soon()).orElseThrow()).hasSize(2);
    }

    private static void awaitIf(boolean wanted, CountDownLatch latch) {
        try {
            if (wanted) {
                latch.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void onlyTheFootersThatFailedAreReadAgain() throws Exception {
        write();
        HookedObjects objects = new HookedObjects(rig.objects);
        ConcurrentMap<ObjectKey, Integer> reads = new ConcurrentHashMap<>();
        ObjectKey tired = object(1);
        objects.onRead((key, real) -> {
            if (reads.merge(key, 1, Integer::sum) <= 5 && key.equals(tired)) {
                throw new StorageException(StorageException.Kind.UNAVAILABLE, "expected by the test");
            }
            return real.get();
        });
        rig.around(real -> objects, real -> real)
                .limits(new LogLimits(Duration.ofMillis(1), 1, 2, 1 << 20, 1 << 20, 0, Duration.ofMinutes(30)));

        assertThat(reopen()).hasSize(2);
        assertThat(reads).containsEntry(object(0), 1).containsEntry(tired, 6).containsEntry(object(2), 1);
    }

    @Test
    void aFooterThatCameWithAWrongBitIsReadAgain() throws Exception {
        write();
        HookedObjects objects = new HookedObjects(rig.objects);
        ObjectKey flipped = object(1);
        AtomicInteger reads = new AtomicInteger();
        objects.onRead((key, real) -> {
            ByteBuffer right = real.get();
            ByteBuffer bytes = ByteBuffer.allocate(right.remaining())
                    .put(right.duplicate())
                    .flip();
            if (key.equals(flipped) && reads.incrementAndGet() == 1) {
                bytes.put(0, (byte) (bytes.get(0) ^ 1));
            }
            return bytes;
        });
        rig.around(real -> objects, real -> real);

        assertThat(reopen()).hasSize(2);
        assertThat(reads).hasValue(2);
    }
}
