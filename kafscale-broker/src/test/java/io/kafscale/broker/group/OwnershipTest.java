// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static io.kafscale.broker.group.GroupActions.joinTogether;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.CommittedOffsets;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shards are loaded, lost and come back. */
@Timeout(60)
final class OwnershipTest {

    private static final String GROUP = "readers";

    private final FaultPlan plan = FaultPlan.none();
    private final GroupWorld world = new GroupWorld(GroupWorld.settings(), this::faulty);
    private final int shard = world.shards.shardOf(GROUP);
    private final TestMember first = new TestMember(world, GROUP);
    private final TestMember second = new TestMember(world, GROUP);

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
        world.clock.awaitWaiting(1);
        world.clock.advance(duration);
    }

    private void untilLoaded() {
        GroupWorld.until(
                () -> world.coordinator().list(new ListGroupsRequestData()).errorCode() == 0);
    }

    // ---- restart ----

    @Test
    void aRestartForcesNoRebalance() throws InterruptedException {
        joinTogether(world, GROUP, first, second);
        first.commit("t", 0, 42);
        String assignment = second.assignment();

        world.restart();

        assertThat(world.stateOf(GROUP)).isEqualTo("Stable");
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(second.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(second.sync()).isEqualTo(Errors.NONE);
        assertThat(second.assignment()).isEqualTo(assignment);
        assertThat(first.committed("t", 0)).isEqualTo(42);
        assertThat(second.commit("t", 1, 43)).isEqualTo(Errors.NONE);
        assertThat(world.describe(GROUP).members())
                .hasSize(2)
                .allSatisfy(member -> assertThat(member.clientHost()).isEqualTo("/127.0.0.1"));
    }

    @Test
    void sessionsBeginAnewWithTheRestart() throws InterruptedException {
        joinTogether(world, GROUP, first, second);
        pass(Duration.ofMillis(TestMember.SESSION_MS - 1));
        world.restart();

        pass(Duration.ofMillis(TestMember.SESSION_MS - 1));
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
        pass(Duration.ofMillis(1));
        world.untilMembers(GROUP, 1);

        assertThat(first.heartbeat()).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
        assertThat(second.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @Test
    void aRebalanceThatWasNotCompleteIsBegunAgain() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Pending<Errors> joining = second.joining();
        world.untilMembers(GROUP, 2);

        world.restart();
        assertThat(world.await(joining)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);

        TestMember again = second.restarted();
        Pending<Errors> rejoining = again.joining();
        world.untilMembers(GROUP, 2);
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(world.await(rejoining)).isEqualTo(Errors.NONE);
        GroupActions.syncTogether(world, first, again);
        assertThat(first.generation()).isEqualTo(2);
    }

    @Test
    void aStaticMemberThatComesBackWithTheBrokerChangesNothing() throws InterruptedException {
        TestMember old = new TestMember(world, GROUP, "instance");
        joinTogether(world, GROUP, first, old);

        world.restart();
        TestMember back = old.restarted();
        assertThat(back.join()).isEqualTo(Errors.NONE);
        assertThat(back.sync()).isEqualTo(Errors.NONE);
        world.restart();

        assertThat(back.generation()).isEqualTo(old.generation());
        assertThat(back.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(old.heartbeat()).isEqualTo(Errors.FENCED_INSTANCE_ID);
    }

    @Test
    void closingAnswersThoseWhoWaitAndRefusesThoseWhoCome() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Pending<Errors> joining = second.joining();
        world.untilMembers(GROUP, 2);

        world.coordinator().close();

        assertThat(world.await(joining)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.heartbeat()).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.commit("t", 0, 1)).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void whatANewerVersionStoredIsKept() throws Exception {
        joinTogether(world, GROUP, first);
        first.commit("t", 0, 1);
        UnknownFieldSet newer = UnknownFieldSet.newBuilder()
                .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                .build();
        String groupKey = world.keys.group(shard, GROUP);
        String offsetsKey = world.keys.offsets(shard, GROUP, "t", 0);
        ConsumerGroup.Builder group = ConsumerGroup.parseFrom(stored(groupKey)).toBuilder();
        group.setUnknownFields(newer).getMembersBuilder(0).setUnknownFields(newer);
        CommittedOffsets.Builder offsets = CommittedOffsets.parseFrom(stored(offsetsKey)).toBuilder();
        world.memory.commit(Transaction.when()
                .put(groupKey, group.build().toByteString())
                .put(offsetsKey, offsets.setUnknownFields(newer).build().toByteString())
                .build());
        world.restart();

        Pending<Errors> joining = second.joining();
        world.untilMembers(GROUP, 2);
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(world.await(joining)).isEqualTo(Errors.NONE);
        GroupActions.syncTogether(world, first, second);
        assertThat(first.commit("t", 1, 2)).isEqualTo(Errors.NONE);

        ConsumerGroup written = ConsumerGroup.parseFrom(stored(groupKey));
        assertThat(written.getGeneration()).isEqualTo(2);
        assertThat(written.getUnknownFields()).isEqualTo(newer);
        assertThat(written.getMembersList().stream()
                        .filter(member -> member.getMemberId().equals(first.id())))
                .singleElement()
                .satisfies(member -> assertThat(member.getUnknownFields()).isEqualTo(newer));
        CommittedOffsets block = CommittedOffsets.parseFrom(stored(offsetsKey));
        assertThat(block.getPartitionsMap()).containsOnlyKeys(0, 1);
        assertThat(block.getUnknownFields()).isEqualTo(newer);
    }

    private ByteString stored(String key) {
        return world.memory.get(List.of(key)).find(key).orElseThrow().value();
    }

    // ---- ownership ----

    @Test
    void aShardThatIsBeingReadSaysSo() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Fault.Delay slow = new Fault.Delay(Duration.ofMillis(200));
        plan.failingAtRandom(new Random(1), 1, Set.of(StoreCall.METADATA_RANGE), slow);

        world.shards.acquire(shard);

        assertThat(first.heartbeat()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        assertThat(first.commit("t", 0, 1)).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        assertThat(first.join()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        assertThat(world.coordinator().list(new ListGroupsRequestData()).errorCode())
                .isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        for (int read = 0; read < 2; read++) {
            world.clock.awaitWaiting(2);
            world.clock.advance(slow.duration());
        }
        untilLoaded();
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
    }

    @Test
    void aShardThatCannotBeReadIsTriedAgain() throws InterruptedException {
        joinTogether(world, GROUP, first);
        long reads = plan.calls(StoreCall.METADATA_RANGE);
        plan.failing(StoreCall.METADATA_RANGE, reads + 1, new Fault.FailBefore());

        world.shards.acquire(shard);
        GroupWorld.until(() -> first.heartbeat() == Errors.COORDINATOR_NOT_AVAILABLE);
        world.clock.awaitWaiting(2);
        world.clock.advance(Duration.ofMillis(500));

        untilLoaded();
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
    }

    @Test
    void aShardThatWasGivenAwayIsNotOurs() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Pending<Errors> joining = second.joining();
        world.untilMembers(GROUP, 2);

        world.shards.release(shard);

        assertThat(first.heartbeat()).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(world.await(joining)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.join()).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.sync()).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.leave()).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.commit("t", 0, 1)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(first.fetch("t", 0).errorCode()).isEqualTo(Errors.NOT_COORDINATOR.code());
        assertThat(world.describe(GROUP).errorCode()).isEqualTo(Errors.NOT_COORDINATOR.code());
        assertThat(world.coordinator()
                        .delete(new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP)))
                        .results()
                        .find(GROUP)
                        .errorCode())
                .isEqualTo(Errors.NOT_COORDINATOR.code());
        assertThat(world.coordinator().list(new ListGroupsRequestData()).groups())
                .isEmpty();
    }

    @Test
    void thoseWhoWaitLearnFromTheTimerThatTheShardIsGone() throws InterruptedException {
        joinTogether(world, GROUP, first);
        Pending<Errors> joining = second.joining();
        world.untilMembers(GROUP, 2);
        world.shards.release(shard);

        pass(Duration.ofSeconds(1));

        assertThat(world.await(joining)).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void aShardThatWasStolenIsNoticedByTheFirstWrite() throws InterruptedException {
        joinTogether(world, GROUP, first);
        first.commit("t", 0, 1);

        world.shards.stealSilently(shard);

        assertThat(first.commit("t", 0, 2)).isEqualTo(Errors.NOT_COORDINATOR);
        world.shards.acquire(shard);
        untilLoaded();
        assertThat(first.committed("t", 0)).isEqualTo(1);
        assertThat(first.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(first.commit("t", 0, 3)).isEqualTo(Errors.NONE);
    }

    @Test
    void whoLooksLateAtTheOwnershipEndsNoNewerOne() throws InterruptedException {
        joinTogether(world, GROUP, first);
        CountDownLatch looked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicBoolean once = new AtomicBoolean();
        Pending<Thread> slow = new Pending<>();
        world.shards.afterLook(() -> {
            if (slow.poll().filter(Thread.currentThread()::equals).isPresent() && !once.getAndSet(true)) {
                looked.countDown();
                GroupWorld.awaitOpen(goOn);
            }
        });
        Pending<Errors> late = world.async(() -> {
            slow.complete(Thread.currentThread());
            return first.heartbeat();
        });
        looked.await();
        world.shards.acquire(shard);
        Pending<Errors> joining = new Pending<>();
        Thread newer = world.threads.startPlatform("newer", () -> {
            GroupWorld.until(() -> world.stateOf(GROUP).equals("Stable"));
            GroupWorld.complete(joining, second::join);
        });
        GroupWorld.until(() -> newer.getState() == Thread.State.WAITING);

        goOn.countDown();

        world.await(late);
        world.untilMembers(GROUP, 2);
        assertThat(joining.poll()).isEmpty();
        assertThat(first.join()).isEqualTo(Errors.NONE);
        assertThat(world.await(joining)).isEqualTo(Errors.NONE);
    }

    @Test
    void aShardIsReadWhenNothingOfItsFormerOwnershipIsUnderWay() throws InterruptedException {
        joinTogether(world, GROUP, first);
        first.commit("t", 0, 1);
        nextCommitMeets(new Fault.Delay(Duration.ofSeconds(1)));
        Pending<Errors> commit = world.async(() -> first.commit("t", 0, 2));
        world.clock.awaitWaiting(3);

        world.shards.acquire(shard);
        assertThat(first.heartbeat()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        GroupWorld.until(() -> world.threads.running().stream()
                        .filter(thread -> thread.getName().equals("group-shard-" + shard))
                        .filter(thread -> thread.getState() == Thread.State.WAITING)
                        .count()
                == 2);

        assertThat(first.heartbeat()).isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        world.clock.advance(Duration.ofSeconds(1));
        assertThat(world.await(commit)).isEqualTo(Errors.NOT_COORDINATOR);
        untilLoaded();
        assertThat(first.committed("t", 0)).isEqualTo(1);
    }

    @Test
    void anAnswerThatCouldMisleadIsWithheldButTheHeartbeatCounts() throws InterruptedException {
        joinTogether(world, GROUP, first, second);
        pass(Duration.ofMillis(TestMember.SESSION_MS - 1));

        world.shards.certain(false);
        assertThat(first.heartbeat()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(first.fetch("t", 0).errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        assertThat(world.describe(GROUP).errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        assertThat(world.coordinator().list(new ListGroupsRequestData()).errorCode())
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());

        pass(Duration.ofMillis(1));
        world.shards.certain(true);
        world.untilMembers(GROUP, 1);
        assertThat(first.heartbeat()).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
    }

    @Test
    void whatIsSaidFromMemoryAloneIsWithheld() throws InterruptedException {
        joinTogether(world, GROUP, first);
        TestMember stale = new TestMember(world, GROUP);
        world.shards.certain(false);

        assertThat(first.sync()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(second.join()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(new TestMember(world, "unheard of").sync()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(stale.leave()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(stale.commitAs("stale", 1, "t", 0, 7)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(new TestMember(world, "unheard of").commitAs("stale", 1, "t", 0, 7))
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(world.coordinator()
                        .delete(new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP)))
                        .results()
                        .find(GROUP)
                        .errorCode())
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());

        assertThat(first.commit("t", 0, 8)).isEqualTo(Errors.NONE);
        world.shards.certain(true);
        assertThat(first.committed("t", 0)).isEqualTo(8);
    }
}
