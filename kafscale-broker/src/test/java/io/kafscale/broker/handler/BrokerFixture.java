// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Cluster;
import io.kafscale.broker.cluster.ClusterEnvironment;
import io.kafscale.broker.cluster.ClusterSettings;
import io.kafscale.broker.cluster.CreateResult;
import io.kafscale.broker.cluster.OpenGate;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.group.GroupEnvironment;
import io.kafscale.broker.group.GroupSettings;
import io.kafscale.broker.group.GroupShards;
import io.kafscale.broker.group.GroupTopics;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * A whole broker in memory, without a network. The handlers have a clock of their own, which stands still until a test
 * moves it and on which nobody else waits; that of the rooms below never moves. Confined to its test's thread.
 */
final class BrokerFixture implements AutoCloseable {

    static final BrokerNode SELF = new BrokerNode(3, "broker-3.example", 9092, Optional.of("zone-a"));

    private static final ClusterKeys KEYS = new ClusterKeys("test");
    private static final Duration LEASE = Duration.ofHours(1);
    private static final long ROOM_BYTES = 64 << 20;

    /** Kafka's bounds, but nothing waits for time, which stands still. */
    private static final GroupSettings EAGER_GROUPS = new GroupSettings(
            GroupSettings.DEFAULTS.minSessionTimeout(),
            GroupSettings.DEFAULTS.maxSessionTimeout(),
            Duration.ZERO,
            GroupSettings.DEFAULTS.maxMembers(),
            Duration.ZERO,
            GroupSettings.DEFAULTS.storePatience());

    final ManualClock clock = new ManualClock();
    final SystemThreads threads = new SystemThreads();
    final Cluster cluster;
    final PartitionLogs logs;
    final ByteBudget answers = new ByteBudget(clock, 64 << 20);
    final ByteBudget smallAnswers = new ByteBudget(clock, 1 << 20);
    final ByteBudget sessionBytes = new ByteBudget(clock, FetchSession.bytes(10));
    final FetchSessions fetchSessions = new FetchSessions(clock, new Random(5), sessionBytes);
    final PartitionResolver partitions;
    final LeaderDirectory leaders;

    /** The clock of everything below the handlers. */
    final ManualClock below;

    private final Disks disks;
    private final ObjectStore objects;
    private final MetadataStore metadata;

    /** So that no two incarnations have one name. */
    private static final AtomicLong LIVES = new AtomicLong();

    /** What outlives a broker. Immutable. */
    private record Disks(ManualClock clock, ObjectStore objects, MetadataStore metadata) {}

    BrokerFixture() throws InterruptedException {
        this(FaultPlan.none());
    }

    /** A broker whose stores fail as a plan says. */
    BrokerFixture(FaultPlan plan) throws InterruptedException {
        this(disks(UnaryOperator.identity()), plan, ROOM_BYTES);
    }

    /** A broker whose objects go through a decorator, with so much room for records that are under way. */
    BrokerFixture(UnaryOperator<ObjectStore> decorator, long appendBytes) throws InterruptedException {
        this(disks(decorator), FaultPlan.none(), appendBytes);
    }

    private static Disks disks(UnaryOperator<ObjectStore> decorator) {
        ManualClock below = new ManualClock();
        return new Disks(below, decorator.apply(new MemoryObjectStore(below)), new MemoryMetadataStore(below));
    }

    private BrokerFixture(Disks disks, FaultPlan plan, long appendBytes) throws InterruptedException {
        this.disks = disks;
        below = disks.clock();
        objects = new FaultyObjectStore(disks.objects(), plan, below);
        metadata = new FaultyMetadataStore(disks.metadata(), plan, below);
        logs = new PartitionLogs(
                new LogEnvironment(
                        below,
                        threads,
                        new Random(1),
                        WatchedObjectStore.around(objects, below),
                        metadata,
                        KEYS,
                        new ObjectKey("default/test")),
                new LogLimits(Duration.ZERO, 8 << 20, 8, appendBytes, 64 << 20, 8 << 20, LEASE));
        cluster = new Cluster(
                new ClusterEnvironment(metadata, KEYS, below, threads, new Random(LIVES.incrementAndGet())),
                new ClusterSettings(SELF.id(), LEASE, LEASE),
                new OpenGate(),
                topics -> new LogHost(logs, topics));
        cluster.start(SELF);
        partitions = new PartitionResolver(cluster.catalog(), logs);
        leaders = new LeaderDirectory(cluster.ownership(), cluster.membership());
    }

