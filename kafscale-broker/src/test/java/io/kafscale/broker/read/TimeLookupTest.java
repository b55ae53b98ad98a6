// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.LogSettings;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.log.TimestampType;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.StorageException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TimeLookupTest {

    private final LogRig rig = new LogRig();
    private final PartitionLogs logs = rig.start();
    private final PartitionLog log = open();

    private PartitionLog open() {
        rig.open(logs, 0);
        return logs.find(LogRig.partition(0)).orElseThrow();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private static TestBatch timed(long... times) {
        TestBatch batch = TestBatch.of();
        for (long time : times) {
            batch.record(time, "at " + time);
        }
        return batch;
    }

    private static TimestampedOffset found(long offset, long time) {
        return new TimestampedOffset(offset, time, 1);
    }

    @Test
    void theFirstRecordAtOrAfterATimeIsFound() throws Exception {
        rig.commit(log, timed(100, 300, 200));
        rig.commit(log, timed(150));
        rig.commit(log, timed(400, 500));

        assertThat(log.firstAtOrAfter(0)).contains(found(0, 100));
        assertThat(log.firstAtOrAfter(101)).contains(found(1, 300));
        assertThat(log.firstAtOrAfter(300)).contains(found(1, 300));
        assertThat(log.firstAtOrAfter(301)).contains(found(4, 400));
        assertThat(log.firstAtOrAfter(500)).contains(found(5, 500));
        assertThat(log.firstAtOrAfter(501)).isEmpty();
    }

    @Test
    void theFirstOfThoseWithTheLargestTimeIsFound() throws Exception {
        assertThat(log.maxTimestamp()).isEmpty();
        rig.commit(log, timed(100, 700));
        rig.commit(log, timed(700, 300));

        assertThat(log.maxTimestamp()).contains(found(1, 700));
    }

    @Test
    void timesAreFoundInObjectsAsInMemory() throws Exception {
        rig.commit(log, timed(100, 300, 200));
        rig.commit(log, timed(400));
        PartitionLog reopened = rig.openOne(0);

        assertThat(reopened.firstAtOrAfter(250)).contains(found(1, 300));
        assertThat(reopened.firstAtOrAfter(350)).contains(found(3, 400));
        assertThat(reopened.maxTimestamp()).contains(found(3, 400));
    }

    @Test
    void aCompressedBatchThatCannotBeOpenedAnswersWithItsFirstRecord() throws Exception {
        rig.commit(log, timed(100));
        rig.commit(log, timed(200, 300, 400).attributes(4));

        assertThat(log.firstAtOrAfter(350)).contains(found(1, 350));
        assertThat(log.firstAtOrAfter(150)).contains(found(1, 200));
        assertThat(log.firstAtOrAfter(401)).isEmpty();
    }

    @Test
    void aHeaderThatPromisesATimeWhichNoRecordHasIsPassedOver() throws Exception {
        var liar = timed(100, 200).bytes();
        liar.putLong(35, 900);
        log.append(RecordBatch.at(TestBatch.sealed(liar), 0), log.settings().timestampType(), rig.soon());
        rig.commit(log, timed(800));

        assertThat(log.firstAtOrAfter(500)).contains(found(2, 800));
    }

    @Test
    void theBrokersTimeIsThatOfAllRecords() throws Exception {
        LogSettings stamped = new LogSettings(
                1 << 20, TimestampType.LOG_APPEND_TIME, Long.MAX_VALUE, 0, LogSettings.Keeping.DEFAULTS);
        LogRig.open(logs, List.of(LogRig.request(1, 1, 0, stamped)));
        PartitionLog log = logs.find(LogRig.partition(1)).orElseThrow();
        long before = rig.clock.wallMillis();
        Outcome.Committed committed = (Outcome.Committed) rig.outcome(rig.append(log, timed(5, 6)));

        assertThat(committed.logAppendMillis()).isBetween(before, rig.clock.wallMillis());
        assertThat(log.firstAtOrAfter(before)).contains(found(0, committed.logAppendMillis()));
        var stored = ((ReadResult.Records) log.read(0, 1000, true)).batches().getFirst();
        var batch = RecordBatch.at(stored, 0);
        assertThat(batch.hasLogAppendTime()).isTrue();
        assertThat(batch.computeCrc()).isEqualTo(batch.crc());
    }

    @Test
    void aClosedLogSaysSo() {
        logs.release(List.of(LogRig.partition(0)), rig.soon());

        assertThatThrownBy(() -> log.firstAtOrAfter(0)).isInstanceOf(LogReadException.class);
        assertThatThrownBy(log::maxTimestamp).isInstanceOf(LogReadException.class);
    }

    @Test
    void aStoreThatFailsIsNoAnswer() throws Exception {
        rig.commit(log, timed(100));
        HookedObjects objects = new HookedObjects(rig.objects);
        rig.around(real -> objects, real -> real);
        PartitionLog reopened = rig.openOne(0);
        objects.onRead((key, real) -> {
            throw new StorageException(StorageException.Kind.UNAVAILABLE, "expected by the test");
        });

        assertThatThrownBy(() -> reopened.firstAtOrAfter(0)).isInstanceOf(LogReadException.class);
        assertThat(reopened.firstAtOrAfter(101)).isEqualTo(Optional.empty());
    }
}
