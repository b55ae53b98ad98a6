// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Reason;
import io.kafscale.broker.log.AppendResult.Refused;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PartitionLogTest {

    private final LogRig rig = new LogRig();

    @AfterEach
    void stop() {
        rig.close();
    }

    @Test
    void whatIsCommittedIsReadInOrder() throws Exception {
        PartitionLog log = rig.openOne(0);

        assertThat(rig.commit(log, TestBatch.of("a", "b"))).isZero();
        assertThat(rig.commit(log, TestBatch.of("c"))).isEqualTo(2);

        assertThat(log.highWatermark()).isEqualTo(3);
        assertThat(LogRig.readAll(log, 0, 1 << 20)).containsExactly("0=a", "1=b", "2=c");
        assertThat(LogRig.readAll(log, 1, 1 << 20)).containsExactly("1=b", "2=c");
    }

    @Test
    void batchesCarryTheLeaderEpochAndAValidChecksum() throws Exception {
        PartitionLog log = rig.openOne(0);
        rig.commit(log, TestBatch.of("a"));

        ReadResult.Records read = (ReadResult.Records) log.read(0, 1 << 20, true);
        var batch = RecordBatch.at(read.batches().getFirst(), 0);

        assertThat(batch.leaderEpoch()).isEqualTo(log.leaderEpoch());
        assertThat(batch.computeCrc()).isEqualTo(batch.crc());
    }

    @Test
    void aNewIncarnationReadsWhatAnEarlierOneCommitted() throws Exception {
        PartitionLog first = rig.openOne(0);
        rig.commit(first, TestBatch.of("a", "b"));
        rig.commit(first, TestBatch.of("c"));

        PartitionLog second = rig.openOne(0);

        assertThat(second.highWatermark()).isEqualTo(3);
        assertThat(LogRig.readAll(second, 0, 1 << 20)).containsExactly("0=a", "1=b", "2=c");
        assertThat(rig.commit(second, TestBatch.of("d"))).isEqualTo(3);
        assertThat(LogRig.readAll(second, 0, 1)).containsExactly("0=a", "1=b", "2=c", "3=d");
    }

    @Test
    void readsUpToTheLimitButTheFirstBatchWhole() throws Exception {
        PartitionLog log = rig.openOne(0);
        int size = TestBatch.of("a").bytes().limit();
        for (int i = 0; i < 5; i++) {
            rig.commit(log, TestBatch.of("a"));
        }

        assertThat(records(log.read(0, size * 3, true)).batches()).hasSize(3);
        assertThat(records(log.read(0, size * 3 - 1, true)).batches()).hasSize(2);
        assertThat(records(log.read(0, size - 1, true)).batches()).hasSize(1);
        assertThat(records(log.read(0, size - 1, false)).batches()).isEmpty();
        assertThat(records(log.read(0, 0, false)).batches()).isEmpty();
    }

    private static ReadResult.Records records(ReadResult result) {
        return (ReadResult.Records) result;
    }

    @Test
    void anOffsetOutsideOfTheLogIsSaidToBeSo() throws Exception {
        PartitionLog log = rig.openOne(0);
        rig.commit(log, TestBatch.of("a"));

        assertThat(log.read(2, 100, true)).isEqualTo(new ReadResult.OffsetOutOfRange(0, 1));
        assertThat(log.read(-1, 100, true)).isEqualTo(new ReadResult.OffsetOutOfRange(0, 1));
        assertThat(records(log.read(1, 100, true)).batches()).isEmpty();
    }

    @Test
    void aDuplicateGetsTheOffsetOfTheOriginal() throws Exception {
        PartitionLog log = rig.openOne(0);
        long original = rig.commit(log, TestBatch.of("a").producer(1, 0, 0));
        rig.commit(log, TestBatch.of("b").producer(1, 0, 1));

        assertThat(rig.commit(log, TestBatch.of("a").producer(1, 0, 0))).isEqualTo(original);
        assertThat(log.highWatermark()).isEqualTo(2);
    }

    @Test
    void aDuplicateIsKnownToTheNextIncarnation() throws Exception {
        PartitionLog first = rig.openOne(0);
        for (int i = 0; i < 8; i++) {
            rig.commit(first, TestBatch.of("v" + i).producer(1, 0, i));
        }
        PartitionLog second = rig.openOne(0);

        assertThat(rig.commit(second, TestBatch.of("v3").producer(1, 0, 3))).isEqualTo(3);
        assertThat(((Refused) rig.append(second, TestBatch.of("v9").producer(1, 0, 9))).reason())
                .isEqualTo(Reason.OUT_OF_ORDER_SEQUENCE);
        assertThat(rig.commit(second, TestBatch.of("v8").producer(1, 0, 8))).isEqualTo(8);
    }

    @Test
    void aClosedLogRefusesAndWakesItsReaders() throws Exception {
        PartitionLogs logs = rig.start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        AppendResult pending = rig.append(log, TestBatch.of("a"));
        Signal signal = new Signal();
        log.subscribe(signal);

        List<PartitionId> both = List.of(LogRig.partition(0), LogRig.partition(9));
        assertThat(logs.release(both, rig.soon())).containsExactlyInAnyOrderElementsOf(both);

        assertThat(rig.outcome(pending)).isInstanceOf(Outcome.Committed.class);
        assertThat(((Refused) rig.append(log, TestBatch.of("b"))).reason()).isEqualTo(Reason.NOT_OWNER);
        assertThat(log.read(0, 100, true)).isEqualTo(new ReadResult.NotOwner());
        assertThat(signal.await(rig.clock, rig.soon())).isTrue();
        assertThat(logs.find(LogRig.partition(0))).isEmpty();
    }

    @Test
    void aCommitRingsTheSubscribers() throws Exception {
        PartitionLog log = rig.openOne(0);
        Signal signal = new Signal();
        log.subscribe(signal);

        rig.append(log, TestBatch.of("a"));

        assertThat(signal.await(rig.clock, rig.soon())).isTrue();
        assertThat(log.highWatermark()).isEqualTo(1);
        log.unsubscribe(signal);
        rig.commit(log, TestBatch.of("b"));
        assertThat(signal.await(rig.clock, Deadline.afterMillis(rig.clock, 0))).isFalse();
    }

    @Test
    void aLostRegistrationMeansNotAppended() throws Exception {
        PartitionLogs logs = rig.start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        rig.commit(log, TestBatch.of("a"));

        rig.register();
        Outcome outcome = rig.outcome(rig.append(log, TestBatch.of("b")));

        assertThat(outcome).isInstanceOf(Outcome.NotAppended.class);
        assertThat(logs.awaitAbdication(rig.soon())).isPresent();
        assertThat(logs.find(LogRig.partition(0))).isEmpty();
        assertThat(LogRig.readAll(rig.openOne(0), 0, 1000)).containsExactly("0=a");
    }

    @Test
    void aFreshProducersSecondBatchDoesNotOvertakeTheFirst() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        HookedObjects objects = new HookedObjects(rig.objects);
        objects.onPut((key, real) -> {
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return real.get();
        });
        int room = TestBatch.of("a").bytes().limit();
        PartitionLog log = rig.around(real -> objects, real -> real)
                .limits(new LogLimits(Duration.ofMillis(1), 1, 2, room, 1 << 20, 1 << 20, Duration.ofMinutes(30)))
                .openOne(0);
        AppendResult other = rig.append(log, TestBatch.of("x"));
        TestBatch first = TestBatch.of("a").producer(7, 0, 0);
        TestBatch second = TestBatch.of("b").producer(7, 0, 1);

        AppendResult refused =
                log.append(first.batch(), log.settings().timestampType(), Deadline.afterMillis(rig.clock, 0));
        assertThat(((Refused) refused).reason()).isEqualTo(Reason.OVERLOADED);
        held.countDown();
        rig.outcome(other);

        assertThat(rig.append(log, second)).isInstanceOf(Refused.class);
        assertThat(rig.commit(log, first)).isEqualTo(1);
        assertThat(rig.commit(log, second)).isEqualTo(2);
    }
}
