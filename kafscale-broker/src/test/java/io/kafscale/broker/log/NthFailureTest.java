// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.merge.MergeLimits;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A broker recovers, produces and reads, with each call of its stores failing in turn; the next one checks what is left. */
final class NthFailureTest {

    private static final int PARTITIONS = 2;
    private static final int ROUNDS = 4;

    static Stream<Fault> faults() {
        return Stream.of(
                new Fault.FailBefore(),
                new Fault.FailAfter(),
                new Fault.Lost(),
                new Fault.Late(1),
                new Fault.Late(3),
                new Fault.Full(),
                new Fault.Truncate(),
                new Fault.Flip(777));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void whicheverCallFailsNothingIsLostOrDoubled(Fault fault) throws Exception {
        long calls = 1;
        for (long n = 1; n <= calls; n++) {
            FaultPlan plan = FaultPlan.none().failing(n, fault);
            try {
                runScenario(plan, n % 2 == 0);
            } catch (AssertionError e) {
                throw new AssertionError("with " + plan.happened(), e);
            }
            calls = plan.calls();
        }
        assertThat(calls).isGreaterThan(20);
    }

    private static void runScenario(FaultPlan plan, boolean crash) throws Exception {
        try (LogRig rig = new LogRig()) {
            List<Ledger> ledgers = List.of(new Ledger(rig.clock), new Ledger(rig.clock));
            produce(rig, open(rig, rig.start()), ledgers, 2);
            rig.around(
                    real -> new FaultyObjectStore(real, plan, rig.clock),
                    real -> new FaultyMetadataStore(real, plan, rig.clock));

            PartitionLogs broker = rig.start();
            List<PartitionLog> logs = open(rig, broker);
            produce(rig, logs, ledgers, ROUNDS);
            for (int i = 0; i < PARTITIONS; i++) {
                tolerantRead(logs.get(i));
            }
            if (crash) {
                plan.cut();
            } else {
                broker.close();
            }

            rig.around(real -> real, real -> real);
            List<PartitionLog> after = open(rig, rig.start());
            for (int i = 0; i < PARTITIONS; i++) {
                ledgers.get(i).check(after.get(i));
                assertThat(ledgers.get(i).acknowledged()).isEqualTo((2 + ROUNDS) * 2);
            }
            produce(rig, after, ledgers, 1);
            for (int i = 0; i < PARTITIONS; i++) {
                ledgers.get(i).check(after.get(i));
            }
        }
    }

    /** Has all partitions served, asking again as the cluster does. */
    private static List<PartitionLog> open(LogRig rig, PartitionLogs logs) {
        for (int attempt = 0; attempt < 3; attempt++) {
            for (int i = 0; i < PARTITIONS; i++) {
                if (logs.find(LogRig.partition(i)).isEmpty()) {
                    rig.open(logs, i);
                }
            }
        }
        return Stream.of(0, 1)
                .map(i -> logs.find(LogRig.partition(i)).orElseThrow())
                .toList();
    }

    private static void produce(LogRig rig, List<PartitionLog> logs, List<Ledger> ledgers, int rounds)
            throws InterruptedException {
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < PARTITIONS; i++) {
                ledgers.get(i).sendIdempotent(logs.get(i), rig.soon());
                ledgers.get(i).send(logs.get(i), rig.soon());
            }
        }
    }

    /** A read may meet the fault; what it returns is checked by the next broker. */
    private static void tolerantRead(PartitionLog log) throws InterruptedException {
        for (int attempt = 0; attempt < 2; attempt++) {
            if (log.read(0, 1 << 20, true) instanceof ReadResult.Records records) {
                assertThat(records.batches()).isNotEmpty();
                return;
            }
        }
        throw new AssertionError("reading failed twice");
    }

    /**
     * Brokers come and go on stores that fail often and in every way. Some are dead to the stores at once, some close,
     * some do not know that they have been replaced and go on.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24})
    void stormsLoseAndDoubleNothing(long seed) throws Exception {
        Random random = new Random(seed);
        FaultPlan plan = FaultPlan.none();
        try (LogRig rig = new LogRig()) {
            List<Ledger> ledgers = List.of(new Ledger(rig.clock), new Ledger(rig.clock));
            List<PartitionLog> replaced = List.of();
            for (int life = 0; life < 6; life++) {
                plan = storm(random);
                FaultPlan faults = plan;
                rig.limits(new LogLimits(Duration.ofMillis(1), 200, 3, 1 << 20, 600, 1 << 20, Duration.ofSeconds(3)))
                        .around(
                                real -> new FaultyObjectStore(real, faults, rig.clock),
                                real -> new FaultyMetadataStore(real, faults, rig.clock));
                PartitionLogs broker = rig.start();
                rig.settings(LogRig.settings(-1, -1, 1 << random.nextInt(7, 31)))
                        .merging(new MergeLimits(
                                random.nextInt(4, 200), 3, 2, 2_000, 300, 1 << 20, Duration.ofSeconds(1)));
                live(rig, broker, replaced, ledgers, random);
                replaced = end(broker, plan, random);
                rig.around(real -> real, real -> real);
                List<PartitionLog> after = open(rig, rig.start());
                for (int i = 0; i < PARTITIONS; i++) {
                    ledgers.get(i).check(after.get(i));
                }
            }
            assertThat(ledgers.get(0).acknowledged() + ledgers.get(1).acknowledged())
                    .isGreaterThan(10);
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + " with " + plan.happened(), e);
        }
    }

    /** The logs of a broker that goes on; none when it has come to an end. */
    private static List<PartitionLog> end(PartitionLogs broker, FaultPlan plan, Random random) {
        switch (random.nextInt(3)) {
            case 0 -> plan.cut();
            case 1 -> broker.close();
            default -> {
                return Stream.of(0, 1)
                        .flatMap(i -> broker.find(LogRig.partition(i)).stream())
                        .toList();
            }
        }
        return List.of();
    }

    private static void live(
            LogRig rig, PartitionLogs broker, List<PartitionLog> replaced, List<Ledger> ledgers, Random random)
            throws InterruptedException {
        for (PartitionLog log : replaced) {
            ledgers.get(log.id().partition()).send(log, Deadline.afterMillis(rig.clock, 400));
        }
        for (int step = 0; step < 30; step++) {
            int i = random.nextInt(PARTITIONS);
            if (broker.find(LogRig.partition(i)).isEmpty()) {
                if (broker.awaitAbdication(Deadline.afterMillis(rig.clock, 0)).isPresent()) {
                    broker.begin(rig.register());
                }
                rig.open(broker, i);
            }
            var log = broker.find(LogRig.partition(i));
            if (log.isPresent() && random.nextInt(8) == 0) {
                log.get().upkeep().relieve();
            }
            if (log.isPresent()) {
                Deadline patience = Deadline.afterMillis(rig.clock, 400);
                if (random.nextBoolean()) {
                    ledgers.get(i).sendIdempotent(log.get(), patience);
                } else {
                    ledgers.get(i).send(log.get(), patience);
                }
            }
        }
    }

    private static FaultPlan storm(Random random) {
        Set<StoreCall> writes = EnumSet.of(StoreCall.OBJECT_PUT, StoreCall.METADATA_COMMIT);
        Set<StoreCall> reads = EnumSet.of(StoreCall.OBJECT_READ, StoreCall.METADATA_GET, StoreCall.METADATA_RANGE);
        double share = random.nextDouble() * 0.3;
        return FaultPlan.none()
                .failingAtRandom(random, share, writes, new Fault.FailAfter())
                .failingAtRandom(random, share / 2, writes, new Fault.Lost())
                .failingAtRandom(random, share / 2, writes, new Fault.Late(1 + random.nextInt(5)))
                .failingAtRandom(random, share / 2, writes, new Fault.FailBefore())
                .failingAtRandom(random, share / 3, reads, new Fault.FailBefore())
                .failingAtRandom(random, share / 3, reads, new Fault.Flip(random.nextInt(5_000)))
                .failingAtRandom(random, share, writes, new Fault.Delay(Duration.ofMillis(60)));
    }
}
