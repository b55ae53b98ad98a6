// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.time.SystemClock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two groups live through joining, committing, restarting and leaving, while each call of the store fails in turn. */
@Timeout(300)
final class NthFailureTest {

    private static final Set<Errors> TRY_AGAIN =
            Set.of(Errors.COORDINATOR_NOT_AVAILABLE, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR);

    private static final Set<Errors> JOIN_AGAIN =
            Set.of(Errors.UNKNOWN_MEMBER_ID, Errors.ILLEGAL_GENERATION, Errors.REBALANCE_IN_PROGRESS);

    private static final GroupSettings AT_ONCE = new GroupSettings(
            Duration.ofSeconds(1),
            Duration.ofMinutes(5),
            Duration.ZERO,
            Integer.MAX_VALUE,
            Duration.ZERO,
            Duration.ofSeconds(10));

    static Stream<Fault> faults() {
        return Stream.of(
                new Fault.FailBefore(),
                new Fault.Full(),
                new Fault.FailAfter(),
                new Fault.Lost(),
                new Fault.Late(1),
                new Fault.Late(2),
                new Fault.Late(3),
                new Fault.Late(5));
    }

    /** One life with its store, which fails as planned until the life is over. */
    private static final class Life implements AutoCloseable {
        private final Map<Integer, Long> acknowledged = new TreeMap<>();
        private FaultPlan plan;
        private final GroupWorld world;
        private final TestMember dynamic;
        private TestMember fixed;

        private Life(FaultPlan plan) {
            this.plan = plan;
            this.world = new GroupWorld(
                    AT_ONCE,
                    (store, clock) -> new FaultyMetadataStore(store, this.plan, clock),
                    Optional.of(new SystemClock()));
            this.dynamic = new TestMember(world, "dynamic");
            this.fixed = new TestMember(world, "fixed", "instance");
            world.topics.create("t", 200);
        }

        private void run() throws Exception {
            beStable(dynamic);
            commit(dynamic, 0, 10);
            commit(dynamic, 120, 20);
            beStable(fixed);
            commit(dynamic, 0, 11);
            fixed = fixed.restarted();
            beStable(fixed);
            world.restart();
            commit(dynamic, 0, 12);
            commit(dynamic, 1, 30);
            retry(dynamic::leave);
            TestMember nobody = new TestMember(world, "dynamic");
            retry(() -> acknowledge(nobody, 120, 21));
            comeAndGo();
        }

        /** A group of offsets alone is deleted, made again and deleted again. */
        private void comeAndGo() throws Exception {
            TestMember passing = new TestMember(world, "passing");
            for (long offset = 1; offset <= 2; offset++) {
                long committed = offset;
                assertThat(retry(() -> passing.commit("t", 0, committed))).isEqualTo(Errors.NONE);
                assertThat(retry(() -> delete("passing"))).isIn(Errors.NONE, Errors.GROUP_ID_NOT_FOUND);
            }
        }

        private Errors delete(String group) throws InterruptedException {
            return Errors.forCode(world.coordinator()
                    .delete(new DeleteGroupsRequestData().setGroupsNames(List.of(group)))
                    .results()
                    .find(group)
                    .errorCode());
        }

        private static Errors retry(Callable<Errors> call) throws Exception {
            Errors error = call.call();
            while (TRY_AGAIN.contains(error)) {
                error = call.call();
            }
            return error;
        }

        private static void beStable(TestMember member) throws Exception {
            Errors synced = Errors.REBALANCE_IN_PROGRESS;
            while (synced != Errors.NONE) {
                Errors joined = retry(member::join);
                assertThat(joined).isIn(Errors.NONE, Errors.REBALANCE_IN_PROGRESS);
                synced = joined == Errors.NONE ? member.sync() : joined;
            }
            assertThat(member.assignment()).contains(" in " + member.generation() + " by ");
        }

        private void commit(TestMember member, int partition, long offset) throws Exception {
            Errors error = retry(() -> acknowledge(member, partition, offset));
            while (JOIN_AGAIN.contains(error)) {
                beStable(member);
                error = retry(() -> acknowledge(member, partition, offset));
            }
            assertThat(error).isEqualTo(Errors.NONE);
        }

        private Errors acknowledge(TestMember member, int partition, long offset) throws InterruptedException {
            Errors error = member.commit("t", partition, offset);
            if (error == Errors.NONE) {
                acknowledged.put(partition, offset);
            }
            acknowledged.forEach((number, last) -> {
                var fetched = member.fetch("t", number);
                if (fetched.errorCode() == Errors.NONE.code()) {
                    assertThat(fetched.committedOffset()).isEqualTo(last);
                }
            });
            return error;
        }

        /** Another broker reads what is there. */
        private void reopen() {
            plan = FaultPlan.none();
            world.restart();
        }

        @Override
        public void close() {
            world.close();
        }
    }

    @ParameterizedTest
    @MethodSource("faults")
    void nothingIsLostWhicheverCallFails(Fault fault) throws Exception {
        long calls;
        try (Life undisturbed = new Life(FaultPlan.none())) {
            undisturbed.run();
            calls = undisturbed.plan.calls();
            checkAfterwards(undisturbed, List.of());
            assertThat(undisturbed.dynamic.generation()).isEqualTo(1);
        }
        boolean ofReads = fault instanceof Fault.FailBefore;
        for (long n = ofReads ? 1 : TestShards.COUNT * 3 + 1; n <= calls; n++) {
            FaultPlan plan = FaultPlan.none().failing(n, fault);
            try (Life life = new Life(plan)) {
                life.run();
                checkAfterwards(life, plan.happened());
            }
        }
    }

    private static void checkAfterwards(Life life, List<String> happened) {
        long generation = life.fixed.generation();
        life.reopen();

        TestMember nobody = new TestMember(life.world, "dynamic");
        assertThat(Map.of(0, nobody.committed("t", 0), 1, nobody.committed("t", 1), 120, nobody.committed("t", 120)))
                .as("%s", happened)
                .isEqualTo(life.acknowledged)
                .isEqualTo(Map.of(0, 12L, 1, 30L, 120, 21L));
        assertThat(new TestMember(life.world, "passing").committed("t", 0))
                .as("%s", happened)
                .isEqualTo(-1);
        assertThat(life.fixed.heartbeat()).as("%s", happened).isEqualTo(Errors.NONE);
        assertThat(generation).isPositive();
        assertThat(life.world.describe("dynamic").groupState())
                .as("%s", happened)
                .isIn("Empty", "Stable");
    }
}
