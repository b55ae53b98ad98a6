// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.record.TestBatch;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is set for a topic acts on its open logs. */
@Timeout(60)
class ChangedSettingsTest {

    private final LogRig rig = new LogRig();
    private PartitionLog log;

    @BeforeEach
    void open() throws InterruptedException {
        log = rig.openOne(0);
        rig.commit(log, TestBatch.of("a"));
        rig.commit(log, TestBatch.of("b"));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private static LogSettings sealedAfter(Duration age) {
        return new LogSettings(
                LogSettings.DEFAULTS.maxMessageBytes(),
                TimestampType.CREATE_TIME,
                Long.MAX_VALUE,
                LogSettings.DEFAULTS.timestampAfterMaxMs(),
                new LogSettings.Keeping(-1, -1, 1 << 30, age.toMillis()));
    }

    /** Does what is due, as the background does some time. */
    private void keepUp(long logStart, long sealedThrough) throws InterruptedException {
        while (log.logStartOffset() < logStart || log.committed().sealedThrough() < sealedThrough) {
            if (log.upkeep().begin(() -> true)) {
                log.upkeep().run();
            }
        }
    }

    @Test
    void nothingIsDueAtFirst() {
        assertThat(log.upkeep().begin(() -> true)).isFalse();
    }

    @Test
    void aShorterRetentionActsAtOnce() throws InterruptedException {
        rig.settings(LogRig.settings(1, -1, 1 << 30)); // records of tests are from 1970

        keepUp(2, 0);
        assertThat(log.logStartOffset()).isEqualTo(2);
        rig.settings(LogRig.settings(-1, -1, 1 << 30));
        rig.commit(log, TestBatch.of("c"));
        while (log.upkeep().begin(() -> true)) {
            log.upkeep().run();
        }
        assertThat(log.logStartOffset()).isEqualTo(2);
    }

    @Test
    void whatIsOldIsSealedInItsTurnAndWhatIsLargeAtOnce() throws InterruptedException {
        rig.settings(sealedAfter(Duration.ofMillis(1)));
        keepUp(0, log.highWatermark());
        rig.commit(log, TestBatch.of("old"));
        AtomicInteger asked = new AtomicInteger();
        while (asked.get() < 3) {
            assertThat(log.upkeep().begin(() -> asked.incrementAndGet() < 0)).isFalse();
        }

        rig.settings(LogRig.settings(-1, -1, 1));

        assertThat(log.upkeep().begin(() -> false)).isTrue();
        log.upkeep().run();
        assertThat(log.committed().sealedThrough()).isEqualTo(log.highWatermark());
    }

    @Test
    void aSmallerRetentionActsAtOnce() throws InterruptedException {
        rig.settings(LogRig.settings(-1, 1, 1 << 30));

        keepUp(1, 0);
        assertThat(log.logStartOffset()).isEqualTo(1);
    }

    @Test
    void smallerSegmentsAreSealedAtOnce() throws InterruptedException {
        rig.settings(LogRig.settings(-1, -1, 10));

        keepUp(0, 2);
        assertThat(rig.state(0).getSealedThrough()).isEqualTo(2);
    }

    @Test
    void youngerSegmentsAreSealedAtOnce() throws InterruptedException {
        rig.settings(sealedAfter(Duration.ofMillis(1)));

        keepUp(0, 2);
        assertThat(rig.state(0).getSealedThrough()).isEqualTo(2);
    }
}
