// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.storage.HealthLimits;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ReplicatedObjectStore;
import io.kafscale.broker.storage.ReplicatedObjectStore.Reads;
import io.kafscale.broker.storage.S3Environment;
import io.kafscale.broker.storage.S3Keys;
import io.kafscale.broker.storage.S3ObjectStore;
import io.kafscale.broker.storage.S3Setting;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3StartException;
import io.kafscale.broker.storage.S3Writing;
import io.kafscale.broker.storage.StoreProbe;
import io.kafscale.broker.storage.StoreState;
import io.kafscale.broker.storage.StoreWatch;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.S3Server;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two buckets on two real servers, one of which is read first; and a server that goes and comes back. */
final class S3ReplicaTest {
    private static final ObjectKey ROOT = new ObjectKey("root");
    private static final ObjectKey KEY = new ObjectKey("root/one");
    private static final HealthLimits LIMITS =
            new HealthLimits(Duration.ofSeconds(6), Duration.ofSeconds(10), Duration.ofSeconds(20), 0.2, 0.6);

    private final Clock clock = new SystemClock();
    private final SystemThreads threads = new SystemThreads();

    @TempDir
    private Path directory;

    private S3Server far;
    private S3Server near;

    @BeforeEach
    void startServers(@TempDir Path farData, @TempDir Path nearData) {
        far = S3Server.versitygw(farData);
        near = S3Server.versitygw(nearData);
    }

    @AfterEach
    void stopServers() {
        threads.close();
        if (far != null) { // skipped without the program
            far.close();
        }
        if (near != null) {
            near.close();
        }
    }

    private static S3Settings settings(String bucket, URI endpoint) {
        return new S3Settings(
                bucket,
                Optional.empty(),
                Optional.of(endpoint),
                true,
                Optional.of(new S3Keys(S3Server.ACCESS_KEY, S3Server.SECRET_KEY, Optional.empty())),
                new S3Writing(Optional.empty(), false),
                16);
    }

    private S3Environment environment(StoreWatch watch) {
        return new S3Environment(clock, threads, new Random(1), watch::attemptFailed);
    }

    private ObjectStore open(S3Server server, String bucket, StoreWatch watch) {
        ObjectStore store = S3ObjectStore.open(
                settings(bucket, server.endpoint()), ROOT, environment(watch), Duration.ofSeconds(30));
        new StoreProbe(store, watch, LIMITS, clock, threads, ROOT).start();
        return new WatchedObjectStore(store, watch, clock);
    }

    private static ByteBuffer bytes(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length);
        for (int value : values) {
            bytes.put((byte) value);
        }
        return bytes.flip();
    }

    @Test
    void whatTheReplicaDoesNotHaveRightComesFromTheBucket() {
        StoreWatch farWatch = new StoreWatch("objects", clock, LIMITS);
        StoreWatch nearWatch = new StoreWatch("replica", clock, LIMITS);
        String copies = near.newBucket();
        try (ObjectStore primary = open(far, far.newBucket(), farWatch);
                ObjectStore replica = open(near, copies, nearWatch);
                ReplicatedObjectStore store = new ReplicatedObjectStore(primary, replica, nearWatch, clock, threads)) {
            store.put(KEY, List.of(bytes(1, 2, 3)));
            assertThat(store.read(KEY, 0, 3, read -> true)).isEqualTo(bytes(1, 2, 3));
            replica.put(KEY, List.of(bytes(1, 2, 4)));
            assertThat(store.read(KEY, 0, 2, read -> true)).isEqualTo(bytes(1, 2));
            assertThat(store.read(KEY, 0, 3, read -> read.get(2) == 3)).isEqualTo(bytes(1, 2, 3));
            assertThat(store.reads()).isEqualTo(new Reads(1, 1, 0, 1, 0));

            near.close();
            Patience.until("the replica is left alone", () -> {
                assertThat(store.read(KEY, 0, 3, read -> true)).isEqualTo(bytes(1, 2, 3));
                return store.reads().passedOver() > 0;
            });
            assertThat(store.reads().failed()).isPositive();
            assertThat(store.health().state()).isEqualTo(StoreState.HEALTHY);
        }
    }

    @Test
    void aServerThatGoesAndComesBackIsNoticedWithoutTraffic(@TempDir Path data) {
        S3Server server = S3Server.versitygw(data);
        StoreWatch watch = new StoreWatch("objects", clock, LIMITS);
        try (ObjectStore store = open(server, server.newBucket(), watch)) {
            server.close();
            Patience.until(
                    "the server is missed", () -> store.health().readTrouble().isPresent());
            assertThat(store.health().writeTrouble()).isPresent();

            server = S3Server.versitygw(data, server.endpoint().getPort());
            Patience.until("the server is back", () -> store.health().state() == StoreState.HEALTHY);
            assertThat(store.health().writeTrouble()).isEmpty();
        } finally {
            server.close();
        }
    }

    @Test
    void aReplicaThatCannotBeReadStopsTheStart() {
        StoreWatch watch = new StoreWatch("replica", clock, LIMITS);

        assertThatThrownBy(() -> S3ObjectStore.openReplica(
                        settings("no-such-bucket", near.endpoint()), ROOT, environment(watch), Duration.ofSeconds(5)))
                .isInstanceOfSatisfying(
                        S3StartException.class, e -> assertThat(e.setting()).isEqualTo(S3Setting.BUCKET))
                .hasMessageContaining("no-such-bucket");
    }

    private BrokerSettings onBoth(String replica) {
        return BrokerSettings.in(directory)
                .with("KAFSCALE_S3_BUCKET", far.newBucket())
                .with("KAFSCALE_S3_ENDPOINT", far.endpoint().toString())
                .with("KAFSCALE_S3_READ_BUCKET", replica)
                .with("KAFSCALE_S3_READ_ENDPOINT", near.endpoint().toString())
                .with("KAFSCALE_S3_ACCESS_KEY", S3Server.ACCESS_KEY)
                .with("KAFSCALE_S3_SECRET_KEY", S3Server.SECRET_KEY)
                .with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2")
                .with("KAFSCALE_LOG_LEVEL", "info");
    }

    @Test
    void aBrokerServesFromItsBucketWhatTheReplicaLacks() throws Exception {
        try (BrokerProcess broker = BrokerProcess.started("with-replica", onBoth(near.newBucket()));
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "with-replica", 2, 500))) {
            Patience.until("records are acknowledged", () -> load.acknowledged() >= 1_000);
            broker.kill();
            broker.start();
            load.stopProducing();
            load.awaitGroupAtEnd();
            load.stopConsuming();

            assertThat(HistoryChecker.check(load.history(load.readAll()))).isEmpty();
            assertThat(broker.logged("replica can be read")).isTrue();
            broker.assertHealthy();
        }
    }

    @Test
    void aBrokerSaysWhichSettingOfTheReplicaIsWrong() {
        Finished finished = BrokerProcess.run(onBoth("no-such-bucket").with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));

        assertThat(finished.exitCode()).isEqualTo(1);
        assertThat(finished.errors())
                .singleElement()
                .asString()
                .contains("KAFSCALE_S3_READ_BUCKET", "replica", "no-such-bucket");
    }
}
