// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A broker that cannot start as it was told says why, and stops. */
final class BadConfigurationTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({
        "KAFSCALE_BROKER_ADDR, nowhere, HOST:PORT",
        "KAFSCALE_BROKER_ADDR, 127.0.0.1:70000, HOST:PORT",
        "KAFSCALE_BROKER_HOST, example.com:9092, a host name or an address",
        "KAFSCALE_BROKER_PORT, http, a number from 1 to 65535",
        "KAFSCALE_BROKER_ID, -7, a number from 0",
        "KAFSCALE_FLUSH_INTERVAL_MS, soon, a time from 0",
        "KAFSCALE_FLUSH_INTERVAL_MS, -5, a time from 0",
        "KAFSCALE_FLUSH_BYTES, 8XB, a size from 1",
        "KAFSCALE_CACHE_BYTES, lots, a size from",
        "KAFSCALE_AUTO_CREATE_TOPICS, perhaps, true",
        "KAFSCALE_AUTO_CREATE_PARTITIONS, 0, a number from 1",
        "KAFSCALE_USE_MEMORY_S3, maybe, true",
        "KAFSCALE_LEASE_TTL_SEC, 0, a time from",
        "KAFSCALE_LOG_LEVEL, loud, warn"
    })
    void aValueThatIsNotAllowedIsNamedWithWhatIs(String variable, String value, String allowed) {
        Finished finished = BrokerProcess.run(BrokerSettings.in(directory).with(variable, value));

        assertThat(finished.exitCode()).isEqualTo(2);
        assertThat(finished.text()).contains(variable, "'" + value + "'", allowed);
        assertThat(finished.text()).doesNotContain("broker listening on", "\tat ");
    }

    @Test
    void aDataDirectoryThatIsAFileIsNamed() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));

        Finished finished = BrokerProcess.run(BrokerSettings.in(file).with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));

        assertThat(finished.exitCode()).isPositive();
        assertThat(finished.text()).contains(file.toString());
    }

    @Test
    void aSecondBrokerOnTheSameDirectoryIsRefused() {
        try (BrokerProcess broker = BrokerProcess.started("first", BrokerSettings.in(directory))) {
            Finished finished =
                    BrokerProcess.run(BrokerSettings.in(directory).with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));

            assertThat(finished.exitCode()).isPositive();
            assertThat(finished.text()).contains(directory.toString());
            broker.assertHealthy();
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        Path other = Files.createDirectory(directory.resolve("other"));
        try (BrokerProcess broker = BrokerProcess.started("first", BrokerSettings.in(directory.resolve("one")))) {
            Finished finished =
                    BrokerProcess.run(BrokerSettings.in(other).with("KAFSCALE_BROKER_ADDR", broker.bootstrap()));

            assertThat(finished.exitCode()).isPositive();
            assertThat(finished.text()).contains(Integer.toString(broker.port()));
        }
    }

    @Test
    void helpNamesEveryVariableOfTheseTests() {
        Finished help =
                BrokerProcess.run(BrokerSettings.in(directory), "--help").succeeded();

        assertThat(help.text())
                .contains(
                        "KAFSCALE_BROKER_ADDR",
                        "KAFSCALE_DATA_DIR",
                        "KAFSCALE_FLUSH_INTERVAL_MS",
                        "KAFSCALE_LOG_LEVEL");
    }

    @Test
    void anUnknownOptionIsAMistakeOfUse() {
        Finished finished = BrokerProcess.run(BrokerSettings.in(directory), "--no-such-option");

        assertThat(finished.exitCode()).isEqualTo(2);
        assertThat(finished.text()).contains("--no-such-option");
    }
}
