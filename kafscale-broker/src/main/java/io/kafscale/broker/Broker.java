// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Cluster;
import io.kafscale.broker.cluster.ClusterEnvironment;
import io.kafscale.broker.cluster.ClusterSettings;
import io.kafscale.broker.cluster.ClusterStartException;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.fsck.BackupSchedule;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.group.GroupEnvironment;
import io.kafscale.broker.group.GroupSettings;
import io.kafscale.broker.group.GroupShards;
import io.kafscale.broker.group.GroupTopics;
import io.kafscale.broker.handler.FetchMemory;
import io.kafscale.broker.handler.FetchSessions;
import io.kafscale.broker.janitor.Janitor;
import io.kafscale.broker.janitor.JanitorEnvironment;
import io.kafscale.broker.janitor.JanitorSettings;
import io.kafscale.broker.janitor.StoreGate;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.WitnessedMetadataStore;
import io.kafscale.broker.network.Listener;
import io.kafscale.broker.network.NetworkLimits;
import io.kafscale.broker.protocol.RecordDecompressor;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * A running broker: an ordinary object, of which one JVM may have many. What it is made of is started forward and closed in
 * reverse. Thread-safe.
 */
public final class Broker implements AutoCloseable {

    private final Closing closing;
    private final SystemThreads threads;
    private final Listener listener;
    private final String listeningHost;

    private Broker(Closing closing, SystemThreads threads, Listener listener, String listeningHost) {
        this.closing = closing;
        this.threads = threads;
        this.listener = listener;
        this.listeningHost = listeningHost;
    }

    /** Starts a broker that closes itself when it cannot go on. */
    public static Broker start(BrokerConfig config) {
        return start(config, cause -> {});
    }

    /**
     * Starts a broker; when this returns it serves clients.
     *
     * @param atDeath told when the broker cannot go on in this process, just before it closes itself
     * @throws BrokerStartException when it cannot, with everything closed again
     */
    public static Broker start(BrokerConfig config, Consumer<Throwable> atDeath) {
        return start(config, Stores::open, atDeath);
    }

