// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.etcd.Certificates;
import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.FreePort;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that cannot use the etcd it is told of says which setting to look at, what etcd answered, and stops. */
final class EtcdStartTest {
    @TempDir
    private Path directory;

    private final Deque<EtcdCluster> started = new ArrayDeque<>();

    @AfterEach
    void stopEtcd() {
        started.forEach(EtcdCluster::close);
    }

    private EtcdCluster etcd(String name, EtcdOptions options) {
        EtcdCluster etcd = EtcdCluster.started(directory.resolve(name), 1, options);
        started.push(etcd);
        return etcd;
    }

    private BrokerSettings settings(String endpoints) {
        return settings("data", endpoints);
    }

    private BrokerSettings settings(String data, String endpoints) {
        return BrokerSettings.in(directory.resolve(data))
                .with("KAFSCALE_ETCD_ENDPOINTS", endpoints)
                .with("KAFSCALE_STARTUP_TIMEOUT_SEC", "20");
    }

    private static void assertRefuses(BrokerSettings settings, String... words) {
        Finished finished = BrokerProcess.run(settings.with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));

        assertThat(finished.exitCode()).isEqualTo(1);
        assertThat(finished.text()).contains(words).doesNotContain("broker listening on", "\tat ", "s3cret");
    }

    @Test
    void nobodyAnswers() {
        String nobody = "127.0.0.1:" + FreePort.find();

        assertRefuses(
                settings(nobody).with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2"),
                "KAFSCALE_ETCD_ENDPOINTS",
                nobody,
                "Connection refused",
                "within 2 s");
        assertRefuses(
                settings("no-such-host.invalid:2379").with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2"),
                "KAFSCALE_ETCD_ENDPOINTS",
                "no-such-host.invalid:2379");
    }

    @Test
    void theUserOrThePasswordIsWrong() {
        EtcdCluster etcd = etcd("etcd", EtcdOptions.PLAIN);
        etcd.control("user", "add", "root:s3cret");
        etcd.control("user", "grant-role", "root", "root");
        etcd.control("user", "add", "kafscale:s3cret");
        etcd.control("user", "add", "nobody:s3cret");
        etcd.control("role", "add", "kafscale");
        etcd.control("role", "grant-permission", "kafscale", "readwrite", "--prefix=true", "/kafscale/kafscale/");
        etcd.control("user", "grant-role", "kafscale", "kafscale");
        etcd.control("auth", "enable");
        BrokerSettings settings = settings(etcd.endpoints());

        assertRefuses(settings, "KAFSCALE_ETCD_USERNAME", etcd.member().endpoint(), "user name is empty");
        assertRefuses(
                settings.with("KAFSCALE_ETCD_USERNAME", "kafscale").with("KAFSCALE_ETCD_PASSWORD", "wrong"),
                "KAFSCALE_ETCD_PASSWORD",
                etcd.member().endpoint(),
                "invalid user ID or password");
        assertRefuses(
                settings.with("KAFSCALE_ETCD_USERNAME", "nobody").with("KAFSCALE_ETCD_PASSWORD", "s3cret"),
                "KAFSCALE_ETCD_USERNAME",
                "permission denied",
                "grant-permission",
                "/kafscale/kafscale/");
        try (BrokerProcess broker = BrokerProcess.started(
                "signed-in",
                settings.with("KAFSCALE_ETCD_USERNAME", "kafscale").with("KAFSCALE_ETCD_PASSWORD", "s3cret"))) {
            TestTopic.create(broker.bootstrap(), "t", 1);
            broker.assertHealthy();
            assertThat(broker.logged("s3cret")).isFalse();
        }
    }

    @Test
    void tlsIsNotAsExpected() {
        Certificates own = Certificates.make(directory, "own");
        Certificates other = Certificates.make(directory, "other");
        EtcdCluster secured =
                etcd("secured", EtcdOptions.PLAIN.secured(own.certificate(), own.certificate(), own.key()));
        EtcdCluster plain = etcd("plain", EtcdOptions.PLAIN);
        BrokerSettings settings = settings(secured.endpoints());

        assertRefuses(
                settings.with("KAFSCALE_ETCD_CA", other.certificate().toString()),
                "KAFSCALE_ETCD_CA",
                secured.member().endpoint(),
                "not signed by this authority");
        assertRefuses(
                settings.with(
                        "KAFSCALE_ETCD_CA", directory.resolve("missing.pem").toString()),
                "KAFSCALE_ETCD_CA",
                "missing.pem");
        assertRefuses(
                settings(secured.member().endpoint()).with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2"),
                "KAFSCALE_ETCD_CA",
                "speaks TLS");
        assertRefuses(
                settings("https://" + plain.member().endpoint()).with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2"),
                "KAFSCALE_ETCD_ENDPOINTS",
                "speaks plain text");
        assertRefuses(
                settings.with("KAFSCALE_ETCD_CA", own.certificate().toString())
                        .with("KAFSCALE_ETCD_CERT", own.key().toString())
                        .with("KAFSCALE_ETCD_KEY", own.certificate().toString()),
                "KAFSCALE_ETCD_CERT",
                "PKCS#8");
        try (BrokerProcess broker = BrokerProcess.started(
                "secured", settings.with("KAFSCALE_ETCD_CA", own.certificate().toString()))) {
            broker.assertHealthy();
        }
    }

    @Test
    void etcdAsksForACertificate() {
        Certificates server = Certificates.make(directory, "server");
        Certificates client = Certificates.make(directory, "client");
        Certificates stranger = Certificates.make(directory, "stranger");
        EtcdOptions secured = EtcdOptions.PLAIN
                .secured(server.certificate(), server.certificate(), server.key())
                .with("--client-cert-auth", "--trusted-ca-file=" + client.certificate());
        EtcdCluster etcd = etcd(
                "etcd",
                new EtcdOptions(
                        secured.scheme(),
                        secured.flags(),
                        List.of(
                                "--cacert=" + server.certificate(),
                                "--cert=" + client.certificate(),
                                "--key=" + client.key())));
        BrokerSettings settings = settings(etcd.endpoints())
                .with("KAFSCALE_ETCD_CA", server.certificate().toString());

        assertRefuses(settings, "KAFSCALE_ETCD_CERT", "asks for a certificate");
        assertRefuses(
                settings.with("KAFSCALE_ETCD_CERT", stranger.certificate().toString())
                        .with("KAFSCALE_ETCD_KEY", stranger.key().toString()),
                "KAFSCALE_ETCD_CERT",
                "asks for a certificate");
        try (BrokerProcess broker = BrokerProcess.started(
                "shown",
                settings.with("KAFSCALE_ETCD_CERT", client.certificate().toString())
                        .with("KAFSCALE_ETCD_KEY", client.key().toString()))) {
            broker.assertHealthy();
        }
    }

    @Test
    void theEndpointsAreOfTwoClusters() {
        EtcdCluster one = etcd("one", EtcdOptions.PLAIN);
        EtcdCluster two = etcd("two", EtcdOptions.PLAIN);

        assertRefuses(
                settings(one.endpoints() + "," + two.endpoints()),
                "KAFSCALE_ETCD_ENDPOINTS",
                two.member().endpoint(),
                "another etcd cluster");
    }

    @Test
    void aMemberThatIsAwayIsNoReasonToRefuse() {
        EtcdCluster etcd = etcd("etcd", EtcdOptions.PLAIN);
        String away = "127.0.0.1:" + FreePort.find();

        try (BrokerProcess broker = BrokerProcess.started(
                "one-away", settings(away + "," + etcd.member().endpoint()))) {
            assertThat(broker.logged(away)).isTrue();
            broker.assertHealthy();
        }
    }

    @Test
    void theDirectoryAndEtcdMustBelongTogether() {
        EtcdCluster etcd = etcd("etcd", EtcdOptions.PLAIN);
        BrokerSettings embedded = BrokerSettings.in(directory.resolve("embedded"));
        try (BrokerProcess broker = BrokerProcess.started("embedded", embedded)) {
            broker.stop();
        }
        try (BrokerProcess broker = BrokerProcess.started("first", settings("one", etcd.endpoints()))) {
            assertThat(broker.logged("for a single broker only")).isTrue();
            assertRefuses(
                    settings("two", etcd.endpoints()).with("KAFSCALE_BROKER_ID", "1"),
                    "KAFSCALE_DATA_DIR",
                    "KAFSCALE_ETCD_ENDPOINTS",
                    "the objects of this cluster are missing");
            assertRefuses(
                    settings("one", etcd.endpoints()).with("KAFSCALE_BROKER_ID", "1"), "in use by another broker");
            broker.stop();
            broker.start();
            broker.stop();
        }
        assertRefuses(settings("embedded", etcd.endpoints()), "two clusters have the same name");
        assertRefuses(
                BrokerSettings.in(directory.resolve("one")),
                "KAFSCALE_DATA_DIR",
                "the metadata of this cluster is missing",
                "fsck restore");
    }
}
