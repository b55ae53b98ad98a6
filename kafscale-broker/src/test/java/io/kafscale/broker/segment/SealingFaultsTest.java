// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.SystemClock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Sealing with the n-th call of the store failing, for every n, and again until it is done. */
final class SealingFaultsTest {

    private static final List<Fault> FAULTS = List.of(
            new Fault.FailBefore(),
            new Fault.FailAfter(),
            new Fault.Lost(),
            new Fault.Late(1),
            new Fault.Late(4),
            new Fault.Full());

    private final Log log = log();

    private static Log log() {
        Log log = new Log();
        for (int i = 0; i < 12; i++) {
            log.batch(2, 100_000, 1_000 + i, 5, 0, 2 * i);
        }
        return log;
    }

    /** Seals two segments, each as often as it takes, at most five times. */
    private void scenario(ObjectStore store) {
        sealUntilDone(store, 0, 12, SealedState.NONE);
        SealedState before = stateUntilRead(store, Log.name(0, 12, 0));
        sealUntilDone(store, 12, 24, before);
    }

    private void sealUntilDone(ObjectStore store, long from, long end, SealedState before) {
        for (int attempt = 1; attempt <= 5; attempt++) {
            try {
                log.seal(store, from, end, before);
                return;
            } catch (StorageException e) {
                assertThat(e.kind()).isIn(Kind.UNAVAILABLE, Kind.FULL);
            }
        }
        throw new AssertionError("five attempts have failed");
    }

    private static SealedState stateUntilRead(ObjectStore store, SegmentName name) {
        try {
            return Log.state(store, name);
        } catch (StorageException e) {
            return Log.state(store, name);
        }
    }

    @Test
    void whateverFailsTheSegmentsAreThereInTheEndAndNothingElse() {
        FaultPlan dry = FaultPlan.none();
        SystemClock clock = new SystemClock();
        MemoryObjectStore good = new MemoryObjectStore(clock);
        scenario(new FaultyObjectStore(good, dry, clock));
        assertThat(dry.calls()).isGreaterThan(10);

        for (Fault fault : FAULTS) {
            for (long n = 1; n <= dry.calls(); n++) {
                FaultPlan plan = FaultPlan.none().failing(n, fault);
                MemoryObjectStore behind = new MemoryObjectStore(clock);
                scenario(new FaultyObjectStore(behind, plan, clock));

                assertThat(plan.happened()).as("call " + n).hasSize(1);
                assertThat(Log.keys(behind)).as("%s", plan.happened()).isEqualTo(Log.keys(good));
                for (SegmentName name : List.of(Log.name(0, 12, 0), Log.name(12, 24, 0))) {
                    assertThat(Log.object(behind, name.segmentKey(Log.ROOT)))
                            .isEqualTo(Log.object(good, name.segmentKey(Log.ROOT)));
                    assertThat(Log.object(behind, name.indexKey(Log.ROOT)))
                            .isEqualTo(Log.object(good, name.indexKey(Log.ROOT)));
                }
            }
        }
    }

    @Test
    void noIndexIsSeenBeforeItsSegment() {
        SystemClock clock = new SystemClock();
        FaultPlan dry = FaultPlan.none();
        scenario(new FaultyObjectStore(new MemoryObjectStore(clock), dry, clock));

        for (long n = 1; n <= dry.calls(); n++) {
            FaultPlan plan = FaultPlan.none().failing(n, new Fault.Full());
            MemoryObjectStore behind = new MemoryObjectStore(clock);
            FaultyObjectStore store = new FaultyObjectStore(behind, plan, clock);
            try {
                log.seal(store, 0, 12, SealedState.NONE);
            } catch (StorageException e) {
                List<String> keys = Log.keys(behind);
                assertThat(keys).allMatch(key -> key.endsWith(".kfs"));
                assertThat(behind.listUploads("", Long.MAX_VALUE)).isEmpty();
            }
        }
    }
}
