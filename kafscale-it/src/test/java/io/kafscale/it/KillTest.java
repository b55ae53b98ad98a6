// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.history.PartitionContent;
import io.kafscale.it.history.Violation;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The broker is killed under load, again and again, and comes back on its directory. {@code kafscale.it.seed} repeats the moments of
 * an earlier run, {@code kafscale.it.kills} sets their number.
 */
final class KillTest {
    private static final int KILLS = Integer.getInteger("kafscale.it.kills", 20);
    private static final int PARTITIONS = 12;
    private static final int VALUE_BYTES = 1_000;
    private static final int ACKNOWLEDGED_BETWEEN_KILLS = 8_000;
    private static final int MILLIS_OF_A_START = 600;

    @TempDir
    private Path directory;

    @Test
    void everythingAcknowledgedSurvivesTwentyKills() throws Exception {
        assertNothingIsLost(BrokerSettings.in(directory), KILLS);
    }

    /** As above with the metadata in etcd, where a killed broker's registration lives on until its lease ends. */
    @Test
    void everythingAcknowledgedSurvivesKillsWithMetadataInEtcd() throws Exception {
        try (EtcdCluster etcd = EtcdCluster.started(directory.resolve("etcd"), 3, EtcdOptions.PLAIN)) {
            assertNothingIsLost(
                    BrokerSettings.in(directory.resolve("data"))
                            .with("KAFSCALE_ETCD_ENDPOINTS", etcd.endpoints())
                            .with("KAFSCALE_LEASE_TTL_SEC", "2"),
                    KILLS / 4);
        }
    }

    private static void assertNothingIsLost(BrokerSettings settings, int kills) throws Exception {
        long seed = Long.getLong("kafscale.it.seed", System.nanoTime());
        System.out.println("kafscale.it.seed=" + seed);
        try (BrokerProcess broker = BrokerProcess.started("killed", settings);
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "killed", PARTITIONS, VALUE_BYTES))) {
            killAgainAndAgain(broker, load, new Random(seed), kills);
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
        }
    }

    /** An answer before the flush is a promise that a kill breaks: were this found to be without loss, the test above would prove nothing. */
    @Test
    void whatIsAcknowledgedBeforeItIsWrittenIsFoundMissing() throws Exception {
        BrokerSettings hasty = BrokerSettings.in(directory).with("KAFSCALE_PRODUCE_SYNC_FLUSH", "false");
        try (BrokerProcess broker = BrokerProcess.started("hasty", hasty);
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "hasty", PARTITIONS, VALUE_BYTES)
                        .withProducers(Map.of("acks", "1", "enable.idempotence", "false")))) {
            killAgainAndAgain(broker, load, new Random(1), 3);
            load.stopProducing();
            load.stopConsuming();

            assertThat(HistoryChecker.check(load.history(load.readAll())))
                    .extracting(Violation::promise)
                    .contains(Violation.Promise.ACKNOWLEDGED_IS_KEPT);
        }
    }

    /** Most kills come after a number of acknowledgements, every fourth while the broker starts. */
    private static void killAgainAndAgain(BrokerProcess broker, Load load, Random random, int kills) throws Exception {
        for (int kill = 1; kill <= kills; kill++) {
            if (kill % 4 == 0) {
                broker.listensWithin(Duration.ofMillis(random.nextInt(MILLIS_OF_A_START)));
            } else {
                long next = load.acknowledged() + 1 + random.nextInt(ACKNOWLEDGED_BETWEEN_KILLS);
                broker.awaitListening();
                load.lookUpCommittedOffsets();
                Patience.until(next + " records are acknowledged", () -> load.acknowledged() >= next);
            }
            broker.kill();
            broker.launch();
        }
        broker.awaitListening();
    }
}
