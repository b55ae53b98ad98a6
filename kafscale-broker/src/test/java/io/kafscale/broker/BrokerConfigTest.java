// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.metadata.EtcdSettings;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3Writing;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class BrokerConfigTest {

    /** One value for each variable that is not its default. */
    private static final Map<Variable, String> VALUES = Map.ofEntries(
            Map.entry(Variable.BROKER_ADDR, "10.1.2.3:19092"),
            Map.entry(Variable.BROKER_HOST, "broker.example"),
            Map.entry(Variable.BROKER_PORT, "29092"),
            Map.entry(Variable.BROKER_ID, "7"),
            Map.entry(Variable.BROKER_SERVICE, "kafscale-headless"),
            Map.entry(Variable.POD_NAME, "kafscale-3"),
            Map.entry(Variable.POD_NAMESPACE, "streams"),
            Map.entry(Variable.BROKER_RACK, "zone-a"),
            Map.entry(Variable.DATA_DIR, "/var/lib/kafscale"),
            Map.entry(Variable.CLUSTER_ID, "blue"),
            Map.entry(Variable.ETCD_ENDPOINTS, "etcd.example:2379"),
            Map.entry(Variable.ETCD_USERNAME, "kafscale"),
            Map.entry(Variable.ETCD_PASSWORD, "secret"),
            Map.entry(Variable.ETCD_CA, "/etc/ca.pem"),
            Map.entry(Variable.ETCD_CERT, "/etc/cert.pem"),
            Map.entry(Variable.ETCD_KEY, "/etc/key.pem"),
            Map.entry(Variable.S3_NAMESPACE, "team"),
            Map.entry(Variable.S3_BUCKET, "records"),
            Map.entry(Variable.S3_REGION, "eu-central-1"),
            Map.entry(Variable.S3_ENDPOINT, "https://s3.example:9000"),
            Map.entry(Variable.S3_PATH_STYLE, "true"),
            Map.entry(Variable.S3_KMS_ARN, "arn:aws:kms:eu-central-1:1:key/2"),
            Map.entry(Variable.S3_ACCESS_KEY, "other"),
            Map.entry(Variable.S3_SECRET_KEY, "other"),
            Map.entry(Variable.S3_SESSION_TOKEN, "token"),
            Map.entry(Variable.S3_SIGN_PAYLOAD, "true"),
            Map.entry(Variable.S3_CONCURRENCY, "32"),
            Map.entry(Variable.USE_MEMORY_S3, "1"),
            Map.entry(Variable.FLUSH_INTERVAL_MS, "1s"),
            Map.entry(Variable.FLUSH_BYTES, "1MiB"),
            Map.entry(Variable.PRODUCE_SYNC_FLUSH, "false"),
            Map.entry(Variable.CACHE_BYTES, "64MiB"),
            Map.entry(Variable.CACHE_SIZE, "32MiB"),
            Map.entry(Variable.INDEX_CACHE_BYTES, "1000"),
            Map.entry(Variable.AUTO_CREATE_TOPICS, "False"),
            Map.entry(Variable.AUTO_CREATE_PARTITIONS, "3"),
            Map.entry(Variable.ALLOW_ADMIN_APIS, "0"),
            Map.entry(Variable.MAX_CONNECTIONS, "50"),
            Map.entry(Variable.MAX_CONNECTIONS_PER_ADDRESS, "5"),
            Map.entry(Variable.LEASE_TTL_SEC, "10"),
            Map.entry(Variable.STARTUP_TIMEOUT_SEC, "500ms"),
            Map.entry(Variable.GC_GRACE_HOURS, "2"),
            Map.entry(Variable.LOG_LEVEL, "DEBUG"),
            Map.entry(Variable.TRACE_KAFKA, "true"));

    @Test
    void nothingNeedsToBeConfigured() {
        BrokerConfig config = BrokerConfig.from(Map.of());

        assertThat(config.node()).isEqualTo(new BrokerConfig.Node(0, "localhost", 0, Optional.empty()));
        assertThat(config.listening()).isEqualTo(new BrokerConfig.Listening("", 9092, 10_000, 1_000));
        assertThat(config.storage())
                .isEqualTo(new BrokerConfig.Storage(
                        false, Path.of("kafscale-data"), "kafscale", "default", Optional.empty(), Optional.empty()));
        assertThat(config.writing().flushInterval()).isEqualTo(Duration.ofMillis(5));
        assertThat(config.writing().flushBytes()).isEqualTo(8 * 1024 * 1024);
        assertThat(config.writing().cacheBytes()).isEqualTo(Runtime.getRuntime().maxMemory() / 4);
        assertThat(config.policies()).isEqualTo(new BrokerConfig.Policies(true, 1, true, true));
        assertThat(config.times())
                .isEqualTo(new BrokerConfig.Times(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofHours(24)));
        assertThat(config.logging()).isEqualTo(new BrokerConfig.Logging(BrokerConfig.Level.WARN, false));
    }

    @Test
    void everyVariableActs() {
        assertThat(VALUES.keySet()).containsExactlyInAnyOrder(Variable.values());

        VALUES.forEach((variable, value) -> {
            Map<String, String> variables = new HashMap<>();
            companions(variable)
                    .forEach(companion ->
                            variables.put(companion.key(), companion == Variable.ETCD_ENDPOINTS ? "other:1" : "other"));
            if (variable.key().startsWith("KAFSCALE_S3_") && variable != Variable.S3_BUCKET) {
                variables.put(Variable.S3_BUCKET.key(), "bucket");
                variables.put(Variable.S3_ACCESS_KEY.key(), "key");
                variables.put(Variable.S3_SECRET_KEY.key(), "secret");
            }
            BrokerConfig without = BrokerConfig.from(variables);
            variables.put(variable.key(), value);
            assertThat(BrokerConfig.from(variables)).as(variable.key()).isNotEqualTo(without);
        });
    }

    /** What must be set for a variable to act. */
    private static List<Variable> companions(Variable variable) {
        return switch (variable) {
            case BROKER_SERVICE -> List.of(Variable.POD_NAME);
            case POD_NAMESPACE -> List.of(Variable.POD_NAME, Variable.BROKER_SERVICE);
            case ETCD_CA -> List.of(Variable.ETCD_ENDPOINTS);
            case ETCD_USERNAME, ETCD_PASSWORD ->
                List.of(Variable.ETCD_ENDPOINTS, Variable.ETCD_USERNAME, Variable.ETCD_PASSWORD);
            case ETCD_CERT, ETCD_KEY -> List.of(Variable.ETCD_ENDPOINTS, Variable.ETCD_CERT, Variable.ETCD_KEY);
            default -> List.of();
        };
    }

    @Test
    void clientsAreToldTheMostSpecificHost() {
        Map<String, String> pod = Map.of(
                "POD_NAME", "kafscale-3",
                "KAFSCALE_BROKER_SERVICE", "headless",
                "POD_NAMESPACE", "streams");

        assertThat(BrokerConfig.from(pod).node().host()).isEqualTo("kafscale-3.headless.streams.svc");
        assertThat(BrokerConfig.from(pod).node().id()).isEqualTo(3);
        assertThat(host(":9092")).isEqualTo("localhost");
        assertThat(host("0.0.0.0:9092")).isEqualTo("localhost");
        assertThat(host("[::]:9092")).isEqualTo("localhost");
        assertThat(host("10.0.0.7:9092")).isEqualTo("10.0.0.7");
        assertThat(host("[fe80::1%eth0]:9092")).isEqualTo("fe80::1%eth0");
        assertThat(BrokerConfig.from(Map.of("KAFSCALE_BROKER_HOST", "2001:db8::1"))
                        .node()
                        .host())
                .isEqualTo("2001:db8::1");
    }

    private static String host(String address) {
        return BrokerConfig.from(Map.of("KAFSCALE_BROKER_ADDR", address)).node().host();
    }

    @Test
    void sizesAndTimesTakeUnits() {
        assertThat(flushBytes("65536")).isEqualTo(65_536);
        assertThat(flushBytes("64KiB")).isEqualTo(65_536);
        assertThat(flushBytes("2 mib")).isEqualTo(2 << 20);
        assertThat(flushBytes("1MB")).isEqualTo(1_000_000);
        assertThat(interval("7")).isEqualTo(Duration.ofMillis(7));
        assertThat(interval("7ms")).isEqualTo(Duration.ofMillis(7));
        assertThat(interval("2s")).isEqualTo(Duration.ofSeconds(2));
        assertThat(BrokerConfig.from(Map.of("KAFSCALE_LEASE_TTL_SEC", "3"))
                        .times()
                        .leaseTtl())
                .isEqualTo(Duration.ofSeconds(3));
    }

    private static int flushBytes(String value) {
        return BrokerConfig.from(Map.of("KAFSCALE_FLUSH_BYTES", value))
                .writing()
                .flushBytes();
    }

    private static Duration interval(String value) {
        return BrokerConfig.from(Map.of("KAFSCALE_FLUSH_INTERVAL_MS", value))
                .writing()
                .flushInterval();
    }

    @Test
    void refusesBadValuesWithNameValueAndWhatIsAllowed() {
        Map<Variable, List<String>> bad = Map.ofEntries(
                Map.entry(
                        Variable.BROKER_ADDR, List.of("9092", "host", "host:port", "host:70000", "a b:1", "::1:9092")),
                Map.entry(Variable.BROKER_HOST, List.of("two words", "a/b", "example.com:9092", "[::1]")),
                Map.entry(Variable.BROKER_PORT, List.of("0", "65536", "http")),
                Map.entry(Variable.BROKER_ID, List.of("-1", "one", "2147483648")),
                Map.entry(Variable.CLUSTER_ID, List.of("a/b", "..", "x".repeat(129))),
                Map.entry(
                        Variable.ETCD_ENDPOINTS, List.of("one", "one:0", "one:2379,", "ftp://one:1", "one:2379;two:1")),
                Map.entry(Variable.S3_NAMESPACE, List.of("a b", ".")),
                Map.entry(Variable.S3_BUCKET, List.of("b", "with/slash", "-dash", "x".repeat(64))),
                Map.entry(Variable.S3_CONCURRENCY, List.of("0", "many", "10001")),
                Map.entry(Variable.USE_MEMORY_S3, List.of("yes", "2")),
                Map.entry(Variable.FLUSH_INTERVAL_MS, List.of("-5", "5 minutes", "61s", "ms")),
                Map.entry(Variable.FLUSH_BYTES, List.of("0", "8TiB", "999999999999999999GiB", "1.5MiB")),
                Map.entry(Variable.CACHE_BYTES, List.of("lots")),
                Map.entry(Variable.AUTO_CREATE_PARTITIONS, List.of("0", "10001")),
                Map.entry(Variable.MAX_CONNECTIONS, List.of("0")),
                Map.entry(Variable.LEASE_TTL_SEC, List.of("1", "1h")),
                Map.entry(Variable.STARTUP_TIMEOUT_SEC, List.of("2h")),
                Map.entry(Variable.GC_GRACE_HOURS, List.of("0", "59m", "8761")),
                Map.entry(Variable.LOG_LEVEL, List.of("verbose")));

        bad.forEach((variable, values) ->
                values.forEach(value -> assertThatThrownBy(() -> BrokerConfig.from(Map.of(variable.key(), value)))
                        .as(variable.key() + "=" + value)
                        .isInstanceOf(ConfigException.class)
                        .hasMessage(variable.key() + " is '" + value + "', but must be " + variable.allowed())));
    }

    @Test
    void aVariableSetToNothingCountsAsNotSet() {
        assertThat(BrokerConfig.from(Map.of("KAFSCALE_BROKER_ID", "", "KAFSCALE_LOG_LEVEL", "  ")))
                .isEqualTo(BrokerConfig.from(Map.of()));
    }

    @Test
    void aBucketBringsItsOwnDefaults() {
        BrokerConfig config = BrokerConfig.from(Map.of("KAFSCALE_S3_BUCKET", "records"));

        S3Settings s3 = config.storage().s3().orElseThrow();
        assertThat(s3)
                .isEqualTo(new S3Settings(
                        "records",
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        Optional.empty(),
                        new S3Writing(Optional.empty(), false),
                        64));
        assertThat(config.writing().flushInterval()).isEqualTo(Duration.ofMillis(100));
        assertThat(withBucket("KAFSCALE_S3_ENDPOINT", "http://localhost:9000/").pathStyle())
                .isTrue();
        assertThat(withBucket("KAFSCALE_S3_ENDPOINT", "http://localhost:9000/").endpoint())
                .contains(URI.create("http://localhost:9000"));
    }

    private static S3Settings withBucket(String name, String value) {
        return BrokerConfig.from(Map.of("KAFSCALE_S3_BUCKET", "records", name, value))
                .storage()
                .s3()
                .orElseThrow();
    }

    @Test
    void refusesBadValuesBesideABucket() {
        Map<Variable, List<String>> bad = Map.of(
                Variable.S3_REGION, List.of("eu central", "eu/1"),
                Variable.S3_ENDPOINT,
                        List.of(
                                "localhost:9000",
                                "ftp://host",
                                "http://",
                                "http://host/path",
                                "http://user@host",
                                "https://host?x",
                                "http://a b"),
                Variable.S3_PATH_STYLE, List.of("maybe"),
                Variable.S3_SIGN_PAYLOAD, List.of("maybe"));

        bad.forEach((variable, values) ->
                values.forEach(value -> assertThatThrownBy(() -> withBucket(variable.key(), value))
                        .isInstanceOf(ConfigException.class)
                        .hasMessage(variable.key() + " is '" + value + "', but must be " + variable.allowed())));
    }

    @Test
    void refusesHalfABucket() {
        assertRefused("KAFSCALE_S3_BUCKET", Map.of("KAFSCALE_S3_ENDPOINT", "http://localhost:9000"));
        assertRefused("KAFSCALE_S3_BUCKET", Map.of("KAFSCALE_S3_ACCESS_KEY", "key"));
        assertRefused(
                "KAFSCALE_S3_SECRET_KEY", Map.of("KAFSCALE_S3_BUCKET", "records", "KAFSCALE_S3_ACCESS_KEY", "key"));
        assertRefused(
                "KAFSCALE_S3_ACCESS_KEY", Map.of("KAFSCALE_S3_BUCKET", "records", "KAFSCALE_S3_SECRET_KEY", "hidden"));
        assertRefused(
                "KAFSCALE_S3_ACCESS_KEY", Map.of("KAFSCALE_S3_BUCKET", "records", "KAFSCALE_S3_SESSION_TOKEN", "t"));
        assertRefused("KAFSCALE_USE_MEMORY_S3", Map.of("KAFSCALE_S3_BUCKET", "records", "KAFSCALE_USE_MEMORY_S3", "1"));
    }

    private static void assertRefused(String named, Map<String, String> variables) {
        assertThatThrownBy(() -> BrokerConfig.from(variables))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(named)
                .hasMessageNotContaining("hidden");
    }

    @Test
    void neverShowsASecret() {
        BrokerConfig config = BrokerConfig.from(Map.of(
                "KAFSCALE_S3_BUCKET", "records",
                "KAFSCALE_S3_ACCESS_KEY", "key",
                "KAFSCALE_S3_SECRET_KEY", "hidden-secret",
                "KAFSCALE_S3_SESSION_TOKEN", "hidden-token"));

        assertThat(config.toString()).contains("records").doesNotContain("hidden");
    }

    @Test
    void refusesSettingsOfTheClusterModeRatherThanToIgnoreThem() {
        for (String name : List.of("KAFSCALE_S3_READ_BUCKET", "KAFSCALE_S3_READ_REGION")) {
            assertThatThrownBy(() -> BrokerConfig.from(Map.of(name, "value")))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("Unset it");
        }
    }

    private static Optional<EtcdSettings> etcd(String... namesAndValues) {
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            variables.put("KAFSCALE_" + namesAndValues[i], namesAndValues[i + 1]);
        }
        return BrokerConfig.from(variables).storage().etcd();
    }

    @Test
    void takesTheMembersOfEtcdInSeveralForms() {
        assertThat(etcd("ETCD_ENDPOINTS", "one:2379, http://two:2380,[::1]:2381", "CLUSTER_ID", "c"))
                .contains(new EtcdSettings(
                        List.of(
                                new EtcdSettings.Endpoint("one", 2379),
                                new EtcdSettings.Endpoint("two", 2380),
                                new EtcdSettings.Endpoint("::1", 2381)),
                        Optional.empty(),
                        Optional.empty(),
                        "/kafscale/c/"));
        assertThat(etcd()).isEmpty();
    }

    @Test
    void takesTheUserOfEtcdAndNeverShowsThePassword() {
        Optional<EtcdSettings> etcd =
                etcd("ETCD_ENDPOINTS", "one:2379", "ETCD_USERNAME", "somebody", "ETCD_PASSWORD", "s3cret");

        assertThat(etcd.flatMap(EtcdSettings::login)).contains(new EtcdSettings.Login("somebody", "s3cret"));
        assertThat(etcd.toString()).contains("somebody").doesNotContain("s3cret");
    }

    @Test
    void speaksTlsWithEtcdWhenAskedToInAnyWay() {
        assertThat(etcd("ETCD_ENDPOINTS", "https://one:2379").flatMap(EtcdSettings::tls))
                .contains(new EtcdSettings.Tls(Optional.empty(), Optional.empty()));
        assertThat(etcd("ETCD_ENDPOINTS", "one:2379", "ETCD_CA", "ca.pem").flatMap(EtcdSettings::tls))
                .contains(new EtcdSettings.Tls(Optional.of(Path.of("ca.pem")), Optional.empty()));
        assertThat(etcd("ETCD_ENDPOINTS", "one:2379", "ETCD_CERT", "c.pem", "ETCD_KEY", "k.pem")
                        .flatMap(EtcdSettings::tls))
                .contains(new EtcdSettings.Tls(
                        Optional.empty(),
                        Optional.of(new EtcdSettings.Certificate(Path.of("c.pem"), Path.of("k.pem")))));
    }

    @Test
    void refusesSettingsOfEtcdThatDoNotGoTogether() {
        assertConflict("KAFSCALE_ETCD_USERNAME is set", "ETCD_USERNAME", "u");
        assertConflict("must both be set", "ETCD_ENDPOINTS", "one:2379", "ETCD_USERNAME", "u");
        assertConflict("must both be set", "ETCD_ENDPOINTS", "one:2379", "ETCD_KEY", "k.pem");
        assertConflict("plain text", "ETCD_ENDPOINTS", "http://one:2379", "ETCD_CA", "ca.pem");
        assertConflict("plain text", "ETCD_ENDPOINTS", "http://one:2379,https://two:2379");
        assertConflict("in memory", "ETCD_ENDPOINTS", "one:2379", "USE_MEMORY_S3", "true");
    }

    private static void assertConflict(String message, String... namesAndValues) {
        assertThatThrownBy(() -> etcd(namesAndValues))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void passesOverWhatKubernetesSetsForServices() {
        Map<String, String> links = Map.of(
                "KAFSCALE_BROKER_PORT", "tcp://10.0.0.7:9092",
                "KAFSCALE_BROKER_PORT_9092_TCP", "tcp://10.0.0.7:9092",
                "KAFSCALE_BROKER_PORT_9092_TCP_ADDR", "10.0.0.7",
                "KAFSCALE_BROKER_SERVICE_HOST", "10.0.0.7",
                "KAFSCALE_BROKER_SERVICE_PORT_KAFKA", "9092",
                "KAFSCALE_ETCD_SERVICE_HOST", "10.0.0.8",
                "KAFSCALE_ETCD_PORT_2379_TCP_PROTO", "tcp");

        assertThat(BrokerConfig.from(links)).isEqualTo(BrokerConfig.from(Map.of()));
        assertThat(UnusedVariables.warnings(links)).isEmpty();
        assertThat(BrokerConfig.from(Map.of("KAFSCALE_BROKER_PORT", "9093"))
                        .node()
                        .port())
                .isEqualTo(9093);
    }

    @Test
    void warnsOfUnknownVariablesWithTheNearestName() {
        assertThat(UnusedVariables.warnings(Map.of(
                        "KAFSCALE_BROKER_ADDRESS", ":1",
                        "KAFSCALE_LOGLEVEL", "info",
                        "KAFSCALE_METRICS_ADDR", ":9093",
                        "KAFSCALE_BROKER_ID", "1",
                        "KAFSCALE_EMPTY", "",
                        "KAFSCALE_PURPLE", "1",
                        "OTHER", "x")))
                .containsExactly(
                        "KAFSCALE_BROKER_ADDRESS is unknown; did you mean KAFSCALE_BROKER_ADDR?",
                        "KAFSCALE_LOGLEVEL is unknown; did you mean KAFSCALE_LOG_LEVEL?",
                        "KAFSCALE_METRICS_ADDR has no effect in this version",
                        "KAFSCALE_PURPLE is unknown");
    }
}
