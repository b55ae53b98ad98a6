// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.history.PartitionContent;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.RecordId;
import io.kafscale.it.history.Violation;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.load.LogReader;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.ClusterStores;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What etcd knew is lost, wholly or but for an earlier snapshot, or is that of somebody else: no broker serves from that, and
 * {@code fsck restore} brings everything back that was acknowledged.
 */
@Tag("multi-segment-durability")
final class ClusterRestoreTest {
    private static final int PARTITIONS = 6;
    private static final int VALUE_BYTES = 1_000;
    private static final int UNDER_WAY = 200;
    private static final int STEP = 4_000;
    private static final int TINY = 50;
    private static final String BROKERS = "/kafscale/kafscale/brokers/";

    @TempDir
    private Path directory;

    private static BrokerSettings settings(ClusterStores stores) {
        return stores.settings()
                .with("KAFSCALE_SEGMENT_BYTES", "1MiB")
                .with("KAFSCALE_FLUSH_INTERVAL_MS", "5")
                .with("KAFSCALE_FLUSH_BYTES", "256KiB")
                .with("KAFSCALE_LEASE_TTL_SEC", "2");
    }

    /** At a pace at which a minute of it can be read again and again. */
    private static LoadSettings load(BrokerProcess broker, String topic) {
        return new LoadSettings(
                broker.bootstrap(), topic, PARTITIONS, VALUE_BYTES, Map.of("linger.ms", "20"), UNDER_WAY, false);
    }

    /** The broker dies with etcd. It had started behind the snapshot, from which the next one can tell how old that is. */
    @Test
    void whatWasAcknowledgedBehindASnapshotOfEtcdIsBroughtBack() throws Exception {
        assertComesBack(new Disaster() {
            @Override
            public void strike(ClusterStores stores, BrokerProcess broker, Path snapshot) {
                broker.kill();
                broker.start();
                broker.kill();
                stores.etcd().setBack(snapshot);
            }

            @Override
            public String reason() {
                return "was restored to an older state";
            }
        });
    }

    @Test
    void aBrokerUnderWhichEtcdIsSetBackEndsAndNoneStartsBeforeTheRestore() throws Exception {
        assertComesBack(new Disaster() {
            @Override
            public void strike(ClusterStores stores, BrokerProcess broker, Path snapshot) {
                stores.etcd().setBack(snapshot, "--bump-revision=1000000000", "--mark-compacted");
                assertEnds(broker, reason());
            }

            @Override
            public String reason() {
                return "was restored to an older state";
            }
        });
    }

    @Test
    void aBrokerUnderWhichEtcdIsEmptiedEndsAndNoneStartsBeforeTheRestore() throws Exception {
        assertComesBack(new Disaster() {
            @Override
            public void strike(ClusterStores stores, BrokerProcess broker, Path snapshot) {
                stores.etcd().wipe();
                assertEnds(broker, reason());
            }

            @Override
            public String reason() {
                return "the metadata of this cluster is missing";
            }
        });
    }

    /** Two clusters with names as they come, on one bucket. */
    @Test
    void aSecondClusterOnTheBucketOfAnotherIsRefusedAndChangesNothing() throws Exception {
        try (ClusterStores stores = ClusterStores.started(directory, 1);
                EtcdCluster second = EtcdCluster.started(directory.resolve("second"), 1, EtcdOptions.PLAIN);
                BrokerProcess broker = BrokerProcess.started("first", settings(stores));
                Load load = Load.start(load(broker, "first"))) {
            awaitMore(load);
            BrokerSettings empty = settings(stores)
                    .with("KAFSCALE_ETCD_ENDPOINTS", second.endpoints())
                    .with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0");
            Map<String, String> objects = lasting(stores);

            assertLeavesAlone(
                    BrokerProcess.run(empty), "the metadata of this cluster is missing", "KAFSCALE_S3_BUCKET");
            assertLeavesAlone(FsckRun.of(empty, "--repair"), "PROBLEM identity");
            assertThat(second.control("get", "--prefix", "--keys-only", "/")).isBlank();
            startElsewhereOnce(empty.with("KAFSCALE_S3_BUCKET", stores.s3().newBucket()));
            assertLeavesAlone(
                    BrokerProcess.run(empty),
                    "two clusters have the same name",
                    "KAFSCALE_S3_NAMESPACE",
                    "KAFSCALE_CLUSTER_ID");
            assertLeavesAlone(FsckRun.of(empty, "--repair"), "PROBLEM identity");
            assertLeavesAlone(FsckRun.of(empty, "restore"), "but the objects belong to cluster");

            assertThat(lasting(stores)).containsAllEntriesOf(objects);
            assertNothingIsLost(load);
            broker.assertHealthy();
            broker.stop();
            FsckRun.assertOnlyOrphansAreFoundAndRemoved(settings(stores));
        }
    }

