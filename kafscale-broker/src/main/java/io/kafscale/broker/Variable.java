// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** An environment variable that acts in this version; {@code docs/configuration.md} shows the same table. Immutable. */
enum Variable {
    BROKER_ADDR("KAFSCALE_BROKER_ADDR", ":9092", Allowed.ADDRESS, "where to listen for Kafka clients"),
    BROKER_HOST(
            "KAFSCALE_BROKER_HOST",
            "the host of KAFSCALE_BROKER_ADDR, the pod's name, or localhost",
            Allowed.HOST,
            "the host that clients are told"),
    BROKER_PORT(
            "KAFSCALE_BROKER_PORT",
            "the port that is listened on",
            "a number from 1 to 65535",
            "the port that clients are told"),
    BROKER_ID(
            "KAFSCALE_BROKER_ID",
            "the number at the end of POD_NAME, or 0",
            "a number from 0 to 2147483647",
            "the node id, different for each broker of a cluster"),
    BROKER_SERVICE(
            "KAFSCALE_BROKER_SERVICE",
            "none",
            Allowed.HOST,
            "in Kubernetes: the headless service, for the host that clients are told"),
    POD_NAME("POD_NAME", "none", Allowed.HOST, "in Kubernetes: the pod's name"),
    POD_NAMESPACE("POD_NAMESPACE", "none", Allowed.HOST, "in Kubernetes: the pod's namespace"),
    BROKER_RACK("KAFSCALE_BROKER_RACK", "none", "any text", "the rack or zone that clients are told"),
    DATA_DIR("KAFSCALE_DATA_DIR", "./kafscale-data", "a path", "where objects and metadata are kept"),
    CLUSTER_ID(
            "KAFSCALE_CLUSTER_ID",
            "kafscale",
            Allowed.NAME,
            "separates clusters that share a store; names their objects and keys"),
    ETCD_ENDPOINTS(
            "KAFSCALE_ETCD_ENDPOINTS",
            "none",
            "HOST:PORT, also behind http:// or https://; several with commas between",
            "members of the etcd that keeps the metadata; without it the metadata is in KAFSCALE_DATA_DIR"),
    ETCD_USERNAME("KAFSCALE_ETCD_USERNAME", "none", "any text", "the user of etcd"),
    ETCD_PASSWORD("KAFSCALE_ETCD_PASSWORD", "none", "any text", "the user's password, which is never logged"),
    ETCD_CA(
            "KAFSCALE_ETCD_CA",
            "the authorities that the JDK trusts",
            Allowed.PEM,
            "who signs the certificates of etcd; asks for TLS, as https:// does"),
    ETCD_CERT("KAFSCALE_ETCD_CERT", "none", Allowed.PEM, "the certificate that is shown to etcd"),
    ETCD_KEY("KAFSCALE_ETCD_KEY", "none", Allowed.PEM, "the certificate's key, in PKCS#8 and not encrypted"),
    S3_NAMESPACE("KAFSCALE_S3_NAMESPACE", "default", Allowed.NAME, "first part of the names of all objects"),
    S3_BUCKET(
            "KAFSCALE_S3_BUCKET",
            "none",
            "the name of a bucket that exists",
            "the bucket of S3 that keeps the objects, instead of a local directory"),
    S3_REGION(
            "KAFSCALE_S3_REGION",
            "that of the AWS default chain; us-east-1 with an endpoint",
            "a region, such as eu-central-1",
            "the bucket's region"),
    S3_ENDPOINT(
            "KAFSCALE_S3_ENDPOINT",
            "that of AWS",
            "http:// or https:// with a host, and a port if it is an unusual one",
            "the address of a store that speaks S3"),
    S3_PATH_STYLE(
            "KAFSCALE_S3_PATH_STYLE",
            "true with an endpoint, else false",
            Allowed.SWITCH,
            "true: the bucket is named in the path, false: in the host"),
    S3_KMS_ARN(
            "KAFSCALE_S3_KMS_ARN",
            "none",
            "the ARN of a key of AWS KMS",
            "the key that encrypts the objects; without it the bucket's own default does"),
    S3_ACCESS_KEY(
            "KAFSCALE_S3_ACCESS_KEY",
            "that of the AWS default chain",
            "an access key, together with KAFSCALE_S3_SECRET_KEY",
            "static credentials of S3"),
    S3_SECRET_KEY(
            "KAFSCALE_S3_SECRET_KEY",
            "that of the AWS default chain",
            "a secret key, together with KAFSCALE_S3_ACCESS_KEY",
            "static credentials of S3, never shown"),
    S3_SESSION_TOKEN(
            "KAFSCALE_S3_SESSION_TOKEN",
            "none",
            "a session token, together with the two keys",
            "the third part of temporary credentials"),
    S3_SIGN_PAYLOAD(
            "KAFSCALE_S3_SIGN_PAYLOAD",
            "false",
            Allowed.SWITCH,
            "true: the signature covers the bytes, too, as some bucket policies ask; costs CPU"),
    S3_CONCURRENCY("KAFSCALE_S3_CONCURRENCY", "64", "a number from 1 to 10000", "calls of S3 at a time"),
    S3_READ_BUCKET(
            "KAFSCALE_S3_READ_BUCKET",
            "none",
            "the name of a bucket that exists, together with KAFSCALE_S3_BUCKET",
            "a replica of the bucket, kept up to date by the store; it is read first, and the bucket when it fails"),
    S3_READ_REGION(
            "KAFSCALE_S3_READ_REGION",
            "that of KAFSCALE_S3_REGION",
            "a region, such as eu-central-1, together with KAFSCALE_S3_READ_BUCKET",
            "the replica's region"),
    S3_READ_ENDPOINT(
            "KAFSCALE_S3_READ_ENDPOINT",
            "that of KAFSCALE_S3_ENDPOINT",
            "http:// or https:// with a host, and a port if it is an unusual one",
            "the address of the store that keeps the replica"),
    S3_HEALTH_WINDOW_SEC(
            "KAFSCALE_S3_HEALTH_WINDOW_SEC",
            "60",
            "a time from 1 to 3600 s, such as 60 or 60s",
            "how far back calls count for the health of the store, bucket or directory"),
    S3_LATENCY_WARN_MS(
            "KAFSCALE_S3_LATENCY_WARN_MS", "500", Allowed.LATENCY, "mean time of a call from which on it is degraded"),
    S3_LATENCY_CRIT_MS(
            "KAFSCALE_S3_LATENCY_CRIT_MS",
            "3000",
            Allowed.LATENCY,
            "mean time of a call from which on it is unavailable"),
    S3_ERROR_RATE_WARN(
            "KAFSCALE_S3_ERROR_RATE_WARN", "0.2", Allowed.SHARE, "share of failed calls from which on it is degraded"),
    S3_ERROR_RATE_CRIT(
            "KAFSCALE_S3_ERROR_RATE_CRIT",
            "0.6",
            Allowed.SHARE,
            "share of failed calls from which on it is unavailable"),
    USE_MEMORY_S3(
            "KAFSCALE_USE_MEMORY_S3",
            "false",
            Allowed.SWITCH,
            "true: everything is kept in memory and gone with the process, for tests"),
    FLUSH_INTERVAL_MS(
            "KAFSCALE_FLUSH_INTERVAL_MS",
            "100 on S3, else 5",
            "a time from 0 to 60000 ms, such as 5, 5ms or 1s",
            "pace of flushes under load; after a pause the first goes at once"),
    FLUSH_BYTES(
            "KAFSCALE_FLUSH_BYTES",
            "8MiB",
            "a size from 1 to 268435456 bytes, such as 1048576 or 1MiB",
            "a flush leaves early at this size"),
    PRODUCE_SYNC_FLUSH(
            "KAFSCALE_PRODUCE_SYNC_FLUSH",
            "true",
            Allowed.SWITCH,
            "false: acks=1 is answered before the records are stored, so that a crash can lose them"),
    CACHE_BYTES(
            "KAFSCALE_CACHE_BYTES",
            "25 % of the heap",
            Allowed.SIZE,
            "committed records that are kept in memory for readers"),
    CACHE_SIZE("KAFSCALE_CACHE_SIZE", "25 % of the heap", Allowed.SIZE, "another name of KAFSCALE_CACHE_BYTES"),
    INDEX_CACHE_BYTES(
            "KAFSCALE_INDEX_CACHE_BYTES",
            "32MiB",
            Allowed.SIZE,
            "half for footers of shared objects, half for indexes and listings of segments"),
    SEGMENT_BYTES(
            "KAFSCALE_SEGMENT_BYTES",
            "64MiB",
            "a size from 65536 to 1073741824 bytes, such as 67108864 or 64MiB",
            "a partition is sealed into a segment of its own when so much of it is not; segment.bytes of topics that do"
                    + " not set it"),
    SEGMENT_MS(
            "KAFSCALE_SEGMENT_MS",
            "24h",
            "a time from 1000 ms to 365 days, such as 3600000, 90m or 24h",
            "a partition is sealed when something of it has waited for so long; segment.ms of topics that do not set"
                    + " it"),
    READAHEAD_SEGMENTS(
            "KAFSCALE_READAHEAD_SEGMENTS",
            "2",
            "a number from 0 to 64",
            "how many blocks of about 4 MiB are read ahead of a reader that goes through a log"),
    AUTO_CREATE_TOPICS(
            "KAFSCALE_AUTO_CREATE_TOPICS", "true", Allowed.SWITCH, "whether a topic is made when a client first asks"),
    AUTO_CREATE_PARTITIONS(
            "KAFSCALE_AUTO_CREATE_PARTITIONS",
            "1",
            "a number from 1 to 10000",
            "partitions of a topic that is made without a stated number"),
    ALLOW_ADMIN_APIS(
            "KAFSCALE_ALLOW_ADMIN_APIS",
            "true",
            Allowed.SWITCH,
            "false: requests to create and delete topics are refused by policy"),
    MAX_CONNECTIONS(
            "KAFSCALE_MAX_CONNECTIONS",
            "10000",
            "a number from 1 to 1000000",
            "connections of all clients together; further ones wait"),
    MAX_CONNECTIONS_PER_ADDRESS(
            "KAFSCALE_MAX_CONNECTIONS_PER_ADDRESS",
            "1000",
            "a number from 1 to 1000000",
            "connections from one address; further ones are closed"),
    LEASE_TTL_SEC(
            "KAFSCALE_LEASE_TTL_SEC",
            "5",
            "a time from 2 to 300 s, such as 5 or 5s",
            "how long a broker that gives no sign of life keeps what it owns"),
    STARTUP_TIMEOUT_SEC(
            "KAFSCALE_STARTUP_TIMEOUT_SEC",
            "30",
            "a time from 0 to 3600 s, such as 30 or 30s",
            "how long a start waits for a store that does not answer"),
    GC_GRACE_HOURS(
            "KAFSCALE_GC_GRACE_HOURS",
            "24",
            "a time from 1 to 8760 h, such as 24, 24h or 90m",
            "how long an object is kept that nothing refers to any more, such as one of a deleted topic"),
    LOG_LEVEL("KAFSCALE_LOG_LEVEL", "warn", "error, warn, info or debug", "what is logged to standard output"),
    TRACE_KAFKA(
            "KAFSCALE_TRACE_KAFKA",
            "false",
            Allowed.SWITCH,
            "one debug line for each request, without record contents, whatever the log level");

