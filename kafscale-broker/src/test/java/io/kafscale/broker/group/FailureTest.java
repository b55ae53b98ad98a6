// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static io.kafscale.broker.group.GroupActions.joinTogether;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The store fails, or the code does, and groups go on as soon as they can. */
@Timeout(60)
final class FailureTest {

    private static final String GROUP = "readers";

    private final FaultPlan plan = FaultPlan.none();
    private final GroupWorld world = new GroupWorld(GroupWorld.settings(), this::faulty);
    private final int shard = world.shards.shardOf(GROUP);
    private final TestMember first = new TestMember(world, GROUP);

    private FaultyMetadataStore faulty(MetadataStore store, Clock clock) {
        return new FaultyMetadataStore(store, plan, clock);
    }

    @BeforeEach
    void makeTopic() {
        world.topics.create("t", 2);
    }

    @AfterEach
    void closeWorld() {
        world.close();
    }

    private void nextCommitMeets(Fault fault) {
        plan.failing(StoreCall.METADATA_COMMIT, plan.calls(StoreCall.METADATA_COMMIT) + 1, fault);
    }

    private void pass(Duration duration) throws InterruptedException {
        pass(1, duration);
    }

    private void pass(int waiting, Duration duration) throws InterruptedException {
        world.clock.awaitWaiting(waiting);
        world.clock.advance(duration);
    }

    @Test
    void aStoreThatIsAwayIsAskedLessAndLess() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Set<StoreCall> reading = Set.of(StoreCall.METADATA_RANGE, StoreCall.METADATA_GET);
        plan.failingAtRandom(new Random(1), 1, reading, new Fault.FailBefore());
        long before = reads();

        try (LoggedEvents logged = new LoggedEvents(Shard.class.getPackageName())) {
            world.shards.acquire(shard);
            GroupWorld.until(() -> first.heartbeat() == Errors.COORDINATOR_NOT_AVAILABLE);
            for (int step = 0; step < 40; step++) {
                pass(2, Duration.ofMillis(100));
            }

            assertThat(reads() - before).isLessThanOrEqualTo(5);
            assertThat(logged.atLeast(Level.WARN)).hasSize(1);
        }
    }

    private long reads() {
        return plan.calls(StoreCall.METADATA_RANGE) + plan.calls(StoreCall.METADATA_GET);
    }

    @Test
    void aCommitThatTheStoreRefusesChangesNothing() throws InterruptedException {
        joinTogether(world, GROUP, first);
        assertThat(first.commit("t", 0, 1)).isEqualTo(Errors.NONE);
        nextCommitMeets(new Fault.FailBefore());

        assertThat(first.commit("t", 0, 2)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);

        assertThat(first.committed("t", 0)).isEqualTo(1);
        assertThat(first.commit("t", 0, 3)).isEqualTo(Errors.NONE);
        assertThat(first.committed("t", 0)).isEqualTo(3);
    }

    @Test
    void aFullStoreIsARetriableError() throws InterruptedException {
        nextCommitMeets(new Fault.Full());

        assertThat(first.commit("t", 0, 2)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(world.describe(GROUP).errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    }

    @Test
    void anAnswerThatWasLostIsFoundOut() throws InterruptedException {
        joinTogether(world, GROUP, first);
        for (Fault fault : List.of(new Fault.FailAfter(), new Fault.Lost(), new Fault.Late(1))) {
            long offset = first.committed("t", 0) + 2;
            nextCommitMeets(fault);

            assertThat(first.commit("t", 0, offset)).as("%s", fault).isEqualTo(Errors.NONE);

            assertThat(first.committed("t", 0)).isEqualTo(offset);
        }
        world.restart();
        assertThat(first.committed("t", 0)).isEqualTo(5);
    }

    @Test
    void aLateCopyOfACommitChangesNothing() throws InterruptedException {
        joinTogether(world, GROUP, first);
        nextCommitMeets(new Fault.Late(3));
        assertThat(first.commit("t", 0, 1)).isEqualTo(Errors.NONE);

        for (long offset = 2; offset < 8; offset++) {
            assertThat(first.commit("t", 0, offset)).isEqualTo(Errors.NONE);
        }

        world.restart();
        assertThat(first.committed("t", 0)).isEqualTo(7);
    }

    @Test
    void assignmentsThatCannotBeStoredMakeAllJoinAgain() throws InterruptedException {
        Pending<Errors> joining = first.joining();
        world.untilMembers(GROUP, 1);
        world.clock.advance(GroupWorld.DELAY);
        assertThat(world.await(joining)).isEqualTo(Errors.NONE);
        nextCommitMeets(new Fault.FailBefore());

        assertThat(first.sync()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(first.sync()).isEqualTo(Errors.NONE);
        assertThat(first.generation()).isEqualTo(2);
    }

    @Test
    void aWriteThatStaysUndecidedIsAnsweredWhenPatienceEnds() throws InterruptedException {
        joinTogether(world, GROUP, first);
        first.commit("t", 0, 1);
        plan.failingAtRandom(new Random(1), 1, Set.of(StoreCall.METADATA_COMMIT), new Fault.Lost());
        Pending<Errors> commit = world.async(() -> first.commit("t", 0, 2));

        Optional<Errors> answer = commit.poll();
        while (answer.isEmpty()) {
            first.heartbeat();
            pass(Duration.ofSeconds(1));
            answer = commit.poll();
        }

        assertThat(answer).contains(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(first.committed("t", 0)).isEqualTo(1);
    }

    @Test
    void aGroupThatCannotBeLookedAtHoldsUpNoOther() throws InterruptedException {
        AtomicBoolean broken = new AtomicBoolean();
        Clock clock = new FailingClock(world.clock, broken);
        try (GroupWorld other = new GroupWorld(GroupWorld.settings(), (store, same) -> store, Optional.of(clock));
                LoggedEvents logged = new LoggedEvents(GroupCoordinator.class.getName())) {
            TestMember silent = new TestMember(other, GROUP);
            Pending<Errors> joining = silent.joining();
            other.untilMembers(GROUP, 1);
            world.clock.advance(GroupWorld.DELAY);
            assertThat(other.await(joining)).isEqualTo(Errors.NONE);
            assertThat(silent.sync()).isEqualTo(Errors.NONE);
            broken.set(true);
            world.clock.advance(Duration.ofMillis(TestMember.SESSION_MS));
            GroupWorld.until(() -> !broken.get());

            TestMember next = new TestMember(other, "next");
            Pending<Errors> nextJoins = next.joining();
            other.untilMembers("next", 1);
            world.clock.advance(GroupWorld.DELAY);

            assertThat(other.await(nextJoins)).isEqualTo(Errors.NONE);
            assertThat(logged.atLeast(Level.ERROR)).hasSize(1);
        }
    }

    /** Tells the time of day wrongly once. */
    private record FailingClock(Clock behind, AtomicBoolean broken) implements Clock {
        @Override
        public long monotonicNanos() {
            return behind.monotonicNanos();
        }

        @Override
        public long wallMillis() {
            if (broken.getAndSet(false)) {
                throw new IllegalStateException("there is no time");
            }
            return behind.wallMillis();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            behind.sleep(duration);
        }

        @Override
        public boolean await(Lock lock, Condition condition, Deadline deadline) throws InterruptedException {
            return behind.await(lock, condition, deadline);
        }
    }
}
