// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.CommittedOffset;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ShardWriterTest {

    private static final Duration INTERVAL = Duration.ofMillis(20);
    private static final UUID TOPIC = new UUID(1, 2);

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final ClusterKeys keys = new ClusterKeys("test");
    private final MemoryMetadataStore memory = new MemoryMetadataStore(clock);
    private final TestShards shards = new TestShards(memory, keys);
    private final FaultPlan plan = FaultPlan.none();
    private final StoredGroup stored = new StoredGroup("g");
    private final WriteBudget budget = new WriteBudget(32L * 1024 * 1024);
    private final ShardWriter writer = new ShardWriter(
            new GroupEnvironment(
                    new FaultyMetadataStore(memory, plan, clock),
                    keys,
                    clock,
                    threads,
                    new Random(1),
                    new TestTopics(),
                    shards),
            INTERVAL,
            ShardClaim.current(shards, 0).orElseThrow(),
            new StoreOutage(),
            budget);
    private final Pending<Boolean> ended = new Pending<>();

    @AfterEach
    void closeAll() {
        writer.abandon();
        threads.close();
    }

    private Thread start() {
        return threads.start("writer", () -> {
            try {
                writer.run(new ShardHead(keys.groupHead(0), 0, 0));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                ended.complete(true);
            }
        });
    }

    private ShardWrite.PutOffsets put(String topic, int block, long offset, String metadata) {
        Map<Integer, CommittedOffset> offsets = new HashMap<>();
        for (int i = 0; i < OffsetBlock.PARTITIONS; i++) {
            offsets.put(
                    block * OffsetBlock.PARTITIONS + i,
                    CommittedOffset.newBuilder()
                            .setOffset(offset)
                            .setMetadata(metadata)
                            .build());
        }
        return new ShardWrite.PutOffsets(stored, new OffsetBlock.Key(topic, block), TOPIC, offsets, new Pending<>());
    }

    private ShardWrite.PutOffsets put(String topic, long offset) {
        return put(topic, 0, offset, "");
    }

    private Errors outcome(ShardWrite.PutOffsets write) throws InterruptedException {
        return write.outcome().await(clock, Deadline.NEVER).orElseThrow();
    }

    private long offset(String topic) {
        return stored.block(new OffsetBlock.Key(topic, 0))
                .map(block -> block.partitions().get(0))
                .map(CommittedOffset::getOffset)
                .orElse(-1L);
    }

    private long commits() {
        return plan.calls(StoreCall.METADATA_COMMIT);
    }

    private void nextCommitMeets(Fault fault) {
        plan.failing(StoreCall.METADATA_COMMIT, commits() + 1, fault);
    }

    @Test
    void theFirstWriteAfterAPauseGoesAtOnceAndTheOthersGoTogether() throws InterruptedException {
        start();
        ShardWrite.PutOffsets first = put("a", 1);
        writer.offer(List.of(first));
        assertThat(outcome(first)).isEqualTo(Errors.NONE);
        assertThat(commits()).isEqualTo(1);

        List<ShardWrite.PutOffsets> others = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            ShardWrite.PutOffsets write = put("t" + i, i);
            others.add(write);
            writer.offer(List.of(write));
        }
        clock.awaitWaiting(1);
        assertThat(commits()).isEqualTo(1);
        assertThat(others)
                .allSatisfy(write -> assertThat(write.outcome().poll()).isEmpty());
        clock.advance(INTERVAL);

        for (ShardWrite.PutOffsets write : others) {
            assertThat(outcome(write)).isEqualTo(Errors.NONE);
        }
        assertThat(commits()).isEqualTo(2);
    }

    @Test
    void theLaterOfTwoWritesToOneBlockWins() throws InterruptedException {
        ShardWrite.PutOffsets older = put("a", 5);
        ShardWrite.PutOffsets newer = put("a", 4);
        writer.offer(List.of(older));
        writer.offer(List.of(newer));
        start();

        assertThat(outcome(older)).isEqualTo(Errors.NONE);
        assertThat(outcome(newer)).isEqualTo(Errors.NONE);

        assertThat(commits()).isEqualTo(1);
        assertThat(offset("a")).isEqualTo(4);
    }

    private ShardWrite.DeleteOffsets delete(String topic, int partitions) {
        return new ShardWrite.DeleteOffsets(
                stored,
                new OffsetBlock.Key(topic, 0),
                TOPIC,
                IntStream.range(0, partitions).boxed().collect(Collectors.toSet()),
                new Pending<>(),
                () -> {});
    }

    @Test
    void offsetsThatGoAndComeInOneTransactionAreThere() throws InterruptedException {
        ShardWrite.PutOffsets stays = put("a", 1);
        writer.offer(List.of(stays, put("b", 1), put("c", 1)));
        start();
        assertThat(outcome(stays)).isEqualTo(Errors.NONE);

        ShardWrite.PutOffsets last = put("a", 3);
        writer.offer(List.of(
                put("a", 2),
                delete("a", OffsetBlock.PARTITIONS),
                delete("a", 1),
                delete("b", 1),
                delete("c", OffsetBlock.PARTITIONS),
                delete("never", 1),
                last));
        clock.awaitWaiting(1);
        clock.advance(INTERVAL);

        assertThat(outcome(last)).isEqualTo(Errors.NONE);
        assertThat(commits()).isEqualTo(2);
        assertThat(offset("a")).isEqualTo(3);
        assertThat(offset("b")).isEqualTo(-1);
        assertThat(stored.blocks()).containsOnlyKeys(new OffsetBlock.Key("a", 0), new OffsetBlock.Key("b", 0));
        assertThat(memory.range(keys.offsets(0, "g", "c", 0)).all()).isEmpty();
    }

    @Test
    void moreThanOneTransactionHoldsGoesInSeveral() throws InterruptedException {
        List<ShardWrite.PutOffsets> writes = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            writes.add(put("t" + i, i));
        }
        writer.offer(writes);
        start();

        for (int wait = 0; wait < 2; wait++) {
            clock.awaitWaiting(1);
            clock.advance(INTERVAL);
        }

        for (ShardWrite.PutOffsets write : writes) {
            assertThat(outcome(write)).isEqualTo(Errors.NONE);
        }
        assertThat(commits()).isEqualTo(3);
        assertThat(memory.range(keys.offsets(0, "g")).all()).hasSize(250);
    }

    @Test
    void largeValuesAreSpreadOverTransactions() throws InterruptedException {
        List<ShardWrite.PutOffsets> writes = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            writes.add(put("large", i, i, "m".repeat(4096)));
        }
        writer.offer(writes);
        start();

        clock.awaitWaiting(1);
        clock.advance(INTERVAL);

        for (ShardWrite.PutOffsets write : writes) {
            assertThat(outcome(write)).isEqualTo(Errors.NONE);
        }
        assertThat(commits()).isEqualTo(2);
    }

    @Test
    void nothingOvertakesAWriteThatIsUndecided() throws InterruptedException {
        nextCommitMeets(new Fault.Lost());
        plan.failing(StoreCall.METADATA_COMMIT, commits() + 2, new Fault.Lost());
        ShardWrite.PutOffsets first = put("a", 1);
        writer.offer(List.of(first));
        start();
        clock.awaitWaiting(1);
        ShardWrite.PutOffsets second = put("a", 2);
        ShardWrite.PutOffsets third = put("b", 3);
        writer.offer(List.of(second));
        writer.offer(List.of(third));

        assertThat(commits()).isEqualTo(2);
        assertThat(first.outcome().poll()).isEmpty();
        GroupWorld.until(() -> {
            clock.advance(INTERVAL);
            return third.outcome().poll().isPresent();
        });

        assertThat(outcome(first)).isEqualTo(Errors.NONE);
        assertThat(outcome(second)).isEqualTo(Errors.NONE);
        assertThat(offset("a")).isEqualTo(2);
        assertThat(commits()).isEqualTo(4);
    }

    @Test
    void aWriteThatWasAppliedIsFoundByReading() throws InterruptedException {
        nextCommitMeets(new Fault.FailAfter());
        ShardWrite.PutOffsets write = put("a", 1);
        ShardWrite.PutOffsets other = put("b", 2);
        writer.offer(List.of(write, other));
        start();

        assertThat(outcome(write)).isEqualTo(Errors.NONE);
        assertThat(outcome(other)).isEqualTo(Errors.NONE);
        assertThat(plan.calls(StoreCall.METADATA_GET)).isEqualTo(1);

        ShardWrite.PutOffsets next = put("a", 3);
        writer.offer(List.of(next));
        clock.awaitWaiting(1);
        clock.advance(INTERVAL);
        assertThat(outcome(next)).isEqualTo(Errors.NONE);
    }

    @Test
    void aLateCopyBringsNothingBackThatWasDeletedSince() throws InterruptedException {
        nextCommitMeets(new Fault.Late(3));
        ShardWrite.PutOffsets first = put("a", 1);
        writer.offer(List.of(first));
        start();
        assertThat(outcome(first)).isEqualTo(Errors.NONE);
        assertThat(delete()).isEqualTo(Errors.NONE);

        ShardWrite.PutOffsets next = put("b", 2);
        writer.offer(List.of(next));
        GroupWorld.until(() -> {
            clock.advance(INTERVAL);
            return next.outcome().poll().isPresent();
        });

        assertThat(outcome(next)).isEqualTo(Errors.NONE);
        assertThat(memory.range(keys.offsets(0)).all())
                .singleElement()
                .satisfies(block -> assertThat(block.key()).contains("/b/"));
    }

    @Test
    void aWriterWithoutItsShardEnds() throws InterruptedException {
        shards.stealSilently(0);
        ShardWrite.PutOffsets write = put("a", 1);
        writer.offer(List.of(write));
        start();

        assertThat(outcome(write)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(ended.await(clock, Deadline.NEVER)).contains(true);
        assertThat(offset("a")).isEqualTo(-1);
    }

    @Test
    void aWriterThatCannotKnowGivesUpWhenItsShardIsGone() throws InterruptedException {
        plan.failingAtRandom(new Random(1), 1, Set.of(StoreCall.METADATA_COMMIT), new Fault.Lost());
        ShardWrite.PutOffsets write = put("a", 1);
        writer.offer(List.of(write));
        start();
        clock.awaitWaiting(1);
        shards.release(0);

        clock.advance(Duration.ofSeconds(1));

        assertThat(outcome(write)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(ended.await(clock, Deadline.NEVER)).contains(true);
    }

    @Test
    void aRefusalOfTheStoreConcernsOnlyWhatWasInIt() throws InterruptedException {
        nextCommitMeets(new Fault.FailBefore());
        ShardWrite.PutOffsets refused = put("a", 1);
        writer.offer(List.of(refused));
        start();
        assertThat(outcome(refused)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);

        ShardWrite.PutOffsets next = put("a", 2);
        writer.offer(List.of(next));
        clock.awaitWaiting(1);
        clock.advance(INTERVAL);

        assertThat(outcome(next)).isEqualTo(Errors.NONE);
        assertThat(offset("a")).isEqualTo(2);
    }

    @Test
    void closingWritesWhatWasAcceptedAndAcceptsNothingMore() throws InterruptedException {
        List<ShardWrite.PutOffsets> writes = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            writes.add(put("t" + i, i));
        }
        writer.offer(writes);
        writer.close();
        start();

        assertThat(ended.await(clock, Deadline.NEVER)).contains(true);
        for (ShardWrite.PutOffsets write : writes) {
            assertThat(outcome(write)).isEqualTo(Errors.NONE);
        }
        assertThat(writer.offer(List.of(put("late", 1)))).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void abandoningRefusesWhatWasNotBegun() throws InterruptedException {
        ShardWrite.PutOffsets write = put("a", 1);
        writer.offer(List.of(write));

        writer.abandon();

        assertThat(outcome(write)).isEqualTo(Errors.NOT_COORDINATOR);
        assertThat(stored.isAbsent()).isTrue();
    }

    @Test
    void anInterruptedWriterLeavesNobodyWaiting() throws InterruptedException {
        plan.failingAtRandom(new Random(1), 1, Set.of(StoreCall.METADATA_COMMIT), new Fault.Lost());
        ShardWrite.PutOffsets write = put("a", 1);
        writer.offer(List.of(write));
        Thread thread = start();
        clock.awaitWaiting(1);

        thread.interrupt();

        assertThat(outcome(write)).isEqualTo(Errors.NOT_COORDINATOR);
    }

    @Test
    void aQueueThatIsFullRefusesButAlwaysTakesOne() {
        String metadata = "m".repeat(4096);
        List<ShardWrite.PutOffsets> large = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            large.add(put("large", i, i, metadata));
        }

        assertThat(writer.offer(large)).isEqualTo(Errors.NONE);

        assertThat(writer.offer(List.of(put("a", 1)))).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(writer.offer(List.of(new ShardWrite.PutGroup(
                        stored, ConsumerGroup.newBuilder().setGroupId("g").build(), outcome -> {}))))
                .isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
    }

    @Test
    void whatOtherShardsHaveWaitingCountsToo() throws InterruptedException {
        budget.take(32L * 1024 * 1024 - 300);
        ShardWrite.PutOffsets write = put("a", 1);

        assertThat(writer.offer(List.of(write))).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);

        budget.giveBack(write.bytes());
        assertThat(writer.offer(List.of(write))).isEqualTo(Errors.NONE);
        assertThat(writer.offer(List.of(put("b", 2)))).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        start();
        assertThat(outcome(write)).isEqualTo(Errors.NONE);
        assertThat(writer.offer(List.of(put("b", 2)))).isEqualTo(Errors.NONE);
    }

    @Test
    void anOffsetIsCountedWithWhatItTakesInMemory() {
        assertThat(put("a", 0, 1, "").bytes()).isGreaterThanOrEqualTo(OffsetBlock.PARTITIONS * 150L);
        assertThat(put("a", 0, 1, "\u6f22".repeat(100)).bytes()).isGreaterThanOrEqualTo(OffsetBlock.PARTITIONS * 350L);
    }

    @Test
    void aDeletionWaitsForTheWritesBeforeIt() throws InterruptedException {
        ShardWrite.PutOffsets before = put("a", 1);
        Pending<Errors> deleted = new Pending<>();
        writer.offer(List.of(before));
        writer.offer(List.of(new ShardWrite.DeleteGroup(stored, deleted::complete)));
        start();
        clock.awaitWaiting(1);
        clock.advance(INTERVAL);

        assertThat(deleted.await(clock, Deadline.NEVER)).contains(Errors.NONE);
        assertThat(outcome(before)).isEqualTo(Errors.NONE);
        assertThat(memory.range(keys.offsets(0)).all()).isEmpty();
        assertThat(stored.isAbsent()).isTrue();
    }

    @Test
    void aDeletionThatFailsHalfwayCanBeTriedAgain() throws InterruptedException {
        List<ShardWrite.PutOffsets> writes = new ArrayList<>();
        for (int i = 0; i < 97; i++) {
            writes.add(put("t" + i, i));
        }
        writer.offer(writes);
        writer.offer(List.of(new ShardWrite.PutGroup(
                stored, ConsumerGroup.newBuilder().setGroupId("g").build(), outcome -> {})));
        start();
        clock.awaitWaiting(1);
        clock.advance(INTERVAL);
        GroupWorld.until(() -> stored.revision() > 0);
        plan.failing(StoreCall.METADATA_COMMIT, commits() + 2, new Fault.FailBefore());

        assertThat(delete()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(stored.blocks()).isEmpty();
        assertThat(stored.revision()).isPositive();

        assertThat(delete()).isEqualTo(Errors.NONE);
        assertThat(memory.range(keys.groups(0)).all()).isEmpty();
        assertThat(stored.isAbsent()).isTrue();
    }

    private Errors delete() {
        Pending<Errors> deleted = new Pending<>();
        writer.offer(List.of(new ShardWrite.DeleteGroup(stored, deleted::complete)));
        GroupWorld.until(() -> {
            clock.advance(INTERVAL);
            return deleted.poll().isPresent();
        });
        return deleted.poll().orElseThrow();
    }

    @Test
    void aGroupThatWasNeverStoredIsDeletedWithoutAWrite() throws InterruptedException {
        Pending<Errors> deleted = new Pending<>();
        writer.offer(List.of(new ShardWrite.DeleteGroup(stored, deleted::complete)));
        start();

        assertThat(deleted.await(clock, Deadline.NEVER)).contains(Errors.NONE);
        assertThat(commits()).isZero();
    }
}
