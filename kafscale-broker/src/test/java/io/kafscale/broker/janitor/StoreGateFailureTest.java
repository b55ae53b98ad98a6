// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.ClusterGate.Verdict;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever call of either store fails while a cluster is made: it has one identity, and the next start goes on. */
@Timeout(60)
final class StoreGateFailureTest {

    private static final ClusterKeys KEYS = new ClusterKeys("test");
    private static final ObjectKey ROOT = new ObjectKey("default/test");

    private final SystemThreads threads = new SystemThreads();

    static List<Fault> faults() {
        return List.of(
                new Fault.FailBefore(),
                new Fault.FailAfter(),
                new Fault.Lost(),
                new Fault.Full(),
                new Fault.Late(1),
                new Fault.Late(3),
                new Fault.Late(9));
    }

    @AfterEach
    void close() {
        threads.close();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void anyCallMayFail(Fault fault) {
        FaultPlan dry = FaultPlan.none();
        play(dry, false);
        assertThat(dry.calls()).isGreaterThan(10);

        for (boolean dies : new boolean[] {false, true}) {
            for (long n = 1; n <= dry.calls(); n++) {
                FaultPlan plan = FaultPlan.none().failing(n, fault);
                try {
                    play(plan, dies);
                } catch (AssertionError e) {
                    throw new AssertionError("with " + plan.happened() + (dies ? ", then death" : ""), e);
                }
            }
        }
    }

    /** A broker asks; when it fails, it asks again or dies and another one asks. Then others come. */
    private void play(FaultPlan plan, boolean dies) {
        ManualClock clock = new ManualClock();
        try (MetadataStore metadata = new MemoryMetadataStore(clock);
                ObjectStore objects = new MemoryObjectStore(clock)) {
            ObjectStore faultyObjects = new FaultyObjectStore(objects, plan, clock);
            MetadataStore faultyMetadata = new FaultyMetadataStore(metadata, plan, clock);
            Set<String> uuids = new HashSet<>();
            StoreGate gate = gate(faultyMetadata, faultyObjects, clock, 1);
            for (int attempt = 1, open = 0; open < 2; attempt++) {
                assertThat(attempt).isLessThan(5);
                Verdict verdict = gate.ask();
                if (verdict instanceof Verdict.Unclear) {
                    gate = dies ? gate(faultyMetadata, faultyObjects, clock, attempt) : gate;
                } else {
                    uuids.add(uuid(verdict));
                    open++;
                }
            }
            plan.cut();
            uuids.add(uuid(gate(metadata, objects, clock, 77).ask()));
            uuids.add(BucketIdentity.parse(objects.readTail(new RootNames(ROOT).identity(), 10_000))
                    .orElseThrow()
                    .uuid());

            assertThat(uuids).hasSize(1);
        }
    }

    private static String uuid(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Open.class);
        return ((Verdict.Open) verdict).identity().uuid();
    }

    private StoreGate gate(MetadataStore metadata, ObjectStore objects, ManualClock clock, long seed) {
        return new StoreGate(
                new JanitorEnvironment(clock, threads, new Random(seed), objects, metadata, KEYS, ROOT),
                "Here",
                cause -> {},
                Optional::empty);
    }
}
