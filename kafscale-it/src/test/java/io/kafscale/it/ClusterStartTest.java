// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.FreePort;
import io.kafscale.it.servers.ClusterStores;
import io.kafscale.it.servers.S3Fault;
import io.kafscale.it.servers.S3FaultProxy;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker on S3 and etcd that cannot start, since one of the two or another broker is in its way, says so by name and stops. */
@Tag("ops-api")
final class ClusterStartTest {
    private static ClusterStores stores;

    @BeforeAll
    static void startStores(@TempDir Path folder) {
        stores = ClusterStores.started(folder, 1);
    }

    @AfterAll
    static void stopStores() {
        if (stores != null) { // skipped without the programs
            stores.close();
        }
    }

    private static BrokerSettings settings(String cluster) {
        return stores.settings().with("KAFSCALE_CLUSTER_ID", cluster).with("KAFSCALE_STARTUP_TIMEOUT_SEC", "2");
    }

    private static void assertRefuses(BrokerSettings settings, String... words) {
        Finished finished = BrokerProcess.run(settings.with("KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));

        assertThat(finished.exitCode()).isEqualTo(1);
        assertThat(finished.text())
                .contains(words)
                .doesNotContain("broker listening on", "\tat ", "kafscale-test-secret");
    }

    @Test
    void aSecondBrokerOfTheSameIdIsRefusedAndTheFirstGoesOn() {
        BrokerSettings settings = settings("same-id").with("KAFSCALE_LEASE_TTL_SEC", "2");
        try (BrokerProcess broker = BrokerProcess.started("first", settings)) {
            assertRefuses(settings, "broker id 0 is in use", broker.bootstrap());

            TestTopic topic = TestTopic.create(broker.bootstrap(), "t", 1);
            topic.sendNumbers(0, 10);
            assertThat(topic.endOffsets().values()).containsExactly(10L);
            broker.assertHealthy();
        }
    }

    /** S3 refuses requests whose time is more than a quarter of an hour away from its own; the test server does not, so it is played. */
    @Test
    void aClockThatIsWrongIsTold() {
        try (S3FaultProxy proxy = S3FaultProxy.to(stores.s3().endpoint(), 1)) {
            proxy.inject(S3Fault.refusal(403, "RequestTimeTooSkewed"));

            assertRefuses(
                    settings("clock")
                            .with("KAFSCALE_S3_ENDPOINT", proxy.endpoint().toString()),
                    "KAFSCALE_S3_ENDPOINT",
                    proxy.endpoint().toString(),
                    "RequestTimeTooSkewed",
                    "clock");
        }
    }

    @Test
    void eachOfTheTwoIsNamedWhenItIsNotThere() {
        String nobody = "127.0.0.1:" + FreePort.find();

        assertRefuses(settings("nobody").with("KAFSCALE_ETCD_ENDPOINTS", nobody), "KAFSCALE_ETCD_ENDPOINTS", nobody);
        assertRefuses(
                settings("nobody").with("KAFSCALE_S3_ENDPOINT", "http://" + nobody), "KAFSCALE_S3_ENDPOINT", nobody);
        assertRefuses(
                settings("nobody").with("KAFSCALE_S3_BUCKET", "no-such-bucket"),
                "KAFSCALE_S3_BUCKET",
                "no-such-bucket");
        assertRefuses(settings("nobody").with("KAFSCALE_S3_SECRET_KEY", "wrong"), "KAFSCALE_S3_SECRET_KEY");
    }
}
