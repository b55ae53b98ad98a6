// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jar on a bucket: it works, or says what to fix. */
final class S3BrokerTest {
    private static S3Server server;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startServer(@TempDir Path data) {
        server = S3Server.versitygw(data);
    }

    @AfterAll
    static void stopServer() {
        if (server != null) { // skipped without the program
            server.close();
        }
    }

    private BrokerSettings onBucket(String bucket) {
        return BrokerSettings.in(directory)
                .with("KAFSCALE_S3_BUCKET", bucket)
                .with("KAFSCALE_S3_ENDPOINT", server.endpoint().toString())
                .with("KAFSCALE_S3_ACCESS_KEY", S3Server.ACCESS_KEY)
                .with("KAFSCALE_S3_SECRET_KEY", S3Server.SECRET_KEY)
                .with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2")
                .with("KAFSCALE_LOG_LEVEL", "info");
    }

    @Test
    void keepsItsRecordsInTheBucket() throws Exception {
        BrokerSettings settings = onBucket(server.newBucket());
        try (BrokerProcess broker = BrokerProcess.started("on-s3", settings);
                Load load = Load.start(LoadSettings.of(broker.bootstrap(), "on-s3", 6, 1_000))) {
            for (int stop = 0; stop < 2; stop++) {
                long next = load.acknowledged() + 3_000;
                Patience.until(next + " records are acknowledged", () -> load.acknowledged() >= next);
                broker.kill();
                broker.start();
            }
            load.stopProducing();
            load.awaitGroupAtEnd();
            load.stopConsuming();

            assertThat(HistoryChecker.check(load.history(load.readAll()))).isEmpty();
            assertThat(broker.logged("bucket can be used")).isTrue();
            assertThat(broker.logged("\"conditional_put\":\"honoured\"")).isTrue();
            assertThat(broker.logged("only one broker can use them")).isTrue();
            broker.assertHealthy();
        }
        assertThat(directory.resolve("objects")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "KAFSCALE_S3_ACCESS_KEY | wrong                  | KAFSCALE_S3_ACCESS_KEY | know this access key",
                "KAFSCALE_S3_SECRET_KEY | wrong                  | KAFSCALE_S3_SECRET_KEY | SignatureDoesNotMatch",
                "KAFSCALE_S3_BUCKET     | no-such-bucket         | KAFSCALE_S3_BUCKET     | none is ever created",
                "KAFSCALE_S3_REGION     | mars-north-1           | KAFSCALE_S3_REGION     | another region",
                "KAFSCALE_S3_ENDPOINT   | http://127.0.0.1:1     | KAFSCALE_S3_ENDPOINT   | nobody listens there",
                "KAFSCALE_S3_ENDPOINT   | http://no-such.invalid | KAFSCALE_S3_ENDPOINT   | no such host"
            })
    void whatIsWrongIsToldByName(String variable, String value, String named, String told) {
        Finished finished = BrokerProcess.run(onBucket(server.newBucket())
                .with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0")
                .with(variable, value));

        assertThat(finished.exitCode()).isEqualTo(1);
        assertThat(finished.errors()).singleElement().asString().contains(named, told, "://");
        assertThat(finished.text()).doesNotContain(S3Server.SECRET_KEY, "\tat ", "broker listening on");
    }

    @Test
    void tlsWithAServerThatSpeaksNoneIsTold() {
        String address = server.endpoint().toString().replace("http:", "https:");

        Finished finished = BrokerProcess.run(onBucket(server.newBucket())
                .with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0")
                .with("KAFSCALE_S3_ENDPOINT", address));

        assertThat(finished.exitCode()).isEqualTo(1);
        assertThat(finished.text()).contains("KAFSCALE_S3_ENDPOINT", address, "TLS failed");
    }

    @Test
    void withoutABucketNoClassOfTheSdkIsLoaded() throws IOException {
        Path classes = directory.resolve("classes");
        BrokerSettings settings = BrokerSettings.in(directory.resolve("data"))
                .withFlags("-Xmx256m", "-Xlog:class+load:file=" + classes + ":none");
        try (BrokerProcess broker = BrokerProcess.started("embedded", settings)) {
            broker.stop();
        }

        try (Stream<String> loaded = Files.lines(classes)) {
            assertThat(loaded.filter(line -> line.startsWith("io.kafscale.broker.Broker ")
                            || line.startsWith("software.amazon.")
                            || line.startsWith("io.kafscale.broker.storage.S3ObjectStore ")))
                    .singleElement()
                    .asString()
                    .startsWith("io.kafscale.broker.Broker ");
        }
    }
}
