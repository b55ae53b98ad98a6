// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.merge.MergeRig.Broker;
import io.kafscale.broker.merge.Merger.Done;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.StorageException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A merge with each call of its stores failing in turn; the next broker finds everything as it was. */
final class MergeFailureTest {

    static Stream<Fault> faults() {
        return Stream.of(
                new Fault.FailBefore(),
                new Fault.FailAfter(),
                new Fault.Lost(),
                new Fault.Late(1),
                new Fault.Late(4),
                new Fault.Full(),
                new Fault.Truncate(),
                new Fault.Flip(333));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whicheverCallFailsNothingIsLost(Fault fault) throws Exception {
        FaultPlan dry = FaultPlan.none();
        runScenario(dry, true);
        assertThat(dry.calls()).isGreaterThan(25);
        for (long n = 1; n <= dry.calls(); n++) {
            FaultPlan plan = FaultPlan.none().failing(n, fault);
            try {
                runScenario(plan, n % 2 == 0);
            } catch (AssertionError e) {
                throw new AssertionError("with " + plan.happened(), e);
            }
        }
    }

    private static void runScenario(FaultPlan plan, boolean again) throws Exception {
        try (MergeRig rig = new MergeRig()) {
            Broker broker = rig.start();
            rig.produce(broker, 14);
            List<List<String>> before = rig.content(broker);
            rig.rig.around(
                    real -> new FaultyObjectStore(real, plan, rig.rig.clock),
                    real -> new FaultyMetadataStore(real, plan, rig.rig.clock));
            merge(rig, broker, again ? 4 : 1);
            plan.cut();

            rig.rig.around(real -> real, real -> real);
            Broker next = rig.start();
            rig.collectGarbage();
            assertThat(rig.content(next)).isEqualTo(before);
            rig.checkProducers(next);
            if (again) {
                assertThat(rig.keys(broker.token().incarnation())).hasSizeLessThan(10);
            }
        }
    }

    private static void merge(MergeRig rig, Broker broker, int attempts) throws InterruptedException {
        LogEnvironment environment = rig.environment();
        String incarnation = broker.token().incarnation();
        Merger merger = new Merger(
                environment, broker.token(), incarnation, rig.registry(incarnation), rig.merging(environment));
        for (int attempt = 0; attempt < attempts; attempt++) {
            try {
                Done done = Done.SOMETHING;
                while (done == Done.SOMETHING) {
                    done = merger.step();
                }
                assertThat(done).isEqualTo(Done.NOTHING);
            } catch (StorageException e) {
                // the next attempt does it, or the next broker lives without it
            }
        }
    }
}
