// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.OtherUser;
import io.kafscale.it.process.Patience;
import io.kafscale.it.process.SmallDisk;
import io.kafscale.it.wire.Batches;
import io.kafscale.it.wire.RawConnection;
import io.kafscale.it.wire.Requests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory that takes nothing more, for a while: producers hear it, wait, and lose nothing. */
final class UnwritableDirectoryTest {
    private static final int PARTITIONS = 4;
    private static final int DISK_MEBIBYTES = 64;

    @TempDir
    private Path directory;

    @Test
    void aFullDiskDelaysProducersAndLosesNothing() throws Exception {
        Optional<SmallDisk> mounted = SmallDisk.mount(directory, DISK_MEBIBYTES);
        assumeTrue(mounted.isPresent(), "mounting a small file system needs root");
        try (SmallDisk disk = mounted.get()) {
            BrokerSettings settings = BrokerSettings.in(disk.directory().resolve("data"));
            interrupt(settings, disk::fill, disk::free);
        }
    }

    @Test
    void aDirectoryThatBecomesReadOnlyDelaysProducersAndLosesNothing() throws Exception {
        assumeTrue(OtherUser.isPossible(), "no user to whom file permissions apply");
        BrokerSettings settings = asOtherUser();

        interrupt(
                settings,
                () -> OtherUser.permit(settings.dataDirectory(), "r-xr-xr-x"),
                () -> OtherUser.permit(settings.dataDirectory(), "rwxr-xr-x"));
    }

    @Test
    void aDirectoryThatIsReadOnlyFromTheStartIsNamed() throws IOException {
        assumeTrue(OtherUser.isPossible(), "no user to whom file permissions apply");
        BrokerSettings settings = asOtherUser();
        OtherUser.permit(settings.dataDirectory(), "r-xr-xr-x");

        Finished finished = BrokerProcess.run(settings.with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));

        assertThat(finished.exitCode()).isEqualTo(1);
        assertThat(finished.text())
                .contains(settings.dataDirectory().toString())
                .doesNotContain("\tat ");
    }

    private BrokerSettings asOtherUser() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path data = Files.createDirectory(directory.resolve("data"));
        OtherUser.own(data);
        BrokerSettings settings = BrokerSettings.in(data);
        Path jar = Files.copy(settings.jar(), directory.resolve("broker.jar"));
        return settings.launchedBy(jar, OtherUser.launcher().toArray(String[]::new));
    }

    /** Load on a broker; in the midst of it {@code obstruct}, later {@code release}; in the end a kill, and everything is there. */
    private static void interrupt(BrokerSettings settings, Runnable obstruct, Runnable release) throws Exception {
        try (BrokerProcess broker = BrokerProcess.started("unwritable", settings);
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "unwritable", PARTITIONS, 200))) {
            TestTopic.create(broker.bootstrap(), "probe", 1);
            assertThat(probe(broker)).isEqualTo(Errors.NONE);
            Patience.until("some records are acknowledged", () -> load.acknowledged() > 1_000);

            obstruct.run();
            Patience.until("a producer is refused", () -> probe(broker) != Errors.NONE);
            assertThat(probe(broker).exception()).isInstanceOf(RetriableException.class);
            assertThat(broker.logged("\"level\":\"WARN\"")).isTrue();
            long untilNow = load.acknowledged();
            Patience.until("what was acknowledged is still read", () -> load.read() >= untilNow);

            load.endSending();
            release.run();
            load.stopProducing();
            assertThat(probe(broker)).isEqualTo(Errors.NONE);
            load.awaitGroupAtEnd();
            load.stopConsuming();
            broker.kill();
            broker.start();

            assertThat(HistoryChecker.check(load.history(load.readAll()))).isEmpty();
            assertThat(load.failures()).isEmpty();
            broker.assertHealthy();
        }
    }

    /** What a producer is told that sends one batch and asks nobody to try again. */
    private static Errors probe(BrokerProcess broker) {
        try (RawConnection connection = RawConnection.open(broker.bootstrap())) {
            return Requests.errorOfProduce(connection.call(Requests.produce("probe", Batches.good(), -1)));
        }
    }
}