    private static void assertLeavesAlone(Finished refused, String... words) {
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.text()).contains(words).doesNotContain("broker listening on", "\tat ");
    }

    /** So the second etcd has a cluster of its own. */
    private static void startElsewhereOnce(BrokerSettings settings) {
        try (BrokerProcess elsewhere = BrokerProcess.started("elsewhere", settings)) {
            elsewhere.stop();
        }
    }

    /** All objects but the counter, which the first cluster goes on to replace. */
    private static Map<String, String> lasting(ClusterStores stores) {
        Map<String, String> versions = new HashMap<>(stores.s3().versions(stores.bucket()));
        versions.keySet().removeIf(key -> key.contains("/counter/"));
        return versions;
    }

    private interface Disaster {
        void strike(ClusterStores stores, BrokerProcess broker, Path snapshot);

        /** What a broker says that refuses to serve. */
        String reason();
    }

    private static void assertEnds(BrokerProcess broker, String reason) {
        assertThat(broker.process().awaitExit(Patience.LIMIT)).isEqualTo(1);
        assertThat(broker.process().description()).contains(reason);
    }

    private void assertComesBack(Disaster disaster) throws Exception {
        try (ClusterStores stores = ClusterStores.started(directory, 1);
                BrokerProcess broker = BrokerProcess.started("struck", settings(stores));
                Load early = Load.start(load(broker, "early"))) {
            awaitMore(early);
            Path snapshot = directory.resolve("snapshot.db");
            stores.etcd().save(snapshot);
            awaitMore(early);
            try (Load late = Load.start(load(broker, "late"))) {
                awaitMore(late);
                awaitSealed(stores, "early");
                awaitSealed(stores, "late");
                List<PartitionContent> tiny = writeTiny(broker.bootstrap());

                disaster.strike(stores, broker, snapshot);
                assertRefusedUntilRestored(stores, disaster.reason());
                broker.start();

                assertThat(readTiny(broker.bootstrap())).isEqualTo(tiny);
                assertNothingIsLost(early);
                assertNothingIsLost(late);
            }
            broker.assertHealthy();
            broker.stop();
            FsckRun.assertOnlyOrphansAreFoundAndRemoved(settings(stores));
        }
    }

    private static void awaitMore(Load load) {
        long next = load.acknowledged() + STEP;
        Patience.until(next + " records are acknowledged", () -> load.acknowledged() >= next);
    }

    /** From then on the bucket tells the topic's name. */
    private static void awaitSealed(ClusterStores stores, String topic) {
        Patience.until(
                topic + " is sealed",
                () -> stores.s3().keys(stores.bucket()).stream()
                        .anyMatch(key -> key.contains("/topics/" + topic + ".") && key.endsWith(".index")));
    }

    private static void assertRefusedUntilRestored(ClusterStores stores, String reason) {
        BrokerSettings settings = settings(stores);
        Patience.until(
                "the registration has ended",
                () -> stores.etcd()
                        .control("get", "--prefix", "--keys-only", BROKERS)
                        .isBlank());
        Map<String, String> objects = stores.s3().versions(stores.bucket());
        long revision = stores.etcd().revision();

        Finished refused = BrokerProcess.run(settings.with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.text()).contains(reason, "fsck restore").doesNotContain("broker listening on", "\tat ");
        Finished found = FsckRun.of(settings, "--repair");
        assertThat(found.exitCode()).isEqualTo(1);
        assertThat(found.text()).contains("PROBLEM identity");
        Finished dry = FsckRun.of(settings, "restore", "--dry-run").succeeded();
        System.out.println(refused.text() + found.text() + dry.text());

        assertThat(stores.s3().versions(stores.bucket())).isEqualTo(objects);
        assertThat(stores.etcd().revision()).isEqualTo(revision);
        System.out.println(FsckRun.of(settings, "restore").succeeded().text());
        System.out.println(FsckRun.of(settings).succeeded().text());
    }

    /** The producers, which have lived through everything, go on; the group may read again what it had committed since the snapshot. */
    private static void assertNothingIsLost(Load load) throws Exception {
        awaitMore(load);
        load.stopProducing();
        load.awaitGroupAtEnd();
        load.stopConsuming();
        assertThat(load.failures()).isEmpty();
        assertThat(HistoryChecker.check(load.history(load.readAll())))
                .filteredOn(violation -> violation.promise() != Violation.Promise.COMMITTED_OFFSETS_STAND)
                .isEmpty();
    }

    /** A topic that is too small to be sealed, so that nothing in the bucket tells its name. */
    private static List<PartitionContent> writeTiny(String bootstrap) {
        TestTopic topic = TestTopic.create(bootstrap, "tiny", 1);
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                TestTopic.settings(bootstrap), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int number = 0; number < TINY; number++) {
                byte[] value = Payload.encode(new RecordId(0, 0, number), VALUE_BYTES);
                answers.add(producer.send(new ProducerRecord<>(topic.name(), 0, null, value)));
            }
        }
        answers.forEach(TestTopic::await);
        return LogReader.readAll(bootstrap, topic.name(), 1);
    }

    private static List<PartitionContent> readTiny(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(TestTopic.settings(bootstrap))) {
            String name = admin.listTopics().names().get().stream()
                    .filter(topic -> topic.equals("tiny") || topic.startsWith("recovered-"))
                    .findFirst()
                    .orElseThrow();
            return LogReader.readAll(bootstrap, name, 1);
        }
    }
}
