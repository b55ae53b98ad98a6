// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.metadata.EtcdSettings;
import io.kafscale.broker.storage.HealthLimits;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.S3Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything that a user may choose, with defaults filled in: the only reader of the environment. Immutable.
 */
public record BrokerConfig(
        Node node,
        Listening listening,
        Storage storage,
        Writing writing,
        Policies policies,
        Times times,
        Logging logging) {

    private static final Pattern ORDINAL = Pattern.compile(".*-(\\d{1,9})");
    private static final int DEFAULT_PORT = 9092;
    private static final int MAX_CONNECTIONS = 1_000_000;
    private static final int MIB = 1 << 20;
    private static final long LEAST_SEGMENT = 64 << 10;
    private static final long MOST_SEGMENT = 1L << 30;
    private static final Duration SHORTEST_AGE = Duration.ofSeconds(1);
    private static final Duration LONGEST_AGE = Duration.ofDays(365);
    private static final int MAX_AHEAD = 64;

    /**
     * Who this broker is and what clients are told.
     *
     * @param port 0 for the port that is listened on
     */
    public record Node(int id, String host, int port, Optional<String> rack) {}

    /**
     * Where clients come in.
     *
     * @param host empty for all interfaces
     * @param port 0 for any free one
     */
    public record Listening(String host, int port, int connections, int connectionsPerAddress) {}

    /**
     * Where everything is kept.
     *
     * @param inMemory in the heap instead of the directory
     * @param namespace first part of the objects' names
     * @param s3 the bucket that keeps the objects; empty for the directory
     * @param replica a copy of that bucket, which is read first
     * @param etcd what keeps the metadata; empty for the directory
     */
    public record Storage(
            boolean inMemory,
            Path directory,
            String clusterId,
            String namespace,
            Optional<S3Settings> s3,
            Optional<S3Settings> replica,
            Optional<EtcdSettings> etcd) {

        /** What the keys of all objects begin with. */
        ObjectKey root() {
            return new ObjectKey(namespace + "/" + clusterId);
        }
    }

    /** The same, but reading only what is the truth. */
    BrokerConfig withoutReplica() {
        Storage primary = new Storage(
                storage.inMemory(),
                storage.directory(),
                storage.clusterId(),
                storage.namespace(),
                storage.s3(),
                Optional.empty(),
                storage.etcd());
        return new BrokerConfig(node, listening, primary, writing, policies, times, logging);
    }

    /**
     * How records are written and kept at hand.
     *
     * @param aheadBlocks so many of a sequential reader are read before it asks
     * @param topicDefaults settings of topics that do not set them, by Kafka's names, where they are not Kafka's
     */
    public record Writing(
            Duration flushInterval,
            int flushBytes,
            long cacheBytes,
            long indexCacheBytes,
            int aheadBlocks,
            Map<String, String> topicDefaults) {}

    /**
     * What clients may do.
     *
     * @param syncFlush false lets acks=1 be answered before the records are stored
     */
    public record Policies(
            boolean autoCreateTopics, int autoCreatePartitions, boolean allowAdminApis, boolean syncFlush) {}

    /**
     * How long things may take, and when what keeps the objects counts as slow or gone.
     *
     * @param garbageGrace how long an object is kept that nothing refers to
     */
    public record Times(Duration leaseTtl, Duration startupTimeout, Duration garbageGrace, HealthLimits objectHealth) {}

    /** What is logged. */
    public record Logging(Level level, boolean traceRequests) {}

    /** From which severity on something is logged. */
    public enum Level {
        ERROR,
        WARN,
        INFO,
        DEBUG
    }

    /**
     * The configuration of this process.
     *
     * @throws ConfigException for the first value that is not allowed
     */
    public static BrokerConfig fromEnvironment() {
        return from(System.getenv());
    }

    /**
     * The configuration that these variables ask for; what is not set has its default.
     *
     * @param variables by the names that {@code --help} lists
     * @throws ConfigException for the first value that is not allowed
     */
    public static BrokerConfig from(Map<String, String> variables) {
        Map<String, String> chosen = ServiceLinks.removedFrom(variables);
        Environment environment = new Environment(chosen);
        Listening listening = listening(environment);
        return new BrokerConfig(
                node(environment, listening),
                listening,
                storage(environment),
                writing(environment),
                policies(environment),
                times(environment),
                logging(environment));
    }

    private static Listening listening(Environment environment) {
        Environment.Address address =
                environment.address(Variable.BROKER_ADDR, new Environment.Address("", DEFAULT_PORT));
        return new Listening(
                address.host(),
                address.port(),
                environment.number(Variable.MAX_CONNECTIONS, 1, MAX_CONNECTIONS, 10_000),
                environment.number(Variable.MAX_CONNECTIONS_PER_ADDRESS, 1, MAX_CONNECTIONS, 1_000));
    }

    private static Node node(Environment environment, Listening listening) {
        return new Node(
                environment.number(Variable.BROKER_ID, 0, Integer.MAX_VALUE, ordinal(environment)),
                advertisedHost(environment, listening),
                environment.number(Variable.BROKER_PORT, 1, 65_535, 0),
                environment.text(Variable.BROKER_RACK));
    }

    private static int ordinal(Environment environment) {
        return environment
                .text(Variable.POD_NAME)
                .map(ORDINAL::matcher)
                .filter(Matcher::matches)
                .map(matcher -> Integer.parseInt(matcher.group(1)))
                .orElse(0);
    }

    private static String advertisedHost(Environment environment, Listening listening) {
        return environment
                .host(Variable.BROKER_HOST)
                .or(() -> Optional.of(listening.host()).filter(host -> !isWildcard(host)))
                .or(() -> podHost(environment))
                .orElse("localhost");
    }

    private static boolean isWildcard(String host) {
        return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
    }

    /** The name that a headless service gives to a pod: {@code pod.service[.namespace.svc]}. */
    private static Optional<String> podHost(Environment environment) {
        return environment
                .host(Variable.POD_NAME)
                .flatMap(pod -> environment
                        .host(Variable.BROKER_SERVICE)
                        .map(service -> pod + "." + service
                                + environment
                                        .host(Variable.POD_NAMESPACE)
                                        .map(namespace -> "." + namespace + ".svc")
                                        .orElse("")));
    }

    private static Storage storage(Environment environment) {
        String clusterId = environment.name(Variable.CLUSTER_ID, "kafscale");
        return new Storage(
                environment.isOn(Variable.USE_MEMORY_S3, false),
                Path.of(environment.text(Variable.DATA_DIR).orElse("kafscale-data")),
                clusterId,
                environment.name(Variable.S3_NAMESPACE, "default"),
                S3Variables.settings(environment),
                S3Variables.replica(environment),
                EtcdConfig.read(environment, clusterId));
    }

    private static Writing writing(Environment environment) {
        long quarterOfHeap = Runtime.getRuntime().maxMemory() / 4;
        long cacheSize = environment.size(Variable.CACHE_SIZE, 0, Long.MAX_VALUE, quarterOfHeap);
        return new Writing(
                environment.time(
                        Variable.FLUSH_INTERVAL_MS,
                        Duration.ofMillis(1),
                        Duration.ZERO,
                        Duration.ofMinutes(1),
                        Duration.ofMillis(environment.text(Variable.S3_BUCKET).isPresent() ? 100 : 5)),
                Math.toIntExact(environment.size(Variable.FLUSH_BYTES, 1, 256L * MIB, 8L * MIB)),
                environment.size(Variable.CACHE_BYTES, 0, Long.MAX_VALUE, cacheSize),
                environment.size(Variable.INDEX_CACHE_BYTES, 0, Long.MAX_VALUE, 32L * MIB),
                environment.number(Variable.READAHEAD_SEGMENTS, 0, MAX_AHEAD, LogLimits.USUAL_READ_AHEAD),
                topicDefaults(environment));
    }

    private static Map<String, String> topicDefaults(Environment environment) {
        Map<String, String> chosen = new HashMap<>();
        if (environment.text(Variable.SEGMENT_BYTES).isPresent()) {
            long bytes = environment.size(Variable.SEGMENT_BYTES, LEAST_SEGMENT, MOST_SEGMENT, LEAST_SEGMENT);
            chosen.put("segment.bytes", Long.toString(bytes));
        }
        if (environment.text(Variable.SEGMENT_MS).isPresent()) {
            Duration age =
                    environment.time(Variable.SEGMENT_MS, Duration.ofMillis(1), SHORTEST_AGE, LONGEST_AGE, LONGEST_AGE);
            chosen.put("segment.ms", Long.toString(age.toMillis()));
        }
        return Map.copyOf(chosen);
    }

    private static Policies policies(Environment environment) {
        return new Policies(
                environment.isOn(Variable.AUTO_CREATE_TOPICS, true),
                environment.number(Variable.AUTO_CREATE_PARTITIONS, 1, 10_000, 1),
                environment.isOn(Variable.ALLOW_ADMIN_APIS, true),
                environment.isOn(Variable.PRODUCE_SYNC_FLUSH, true));
    }

    private static Times times(Environment environment) {
        Duration second = Duration.ofSeconds(1);
        return new Times(
                environment.time(
                        Variable.LEASE_TTL_SEC,
                        second,
                        Duration.ofSeconds(2),
                        Duration.ofMinutes(5),
                        Duration.ofSeconds(5)),
                environment.time(
                        Variable.STARTUP_TIMEOUT_SEC,
                        second,
                        Duration.ZERO,
                        Duration.ofHours(1),
                        Duration.ofSeconds(30)),
                environment.time(
                        Variable.GC_GRACE_HOURS,
                        Duration.ofHours(1),
                        Duration.ofHours(1),
                        Duration.ofDays(365),
                        Duration.ofHours(24)),
                HealthVariables.limits(environment));
    }

    private static Logging logging(Environment environment) {
        Level level =
                environment.text(Variable.LOG_LEVEL).map(BrokerConfig::level).orElse(Level.WARN);
        return new Logging(level, environment.isOn(Variable.TRACE_KAFKA, false));
    }

    private static Level level(String value) {
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "error" -> Level.ERROR;
            case "warn" -> Level.WARN;
            case "info" -> Level.INFO;
            case "debug" -> Level.DEBUG;
            default -> throw Environment.refuse(Variable.LOG_LEVEL, value);
        };
    }
}
