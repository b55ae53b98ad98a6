// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdMember;
import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.history.PartitionContent;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.ClusterStores;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The broker, the S3 server and etcd are killed and stopped under load, in an order and at moments that {@code kafscale.it.seed}
 * repeats. {@code kafscale.it.cluster.kills} says how often the broker is killed, and as often something happens to a server.
 */
@Tag("multi-segment-durability")
final class ClusterKillTest {
    private static final int KILLS = Integer.getInteger("kafscale.it.cluster.kills", 10);
    private static final int PARTITIONS = 12;
    private static final int VALUE_BYTES = 1_000;
    private static final int ACKNOWLEDGED_BETWEEN = 4_000;
    private static final int LONGEST_PAUSE_MILLIS = 6_000;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    private Path directory;

    @Test
    void everythingAcknowledgedSurvivesKillsOfTheBrokerAndOfTheServers() throws Exception {
        long seed = Long.getLong("kafscale.it.seed", System.nanoTime());
        System.out.println("kafscale.it.seed=" + seed);
        try (ClusterStores stores = ClusterStores.started(directory, 3);
                BrokerProcess broker =
                        BrokerProcess.started("killed", stores.settings().with("KAFSCALE_LEASE_TTL_SEC", "2"));
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "killed", PARTITIONS, VALUE_BYTES))) {
            Random random = new Random(seed);
            for (Blow blow : blows(random)) {
                long next = load.acknowledged() + 1 + random.nextInt(ACKNOWLEDGED_BETWEEN);
                Patience.until(next + " records are acknowledged", LIMIT, () -> load.acknowledged() >= next);
                System.out.println(blow + " after " + load.acknowledged());
                blow.strike(stores, broker, random);
            }
            stores.etcd().awaitHealthy();
            broker.awaitListening();
            load.stopProducing();
            System.out.println("acknowledged: " + load.acknowledged());
            load.awaitGroupAtEnd();
            load.stopConsuming();
            load.lookUpCommittedOffsets();

            List<PartitionContent> contents = load.readAll();
            broker.stop();
            broker.start();

            assertThat(load.readAll()).isEqualTo(contents);
            assertThat(HistoryChecker.check(load.history(contents))).isEmpty();
            assertThat(load.failures()).isEmpty();
            broker.assertHealthy();
            broker.stop();
            FsckRun.assertOnlyOrphansAreFoundAndRemoved(stores.settings());
        }
    }

    /** The broker's as many as the servers', in any order. */
    private static List<Blow> blows(Random random) {
        List<Blow> blows = new ArrayList<>(Collections.nCopies(KILLS, Blow.KILL_BROKER));
        for (int blow = 0; blow < KILLS; blow++) {
            blows.add(Blow.values()[1 + blow % (Blow.values().length - 1)]);
        }
        Collections.shuffle(blows, random);
        return blows;
    }

    /** What happens to a process. Immutable. */
    private enum Blow {
        KILL_BROKER {
            @Override
            void strike(ClusterStores stores, BrokerProcess broker, Random random) {
                broker.kill();
                broker.launch();
            }
        },
        KILL_S3 {
            @Override
            void strike(ClusterStores stores, BrokerProcess broker, Random random) {
                stores.s3().kill();
                stores.s3().launch();
            }
        },
        PAUSE_S3 {
            @Override
            void strike(ClusterStores stores, BrokerProcess broker, Random random) {
                stores.s3().pause();
                sometimesKill(broker, random);
                stores.s3().resume();
            }
        },
        KILL_THE_LEADER_OF_ETCD {
            @Override
            void strike(ClusterStores stores, BrokerProcess broker, Random random) {
                EtcdCluster etcd = stores.etcd();
                etcd.awaitHealthy();
                EtcdMember leader = etcd.leader();
                leader.kill();
                sometimesKill(broker, random);
                etcd.start(leader);
            }
        },
        KILL_ALL_OF_ETCD {
            @Override
            void strike(ClusterStores stores, BrokerProcess broker, Random random) {
                stores.etcd().members().forEach(EtcdMember::kill);
                stores.etcd().members().forEach(stores.etcd()::start);
            }
        },
        PAUSE_ALL_OF_ETCD {
            @Override
            void strike(ClusterStores stores, BrokerProcess broker, Random random) {
                stores.etcd().members().forEach(EtcdMember::pause);
                sometimesKill(broker, random);
                stores.etcd().members().forEach(EtcdMember::resume);
            }
        };

        abstract void strike(ClusterStores stores, BrokerProcess broker, Random random);

        /** Lets some time go by, in which one broker of three is killed as well. */
        private static void sometimesKill(BrokerProcess broker, Random random) {
            Patience.hold(Duration.ofMillis(random.nextInt(LONGEST_PAUSE_MILLIS)));
            if (random.nextInt(3) == 0) {
                broker.kill();
                broker.launch();
            }
        }
    }
}
