// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** The cluster part of one broker with a recording host; many may share a store. Confined to its test's thread. */
final class TestBroker implements AutoCloseable {

    static final Duration TTL = Duration.ofSeconds(5);
    static final ClusterKeys KEYS = new ClusterKeys("test");

    /** Waits of one broker at rest: four views, its lease and its ownership. */
    static final int THREADS_AT_REST = 6;

    /** So that no two incarnations have one name. */
    private static final AtomicLong LIVES = new AtomicLong();

    final SystemThreads threads = new SystemThreads();
    final RecordingHost host = new RecordingHost();
    final Cluster cluster;
    private final BrokerNode node;

    TestBroker(MetadataStore store, ManualClock clock, int id) {
        this(store, clock, id, new OpenGate());
    }

    TestBroker(MetadataStore store, ManualClock clock, int id, ClusterGate gate) {
        this.node = new BrokerNode(id, "host-" + id, 9092 + id, Optional.empty());
        this.cluster = new Cluster(
                new ClusterEnvironment(store, KEYS, clock, threads, new Random(LIVES.incrementAndGet())),
                new ClusterSettings(id, TTL, Duration.ZERO),
                gate,
                topics -> host);
    }

    TestBroker start() throws InterruptedException {
        cluster.start(node);
        return this;
    }

    Topic create(String name, int partitions) throws InterruptedException {
        CreateResult result = cluster.catalog().create(name, partitions, Map.of(), false);
        assertThat(result).isInstanceOf(CreateResult.Created.class);
        Topic topic = ((CreateResult.Created) result).topic();
        awaitServed(topic);
        return topic;
    }

    void awaitServed(Topic topic) throws InterruptedException {
        List<PartitionId> partitions = topic.allPartitions().toList();
        assertThat(cluster.ownership().awaitOwned(partitions, Deadline.NEVER)).isTrue();
    }

    /** Ends it as a crash would: nothing is released, nothing revoked. */
    void kill() {
        threads.close();
    }

    @Override
    public void close() {
        cluster.close();
        threads.close();
        assertThat(threads.running()).isEmpty();
    }
}
