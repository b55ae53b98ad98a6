// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.protocol.Errors;

/**
 * A coordinator on a memory store and a clock that stands still, with what it needs around it. Confined to the test's
 * thread, apart from what clients do in {@link #async}.
 */
final class GroupWorld implements AutoCloseable {

    static final Duration DELAY = Duration.ofMillis(100);

    final ManualClock clock = new ManualClock();
    final SystemThreads threads = new SystemThreads();
    final ClusterKeys keys = new ClusterKeys("test");
    final MemoryMetadataStore memory = new MemoryMetadataStore(clock);
    final TestTopics topics = new TestTopics();
    final TestShards shards = new TestShards(memory, keys);
    private final Random random = new Random(7);
    private final Clock used;
    private final GroupSettings settings;
    private final BiFunction<MetadataStore, Clock, MetadataStore> decorate;
    private GroupCoordinator coordinator;

    GroupWorld() {
        this(settings(), (store, clock) -> store);
    }

    GroupWorld(GroupSettings settings, BiFunction<MetadataStore, Clock, MetadataStore> decorate) {
        this(settings, decorate, Optional.empty());
    }

    /** With a clock of the test's own, {@link #clock} stands for nothing. */
    GroupWorld(GroupSettings settings, BiFunction<MetadataStore, Clock, MetadataStore> decorate, Optional<Clock> own) {
        this.used = own.orElse(clock);
        this.settings = settings;
        this.decorate = decorate;
        this.coordinator = open();
    }

    static GroupSettings settings() {
        return new GroupSettings(
                Duration.ofSeconds(1),
                Duration.ofMinutes(5),
                DELAY,
                Integer.MAX_VALUE,
                Duration.ZERO,
                Duration.ofSeconds(10));
    }

    private GroupCoordinator open() {
        GroupEnvironment environment =
                new GroupEnvironment(decorate.apply(memory, used), keys, used, threads, random, topics, shards);
        GroupCoordinator opened = new GroupCoordinator(environment, settings);
        opened.start();
        until(() -> opened.list(new ListGroupsRequestData()).errorCode() == Errors.NONE.code());
        return opened;
    }

    GroupCoordinator coordinator() {
        return coordinator;
    }

    /** The broker's process ends, and another one takes its place. */
    void restart() {
        coordinator.close();
        coordinator = open();
    }

    /** Runs something that waits, as a client's connection does. */
    <T> Pending<T> async(Callable<T> call) {
        Pending<T> result = new Pending<>();
        threads.start("client", () -> complete(result, call));
        return result;
    }

    /** Runs something that waits, and keeps what comes of it. */
    static <T> void complete(Pending<T> result, Callable<T> call) {
        try {
            result.complete(call.call());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Passes a gate, as long as the thread is not asked to end. */
    static void awaitOpen(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    <T> T await(Pending<T> pending) throws InterruptedException {
        return pending.await(used, Deadline.NEVER).orElseThrow();
    }

    /** Lets other threads go on until something is so; the test's own time limit bounds it. */
    @SuppressWarnings(
            "ThreadPriorityCheck") // there is nothing to wait on: what is looked at belongs to the code under test
    static void until(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("still not so when the time was over");
            }
            Thread.yield();
        }
    }

    DescribedGroup describe(String groupId) {
        return coordinator
                .describe(
                        new RequestOrigin("admin", "/127.0.0.1", (short) 6),
                        new DescribeGroupsRequestData().setGroups(List.of(groupId)))
                .groups()
                .get(0);
    }

    String stateOf(String groupId) {
        return describe(groupId).groupState();
    }

    void untilMembers(String groupId, int count) {
        until(() -> describe(groupId).members().size() == count);
    }

    void untilState(String groupId, String state) {
        until(() -> stateOf(groupId).equals(state));
    }

    @Override
    public void close() {
        coordinator.close();
        threads.close();
        memory.close();
    }
}
