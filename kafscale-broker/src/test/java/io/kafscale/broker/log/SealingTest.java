// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.merge.MergeLimits;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.read.EpochEnd;
import io.kafscale.broker.read.LogUnit;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.read.TimestampedOffset;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of a log whose oldest part is sealed, dropped, or both. */
final class SealingTest {

    private final LogRig rig = new LogRig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** Seals everything, whatever it takes. */
    static void sealAll(PartitionLog log) throws InterruptedException {
        log.upkeep().relieve();
        while (log.committed().unsealedBytes() > 0) {
            if (log.upkeep().begin(() -> true)) {
                log.upkeep().run();
            }
        }
    }

    private List<String> produce(PartitionLog log, int count) throws InterruptedException {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long base = rig.commit(log, TestBatch.of("a" + i, "b" + i));
            all.add(base + "=a" + i);
            all.add(base + 1 + "=b" + i);
        }
        return all;
    }

    private List<ObjectKey> segments() {
        return rig.objects.list("default/test/topics/", "", 1000).stream()
                .map(ObjectInfo::key)
                .toList();
    }

    @Test
    void whatIsSealedReadsTheSameHereAndAfterARestart() throws Exception {
        PartitionLog log = rig.openOne(0);
        List<String> all = produce(log, 20);
        sealAll(log);
        all.addAll(produce(log, 3));

        assertThat(rig.state(0).getSealedThrough()).isEqualTo(40);
        assertThat(segments()).hasSize(2);
        assertThat(LogRig.readAll(log, 0, 300)).isEqualTo(all);
        PartitionLog after = rig.openOne(0);
        assertThat(after.highWatermark()).isEqualTo(46);
        assertThat(LogRig.readAll(after, 0, 300)).isEqualTo(all);
        assertThat(LogRig.readAll(after, 39, 1)).isEqualTo(all.subList(39, 46));
    }

    @Test
    void sharedObjectsAreNotNeededForWhatIsSealed() throws Exception {
        PartitionLog log = rig.openOne(0);
        List<String> all = produce(log, 20);
        sealAll(log);
        rig.objects.delete(rig.objects.list("default/test/shared/", "", 1000).stream()
                .map(ObjectInfo::key)
                .toList());

        PartitionLogs cold = rig.start();
        assertThat(rig.open(cold, 0)).as("its footers are gone").isEmpty();
        assertThat(LogRig.readAll(log, 0, 300)).isEqualTo(all);
    }

    @Test
    void manySegmentsFollowEachOther() throws Exception {
        PartitionLog log = rig.openOne(0);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            all.addAll(produce(log, 2));
            sealAll(log);
        }

        assertThat(segments()).hasSize(24);
        PartitionLog after = rig.openOne(0);
        assertThat(LogRig.readAll(after, 0, 200)).isEqualTo(all);
        assertThat(LogRig.readAll(after, 17, 200)).isEqualTo(all.subList(17, all.size()));
    }

    @Test
    void aLargeUnsealedPartBecomesSeveralSegments() throws Exception {
        rig.settings(LogRig.settings(-1, -1, 200));
        PartitionLog log = rig.openOne(0);
        List<String> all = produce(log, 20);
        while (log.committed().unsealedBytes() >= 200) {
            if (log.upkeep().begin(() -> true)) {
                log.upkeep().run();
            }
        }

        assertThat(segments().size()).isGreaterThan(6);
        assertThat(log.committed().sealedThrough()).isGreaterThan(30);
        assertThat(LogRig.readAll(rig.openOne(0), 0, 1000)).isEqualTo(all);
    }

    @Test
    void aProducerIsKnownByWhatIsSealed() throws Exception {
        PartitionLog log = rig.openOne(0);
        for (int i = 0; i < 7; i++) {
            rig.commit(log, TestBatch.of("v" + i).producer(7, 0, i));
        }
        sealAll(log);
        PartitionLog after = rig.openOne(0);

        Outcome twice = rig.outcome(rig.append(after, TestBatch.of("v6").producer(7, 0, 6)));
        assertThat(((Outcome.Committed) twice).baseOffset()).isEqualTo(6);
        assertThat(rig.append(after, TestBatch.of("gap").producer(7, 0, 8))).isInstanceOf(AppendResult.Refused.class);
        assertThat(rig.commit(after, TestBatch.of("v7").producer(7, 0, 7))).isEqualTo(7);
        sealAll(after);
        PartitionLog third = rig.openOne(0);
        twice = rig.outcome(rig.append(third, TestBatch.of("v3").producer(7, 0, 3)));
        assertThat(((Outcome.Committed) twice).baseOffset()).isEqualTo(3);
    }

    @Test
    void timesAreFoundInSegmentsAndBehindThem() throws Exception {
        PartitionLog log = rig.openOne(0);
        rig.commit(log, TestBatch.of("a", "b"));
        sealAll(log);
        rig.commit(log, TestBatch.of().record(5_000, "c").record(4_000, "d"));
        sealAll(log);
        rig.commit(log, TestBatch.of().record(4_500, "e").record(6_000, "f"));

        for (PartitionLog each : List.of(log, rig.openOne(0))) {
            assertThat(each.firstAtOrAfter(0).map(TimestampedOffset::offset)).contains(0L);
            assertThat(each.firstAtOrAfter(1_001).map(TimestampedOffset::offset))
                    .contains(1L);
            assertThat(each.firstAtOrAfter(1_002).map(TimestampedOffset::offset))
                    .contains(2L);
            assertThat(each.firstAtOrAfter(5_001).map(TimestampedOffset::offset))
                    .contains(5L);
            assertThat(each.firstAtOrAfter(6_001)).isEmpty();
            assertThat(each.maxTimestamp().map(TimestampedOffset::offset)).contains(5L);
        }
    }

    @Test
    void aTimeIsFoundInABlockOfWhichMemoryHoldsParts() throws Exception {
        PartitionLog log = rig.openOne(0);
        for (int i = 0; i < 5; i++) {
            rig.commit(log, TestBatch.of().record(1_000L * (i + 1), "v" + i));
        }
        sealAll(log);

        for (PartitionLog each : List.of(log, rig.openOne(0))) {
            for (int i = 0; i < 5; i++) {
                assertThat(each.firstAtOrAfter(1_000L * (i + 1)).map(TimestampedOffset::offset))
                        .contains((long) i);
            }
            assertThat(each.maxTimestamp().map(TimestampedOffset::offset)).contains(4L);
        }
    }

    @Test
    void theLargestTimeBeforeTheLogStartDoesNotCount() throws Exception {
        PartitionLog log = rig.openOne(0);
        rig.commit(log, TestBatch.of().record(9_000, "a").record(1_000, "b"));
        rig.commit(log, TestBatch.of().record(3_000, "c"));
        rig.commit(log, TestBatch.of().record(2_000, "d"));
        sealAll(log);
        log.deleteRecords(1);

        for (PartitionLog each : List.of(log, rig.openOne(0))) {
            assertThat(each.maxTimestamp().map(TimestampedOffset::offset)).contains(2L);
        }
    }

    @Test
    void aSegmentHoldsNoMoreThanItsFormat() {
        LogUnit half = new LogUnit(1_500_000_000, 700 << 20, 0);
        LogUnit rest = new LogUnit(3_000_000_000L, 700 << 20, 0);

        assertThat(Sealer.end(0, List.of(half, rest), 2L << 30)).isEqualTo(1_500_000_000);
        LogUnit most = new LogUnit(1 << 30, 5, 0);
        assertThat(Sealer.end(0, List.of(most, new LogUnit(most.endOffset() + 10, 5, 0)), 10))
                .isEqualTo(1 << 30);
        assertThat(Sealer.end(0, List.of(new LogUnit(10, 5, 0), new LogUnit(20, 5, 0), new LogUnit(30, 5, 0)), 10))
                .isEqualTo(20);
    }

    /** Claims what no batch of its size could hold, but what its header can. */
    private static TestBatch claiming(int count) {
        return TestBatch.of("a").attributes(4).claims(count);
    }

    @Test
    void whateverBatchesClaimToHoldCanBeSealed() throws Exception {
        rig.merging(new MergeLimits(100, 2, 2, 100_000, 2_000, 1 << 20, Duration.ofMillis(1)));
        PartitionLog log = rig.openOne(0);
        for (int i = 0; i < 12; i++) {
            rig.commit(log, claiming(RecordBatch.MOST_RECORDS));
            rig.commit(log, TestBatch.of("b"));
        }
        log.deleteRecords(RecordBatch.MOST_RECORDS / 2);

        sealAll(log);

        assertThat(log.committed().sealedThrough()).isEqualTo(12 * (RecordBatch.MOST_RECORDS + 1L));
        assertThat(rig.openOne(0).read(11 * (RecordBatch.MOST_RECORDS + 1L), 1_000, true))
                .isInstanceOf(ReadResult.Records.class);
    }

    @Test
    void epochsOfWhatIsSealedAreKnown() throws Exception {
        PartitionLog first = rig.openOne(0);
        produce(first, 2);
        sealAll(first);
        PartitionLog second = rig.openOne(0);
        produce(second, 1);
        sealAll(second);
        PartitionLog third = rig.openOne(0);

        assertThat(third.endOfEpoch(first.leaderEpoch())).isEqualTo(new EpochEnd(first.leaderEpoch(), 4));
        assertThat(third.endOfEpoch(second.leaderEpoch())).isEqualTo(new EpochEnd(second.leaderEpoch(), 6));
    }

    @Test
    void deletedRecordsStayDeleted() throws Exception {
        PartitionLog log = rig.openOne(0);
        List<String> all = produce(log, 5);
        sealAll(log);
        all.addAll(produce(log, 5));

        assertThat(log.deleteRecords(3)).hasValue(3);
        assertThat(log.deleteRecords(2)).hasValue(3);
        assertThat(log.deleteRecords(21)).isEmpty();
        assertThat(log.read(2, 100, true)).isEqualTo(new ReadResult.OffsetOutOfRange(3, 20));
        assertThat(LogRig.readAll(log, 3, 300)).isEqualTo(all.subList(3, 20));
        PartitionLog after = rig.openOne(0);
        assertThat(after.logStartOffset()).isEqualTo(3);
        assertThat(LogRig.readAll(after, 3, 300)).isEqualTo(all.subList(3, 20));
        assertThat(after.firstAtOrAfter(0).map(TimestampedOffset::offset)).contains(3L);

        assertThat(after.deleteRecords(13)).hasValue(13);
        assertThat(LogRig.readAll(rig.openOne(0), 13, 300)).isEqualTo(all.subList(13, 20));
    }

    @Test
    void aLogThatIsDeletedWhollyGoesOnWhereItEnded() throws Exception {
        PartitionLog log = rig.openOne(0);
        produce(log, 5);
        sealAll(log);
        produce(log, 1);
        assertThat(log.deleteRecords(12)).hasValue(12);

        PartitionLog after = rig.openOne(0);
        assertThat(after.highWatermark()).isEqualTo(12);
        assertThat(rig.commit(after, TestBatch.of("z"))).isEqualTo(12);
        sealAll(after);
        assertThat(LogRig.readAll(rig.openOne(0), 12, 300)).containsExactly("12=z");
    }

    @Test
    void sealingBeginsBehindWhatIsDeleted() throws Exception {
        PartitionLog log = rig.openOne(0);
        List<String> all = produce(log, 5);
        log.deleteRecords(5);
        sealAll(log);

        assertThat(segments().getFirst().value()).contains("segment-00000000000000000004-00000000000000000009-");
        assertThat(LogRig.readAll(rig.openOne(0), 5, 300)).isEqualTo(all.subList(5, 10));
    }

    @Test
    void anotherOwnerSealsOn() throws Exception {
        PartitionLog old = rig.openOne(0);
        List<String> all = produce(old, 5);
        PartitionLog now = rig.openOne(0);
        sealAll(now);
        old.upkeep().relieve();
        if (old.upkeep().begin(() -> true)) {
            try {
                old.upkeep().run();
            } catch (OwnedState.OwnershipLostException e) {
                assertThat(old.committed().sealedThrough()).isZero();
            }
        }
        all.addAll(produce(now, 2));
        sealAll(now);

        assertThat(LogRig.readAll(rig.openOne(0), 0, 300)).isEqualTo(all);
    }

    static Stream<Fault> faults() {
        return NthFailureTest.faults();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whicheverCallFailsNothingIsLost(Fault fault) throws Exception {
        long calls = 1;
        for (long n = 1; n <= calls; n++) {
            FaultPlan plan = FaultPlan.none().failing(n, fault);
            try {
                scenario(plan);
            } catch (AssertionError e) {
                throw new AssertionError("with " + plan.happened(), e);
            }
            calls = plan.calls();
        }
        assertThat(calls).isGreaterThan(10);
    }

    private static void scenario(FaultPlan plan) throws Exception {
        try (LogRig rig = new LogRig()) {
            Ledger ledger = new Ledger(rig.clock);
            PartitionLog first = rig.openOne(0);
            produce(rig, first, ledger);
            sealAll(first);
            produce(rig, first, ledger);
            rig.around(
                    real -> new FaultyObjectStore(real, plan, rig.clock),
                    real -> new FaultyMetadataStore(real, plan, rig.clock));
            PartitionLogs broker = rig.start();
            for (int attempt = 0;
                    attempt < 3 && broker.find(LogRig.partition(0)).isEmpty();
                    attempt++) {
                rig.open(broker, 0);
            }
            PartitionLog log = broker.find(LogRig.partition(0)).orElseThrow();
            for (int round = 0; round < 2; round++) {
                produce(rig, log, ledger);
                trySealing(log);
            }
            plan.cut();
            rig.around(real -> real, real -> real);

            PartitionLog after = rig.openOne(0);
            ledger.check(after);
            produce(rig, after, ledger);
            sealAll(after);
            ledger.check(after);
            ledger.check(rig.openOne(0));
        }
    }

    private static void produce(LogRig rig, PartitionLog log, Ledger ledger) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            ledger.sendIdempotent(log, rig.soon());
            ledger.send(log, rig.soon());
        }
    }

    private static void trySealing(PartitionLog log) throws InterruptedException {
        log.upkeep().relieve();
        if (log.upkeep().begin(() -> true)) {
            try {
                log.upkeep().run();
            } catch (StorageException | MetadataException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }
}