    /** Stops, and starts another broker on the same stores. */
    BrokerFixture restarted() throws InterruptedException {
        return restarted(FaultPlan.none());
    }

    BrokerFixture restarted(FaultPlan plan) throws InterruptedException {
        stop();
        return new BrokerFixture(disks, plan, ROOM_BYTES);
    }

    /** Lets so much time pass that the broker cannot be sure any more to own what it owns. */
    void becomeUncertain(FaultPlan plan) {
        plan.failingAtRandom(new Random(4), 1, Set.of(StoreCall.METADATA_KEEP_ALIVE), new Fault.FailBefore());
        below.advance(LEASE.multipliedBy(7).dividedBy(10));
        assertThat(cluster.ownership().isCertain()).isFalse();
    }

    /** The groups of this broker, started; to be closed before it. */
    GroupCoordinator groups() {
        GroupCoordinator groups = new GroupCoordinator(
                new GroupEnvironment(
                        metadata,
                        KEYS,
                        below,
                        threads,
                        new Random(3),
                        GroupTopics.of(cluster.catalog()),
                        GroupShards.of(cluster.membership(), cluster.ownership())),
                EAGER_GROUPS);
        groups.start();
        return groups;
    }

    Topic topic(String name, int partitions) throws InterruptedException {
        return topic(name, partitions, Map.of());
    }

    /** A topic whose partitions are all served. */
    Topic topic(String name, int partitionCount, Map<String, String> configs) throws InterruptedException {
        CreateResult result = cluster.catalog().create(name, partitionCount, configs, false);
        assertThat(result).isInstanceOf(CreateResult.Created.class);
        Topic topic = ((CreateResult.Created) result).topic();
        assertThat(cluster.ownership().awaitOwned(topic.allPartitions().toList(), Deadline.NEVER))
                .isTrue();
        return topic;
    }

    PartitionLog log(Topic topic, int partition) {
        return logs.find(topic.partition(partition)).orElseThrow();
    }

    /** Makes a partition one that exists and is not served here. */
    void stopServing(Topic topic, int partition) {
        logs.release(List.of(topic.partition(partition)), Deadline.NEVER);
    }

    ProduceHandler produce() {
        return new ProduceHandler(partitions, leaders, RequestPolicy.DEFAULTS, clock);
    }

    FetchHandler fetch() {
        return new FetchHandler(partitions, leaders, fetchSessions, new FetchMemory(answers, smallAnswers), clock);
    }

    static RequestContext context(ApiKeys api, int version) {
        return new RequestContext(api, (short) version, 1, "client", "/127.0.0.1");
    }

    /** Sends a request as a client of that version does; everything goes through the wire format. */
    @SuppressWarnings("unchecked")
    static <Q extends ApiMessage> Answer send(ApiHandler<Q> handler, int version, Q request)
            throws InterruptedException {
        Q decoded = (Q) Wire.request(handler.api(), (short) version, request);
        return handler.handle(context(handler.api(), version), decoded);
    }

    /** Sends a request and waits for the answer, as the client of that version reads it. */
    static <Q extends ApiMessage, R extends ApiMessage> R call(
            ApiHandler<Q> handler, int version, Q request, Class<R> answer) throws InterruptedException {
        Answer given = send(handler, version, request);
        return answer.cast(Wire.response(handler.api(), (short) version, message(given)));
    }

    static ApiMessage message(Answer answer) throws InterruptedException {
        return switch (answer) {
            case Answer.Ready ready -> ready.message();
            case Answer.Later later -> message(later.completion().await());
            case Answer.Silent silent -> throw new AssertionError("no answer");
            case Answer.Disconnect disconnect -> throw new AssertionError("disconnected: " + disconnect.reason());
        };
    }

    private void stop() {
        cluster.close();
        logs.close();
        threads.close();
        objects.close();
        metadata.close();
    }

    @Override
    public void close() {
        stop();
        disks.objects().close();
        disks.metadata().close();
    }
}
