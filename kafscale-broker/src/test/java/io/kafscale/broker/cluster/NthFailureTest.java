// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.ManualClock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever call of the metadata store fails, and however: nothing is owned twice, lost, or given out twice. */
@Timeout(300)
final class NthFailureTest {

    private static final int START_ATTEMPTS = 3;

    /** Keeping alive is left out: how often it happens is up to the scheduler, and its failures have tests of their own. */
    private static final List<StoreCall> CALLS = List.of(
            StoreCall.METADATA_GET,
            StoreCall.METADATA_RANGE,
            StoreCall.METADATA_COMMIT,
            StoreCall.METADATA_GRANT_LEASE,
            StoreCall.METADATA_REVOKE,
            StoreCall.METADATA_WATCH);

    static List<Fault> faults() {
        return List.of(
                new Fault.FailBefore(),
                new Fault.FailAfter(),
                new Fault.Lost(),
                new Fault.Late(1),
                new Fault.Late(2),
                new Fault.Late(4));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void anyCallMayFail(Fault fault) throws InterruptedException {
        FaultPlan dry = FaultPlan.none();
        new Scenario(dry).play();

        for (StoreCall call : CALLS) {
            assertThat(dry.calls(call)).as("%s", call).isPositive();
            for (long n = 1; n <= dry.calls(call); n++) {
                FaultPlan plan = FaultPlan.none().failing(call, n, fault);
                try {
                    new Scenario(plan).play();
                } catch (AssertionError e) {
                    throw new AssertionError("with " + plan.happened(), e);
                }
            }
        }
    }

    /** A broker makes and deletes topics while a call fails; then another one looks at what is there. */
    private static final class Scenario {
        private final ManualClock clock = new ManualClock();
        private final MetadataStore store = new MemoryMetadataStore(clock);
        private final MetadataStore faulty;
        private final List<TestBroker> brokers = new CopyOnWriteArrayList<>();
        private final Set<Long> producerIds = new HashSet<>();

        Scenario(FaultPlan plan) {
            this.faulty = new FaultyMetadataStore(store, plan, clock);
        }

        void play() throws InterruptedException {
            try (Ticker ticker = new Ticker(clock, this::backgroundThreads)) {
                TestBroker first = started(faulty);
                Optional<Topic> kept = create(first, "kept", 60);
                takeProducerId(first);
                Optional<Topic> doomed = create(first, "doomed", 3);
                boolean deleted = first.cluster.catalog().delete("doomed") instanceof DeleteResult.Deleted;
                takeProducerId(first);
                first.close();

                TestBroker second = started(store);
                kept.ifPresent(topic ->
                        assertThat(second.cluster.catalog().find("kept")).contains(topic));
                if (deleted) {
                    assertThat(second.cluster.catalog().find("doomed")).isEmpty();
                } else {
                    doomed.ifPresent(topic -> assertThat(
                                    second.cluster.catalog().find("doomed").filter(found -> !found.equals(topic)))
                            .isEmpty());
                }
                takeProducerId(second);
                checkOwners(second);
                second.close();
                checkEpochs();
            } finally {
                store.close();
            }
        }

        private TestBroker started(MetadataStore on) throws InterruptedException {
            for (int attempt = 1; ; attempt++) {
                TestBroker broker = new TestBroker(on, clock, 0);
                brokers.add(broker);
                try {
                    broker.start();
                    return broker;
                } catch (MetadataException e) {
                    // as a supervisor would: again
                    assertThat(attempt).isLessThan(START_ATTEMPTS);
                    broker.close();
                }
            }
        }

        private int backgroundThreads() {
            return brokers.stream()
                    .mapToInt(broker -> broker.threads.running().size())
                    .sum();
        }

        private static Optional<Topic> create(TestBroker broker, String name, int partitions)
                throws InterruptedException {
            CreateResult result = broker.cluster.catalog().create(name, partitions, Map.of(), false);
            if (result instanceof CreateResult.Created(Topic topic)) {
                assertThat(broker.cluster.catalog().find(name)).contains(topic);
                broker.awaitServed(topic);
                return Optional.of(topic);
            }
            assertThat(result).isInstanceOf(CreateResult.Unavailable.class);
            return Optional.empty();
        }

        private void takeProducerId(TestBroker broker) {
            try {
                assertThat(producerIds.add(broker.cluster.producerIds().next())).isTrue();
            } catch (MetadataException e) {
                assertThat(e.kind()).isEqualTo(MetadataException.Kind.UNAVAILABLE);
            }
        }

        /** All that exists is owned by the living broker, and nothing else is owned. */
        private void checkOwners(TestBroker living) throws InterruptedException {
            Set<String> expected = new HashSet<>();
            for (Topic topic : living.cluster.catalog().all()) {
                living.awaitServed(topic);
                topic.allPartitions().map(TestBroker.KEYS::partitionOwner).forEach(expected::add);
            }
            assertThat(store.range(TestBroker.KEYS.partitionOwners()).all())
                    .extracting(KeyValue::key)
                    .containsExactlyInAnyOrderElementsOf(expected);
            assertThat(store.range(TestBroker.KEYS.groupShardOwners()).all()).hasSize(64);
            assertThat(store.range(TestBroker.KEYS.partitionStates()).all()).hasSameSizeAs(expected);
        }

        /** No epoch of a partition is ever served twice. */
        private void checkEpochs() {
            Set<Map.Entry<PartitionId, Integer>> epochs = new HashSet<>();
            for (TestBroker broker : brokers) {
                for (AcquiredPartition acquired : broker.host.everServed) {
                    assertThat(epochs.add(Map.entry(acquired.id(), acquired.leaderEpoch())))
                            .as("%s in epoch %s", acquired.id(), acquired.leaderEpoch())
                            .isTrue();
                }
            }
        }
    }
}