    /** The same on other stores than those that the configuration asks for. */
    static Broker start(BrokerConfig config, Stores.Opening opening, Consumer<Throwable> atDeath) {
        Closing closing = new Closing();
        boolean started = false;
        try {
            Broker broker = new Assembly(config, opening, closing, atDeath).start();
            started = true;
            return broker;
        } catch (ClusterStartException | MetadataException | StorageException e) {
            throw new BrokerStartException(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerStartException("interrupted while starting", e);
        } finally {
            if (!started) {
                closing.close();
            }
        }
    }

    /** The port on which it listens, also when the system has chosen it. */
    public int port() {
        return listener.port();
    }

    /** Where it listens, as {@code HOST:PORT}; the host is 0.0.0.0 for all interfaces. */
    public String address() {
        String host = listeningHost.isEmpty() ? "0.0.0.0" : listeningHost;
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port();
    }

    /** The threads of this broker that run now; none once it is closed. */
    List<Thread> runningThreads() {
        return threads.running();
    }

    /** Stops accepting, answers what is in flight, flushes, and gives up what it owns; within five seconds. */
    @Override
    public void close() {
        closing.close();
    }

    /** Puts one broker together. Confined to the thread that starts it. */
    private static final class Assembly {
        /** For the records of fetch answers: a batch of the usual largest size, and some more. */
        private static final long LEAST_ANSWER_BYTES = 4L << 20;

        /** One part in so many of the heap is for fetch sessions: in 1 GiB, those of about 130,000 partitions. */
        private static final int FETCH_SESSIONS_SHARE = 32;

        private final BrokerConfig config;
        private final Stores.Opening opening;
        private final Closing closing;
        private final Consumer<Throwable> atDeath;
        private final Clock clock = new SystemClock();
        private final RandomGenerator random = new SecureRandom();
        private final SystemThreads threads;
        private final ClusterKeys keys;

        private Assembly(BrokerConfig config, Stores.Opening opening, Closing closing, Consumer<Throwable> atDeath) {
            this.config = config;
            this.opening = opening;
            this.closing = closing;
            this.atDeath = atDeath;
            this.threads = closing.add("threads", new SystemThreads());
            this.keys = new ClusterKeys(config.storage().clusterId());
        }

        private Broker start() throws InterruptedException {
            Stores opened = opening.open(config, clock, threads, objectStores(), closing);
            WitnessedMetadataStore metadata =
                    new WitnessedMetadataStore(opened.metadata(), List.of(keys.heads(), keys.groupHeads()));
            Stores stores = new Stores(metadata, opened.objects(), opened.death());
            threads.start("death", () -> closeAtDeath(stores));
            PartitionLogs logs = closing.add("logs", logs(stores));
            JanitorEnvironment tidiness = tidiness(stores);
            StoreGate gate = new StoreGate(
                    tidiness, Stores.places(config.storage()), stores.death()::complete, metadata::newest);
            Cluster cluster = closing.add("cluster", cluster(stores, gate, logs));
            Listener listener = closing.add("listener", listener());
            cluster.start(self(listener.port()));
            threads.start("abdication", () -> passOnAbdications(logs, cluster));
            GroupCoordinator groups = closing.add("groups", groups(stores, cluster));
            groups.start();
            BackupSchedule backups = new BackupSchedule(logEnvironment(stores));
            Janitor janitor = closing.add("janitor", janitor(tidiness, gate, cluster, backups));
            janitor.start();
            ByteBudget answers = new ByteBudget(clock, Math.max(LEAST_ANSWER_BYTES, maxHeap() / 8));
            FetchMemory fetchMemory = new FetchMemory(answers, new ByteBudget(clock, answers.limit() / 8));
            ByteBudget fetched = new ByteBudget(clock, maxHeap() / FETCH_SESSIONS_SHARE);
            Handlers handlers = new Handlers(
                    Handlers.policy(config.policies(), config.writing()),
                    clock,
                    logs,
                    cluster,
                    groups,
                    new Handlers.Fetching(new FetchSessions(clock, random, fetched), fetchMemory),
                    config.storage().root().toString());
            listener.start(handlers.router(), answers, config.logging().traceRequests());
            return new Broker(closing, threads, listener, config.listening().host());
        }

        private void closeAtDeath(Stores stores) {
            try {
                Optional<Throwable> cause = stores.death().await(clock, Deadline.NEVER);
                cause.ifPresent(atDeath);
                closing.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private ObjectStores objectStores() {
            return new ObjectStores(
                    clock,
                    threads,
                    random,
                    config.times().objectHealth(),
                    config.storage().root());
        }

        private static long maxHeap() {
            return Runtime.getRuntime().maxMemory();
        }

        private PartitionLogs logs(Stores stores) {
            BrokerConfig.Writing writing = config.writing();
            LogLimits usual = LogLimits.forHeap(maxHeap(), writing.flushInterval());
            LogLimits limits = new LogLimits(
                    usual.flushInterval(),
                    writing.flushBytes(),
                    usual.maxUploads(),
                    usual.appendBytes(),
                    new LogLimits.Caches(writing.cacheBytes(), writing.indexCacheBytes(), writing.aheadBlocks()),
                    usual.undecidedLimit());
            return new PartitionLogs(logEnvironment(stores), limits, new RecordDecompressor());
        }

        private LogEnvironment logEnvironment(Stores stores) {
            ObjectKey root = config.storage().root();
            return new LogEnvironment(clock, threads, random, stores.objects(), stores.metadata(), keys, root);
        }

        private JanitorEnvironment tidiness(Stores stores) {
            return new JanitorEnvironment(
                    clock,
                    threads,
                    random,
                    stores.objects(),
                    stores.metadata(),
                    keys,
                    config.storage().root());
        }

        private Janitor janitor(
                JanitorEnvironment environment, StoreGate gate, Cluster cluster, BackupSchedule backups) {
            return new Janitor(
                    environment,
                    JanitorSettings.withGrace(config.times().garbageGrace()),
                    gate,
                    cluster.janitorClaim(),
                    backups::keep);
        }

        private Cluster cluster(Stores stores, StoreGate gate, PartitionLogs logs) {
            return new Cluster(
                    new ClusterEnvironment(stores.metadata(), keys, clock, threads, random),
                    new ClusterSettings(
                            config.node().id(),
                            config.times().leaseTtl(),
                            config.times().startupTimeout()),
                    gate,
                    topics -> new LogHost(logs, config.writing().topicDefaults(), topics));
        }

        private Listener listener() {
            BrokerConfig.Listening listening = config.listening();
            InetSocketAddress address = listening.host().isEmpty()
                    ? new InetSocketAddress(listening.port())
                    : new InetSocketAddress(listening.host(), listening.port());
            NetworkLimits usual = NetworkLimits.forHeap(maxHeap());
            NetworkLimits limits = new NetworkLimits(
                    new NetworkLimits.Connections(listening.connections(), listening.connectionsPerAddress()),
                    usual.frames(),
                    usual.times());
            try {
                return Listener.bind(address, limits, clock, threads);
            } catch (IOException e) {
                throw new BrokerStartException(
                        "cannot listen on " + listening.host() + ":" + listening.port() + " ("
                                + Variable.BROKER_ADDR.key() + "): " + e.getMessage(),
                        e);
            }
        }

        private BrokerNode self(int listeningPort) {
            BrokerConfig.Node node = config.node();
            return new BrokerNode(node.id(), node.host(), node.port() == 0 ? listeningPort : node.port(), node.rack());
        }

        private GroupCoordinator groups(Stores stores, Cluster cluster) {
            return new GroupCoordinator(
                    new GroupEnvironment(
                            stores.metadata(),
                            keys,
                            clock,
                            threads,
                            random,
                            GroupTopics.of(cluster.catalog()),
                            GroupShards.of(cluster.membership(), cluster.ownership())),
                    GroupSettings.DEFAULTS);
        }

        private void passOnAbdications(PartitionLogs logs, Cluster cluster) {
            try {
                while (true) {
                    logs.awaitAbdication(Deadline.NEVER)
                            .ifPresent(token -> cluster.abdicate(token, "the logs cannot tell what they have written"));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
