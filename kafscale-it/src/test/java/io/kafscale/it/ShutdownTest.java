// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Patience;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is asked to stop does so at once, and loses nothing. */
final class ShutdownTest {
    private static final int PARTITIONS = 6;

    @TempDir
    private Path directory;

    @Test
    void sigtermUnderLoadEndsTheBrokerWithinFiveSecondsAndKeepsWhatWasAcknowledged() throws Exception {
        try (BrokerProcess broker = BrokerProcess.started("stopped", BrokerSettings.in(directory));
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "stopped", PARTITIONS, 1_000))) {
            for (int stop = 0; stop < 3; stop++) {
                long next = load.acknowledged() + 5_000;
                Patience.until(next + " records are acknowledged", () -> load.acknowledged() >= next);
                broker.stop();
                broker.start();
            }
            load.stopProducing();
            load.awaitGroupAtEnd();
            load.stopConsuming();

            assertThat(HistoryChecker.check(load.history(load.readAll()))).isEmpty();
            assertThat(load.failures()).isEmpty();
            broker.assertHealthy();
        }
    }

    @Test
    void sigtermWithoutClientsEndsTheBrokerToo() {
        try (BrokerProcess broker = BrokerProcess.started("idle", BrokerSettings.in(directory))) {
            broker.stop();

            broker.assertBlameless();
        }
    }
}