    private final String key;
    private final String defaultText;
    private final String allowed;
    private final String meaning;

    Variable(String key, String defaultText, String allowed, String meaning) {
        this.key = key;
        this.defaultText = defaultText;
        this.allowed = allowed;
        this.meaning = meaning;
    }

    /** Texts that several variables share. */
    private static final class Allowed {
        private static final String ADDRESS = "HOST:PORT, or :PORT for all interfaces; port 0 takes any free one";
        private static final String HOST = "a host name or an address, without a port";
        private static final String NAME = "1 to 128 of [A-Za-z0-9._-], not . or ..";
        private static final String SWITCH = "true or false, 1 or 0";
        private static final String PEM = "the path of a file in PEM";
        private static final String LATENCY = "a time from 1 to 300000 ms, such as 500, 500ms or 2s";
        private static final String SHARE = "a share above 0 and up to 1, such as 0.2";
        private static final String SIZE = "a size from 0 bytes, such as 67108864 or 64MiB";
    }

    /** The name in the environment. */
    String key() {
        return key;
    }

    /** What stands for it when it is not set, for people. */
    String defaultText() {
        return defaultText;
    }

    /** Which values it takes, for people. */
    String allowed() {
        return allowed;
    }

    String meaning() {
        return meaning;
    }

    static Optional<Variable> find(String key) {
        return Stream.of(values()).filter(variable -> variable.key.equals(key)).findFirst();
    }

    static List<String> keys() {
        return Stream.of(values()).map(Variable::key).toList();
    }
}
