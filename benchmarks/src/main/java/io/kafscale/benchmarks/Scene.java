// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.EtcdMetadataStore;
import io.kafscale.broker.metadata.EtcdSettings;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.S3Environment;
import io.kafscale.broker.storage.S3Keys;
import io.kafscale.broker.storage.S3ObjectStore;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3Writing;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A real S3 server (versitygw) and a real etcd on a directory that outlives them, and brokers on both. What is started here
 * ends with the program. Confined to one thread.
 */
final class Scene implements AutoCloseable {
    static final ClusterKeys KEYS = new ClusterKeys("kafscale");
    static final ObjectKey ROOT = new ObjectKey("default/kafscale");

    private static final String BUCKET = "bucket";

    private static final String ACCESS_KEY = "scale";
    private static final String SECRET_KEY = "scale-secret";
    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Path directory;
    private final int s3Port = freePort();
    private final int etcdPort = freePort();
    private final int brokerPort = freePort();
    private final SystemThreads threads = new SystemThreads();
    private final List<Process> processes = new ArrayList<>();
    private int brokers;

    private Scene(Path directory) {
        this.directory = directory;
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    }

    /** Starts both servers on what the directory holds, or on nothing. */
    static Scene open(Path directory) throws IOException, InterruptedException {
        Scene scene = new Scene(Files.createDirectories(directory).toAbsolutePath());
        Files.createDirectories(scene.directory.resolve("s3").resolve(BUCKET));
        scene.start(
                "s3",
                Map.of(),
                List.of(
                        tool("versitygw"),
                        "--access",
                        ACCESS_KEY,
                        "--secret",
                        SECRET_KEY,
                        "--port",
                        "127.0.0.1:" + scene.s3Port,
                        "--quiet",
                        "posix",
                        scene.directory.resolve("s3").toString()));
        String client = "http://127.0.0.1:" + scene.etcdPort;
        String peer = "http://127.0.0.1:" + freePort();
        scene.start(
                "etcd",
                Map.of("ETCD_UNSUPPORTED_ARCH", "arm64"),
                List.of(
                        tool("etcd"),
                        "--data-dir=" + scene.directory.resolve("etcd"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=default=" + peer,
                        "--force-new-cluster=" + Files.exists(scene.directory.resolve("etcd")),
                        "--auto-compaction-mode=periodic",
                        "--auto-compaction-retention=10m",
                        "--log-level=warn"));
        awaitPort(scene.s3Port);
        awaitPort(scene.etcdPort);
        return scene;
    }

    private static String tool(String name) {
        String home = System.getProperty("user.home", "");
        String tools = Optional.ofNullable(System.getenv("TOOLS_DIR")).orElse(home + "/.cache/kafscale-tools/bin");
        return Path.of(tools, name).toString();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no free port", e);
        }
    }

    private static void awaitPort(int port) throws IOException, InterruptedException {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
                return;
            } catch (IOException e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                Thread.sleep(20);
            }
        }
    }

    private Process start(String name, Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /**
     * Starts the jar and returns at once; the system properties {@code broker} and {@code jvm} say which one, and with which
     * options of the JVM.
     */
    Process startBroker(Map<String, String> settings) throws IOException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "KAFSCALE_BROKER_ADDR",
                bootstrap(),
                "KAFSCALE_ETCD_ENDPOINTS",
                "127.0.0.1:" + etcdPort,
                "KAFSCALE_S3_BUCKET",
                BUCKET,
                "KAFSCALE_S3_ENDPOINT",
                endpoint(),
                "KAFSCALE_S3_ACCESS_KEY",
                ACCESS_KEY,
                "KAFSCALE_S3_SECRET_KEY",
                SECRET_KEY));
        environment.putAll(settings);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
        command.addAll(List.of(System.getProperty("jvm", "-Xmx1g").split(" ", -1)));
        command.addAll(List.of("-jar", System.getProperty("broker", "kafscale-broker/target/kafscale-broker.jar")));
        return start("broker-" + ++brokers, environment, command);
    }

    /** Waits until the broker says that it serves. */
    void awaitBroker() throws IOException, InterruptedException {
        Path log = directory.resolve("broker-" + brokers + ".log");
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (Files.readString(log).lines().noneMatch(line -> line.startsWith("broker listening on"))) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("the broker does not start: " + Files.readString(log));
            }
            Thread.sleep(5);
        }
    }

    String bootstrap() {
        return "127.0.0.1:" + brokerPort;
    }

    private String endpoint() {
        return "http://127.0.0.1:" + s3Port;
    }

    /** How many keys of etcd begin so, below those of the cluster. */
    long keys(String prefix) throws IOException, InterruptedException {
        Process count = new ProcessBuilder(
                        tool("etcdctl"),
                        "--endpoints=127.0.0.1:" + etcdPort,
                        "get",
                        KEYS.root() + prefix,
                        "--prefix",
                        "--count-only",
                        "--write-out=fields")
                .start();
        try (InputStream out = count.getInputStream()) {
            String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            count.waitFor();
            return text.lines()
                    .filter(line -> line.startsWith("\"Count\""))
                    .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                    .findFirst()
                    .orElseThrow(() -> new IOException("etcdctl says: " + text));
        }
    }

    /** The metadata as the broker reads it. */
    MetadataStore metadata() throws InterruptedException {
        EtcdSettings settings = new EtcdSettings(
                List.of(new EtcdSettings.Endpoint("127.0.0.1", etcdPort)),
                Optional.empty(),
                Optional.empty(),
                KEYS.root());
        return EtcdMetadataStore.open(settings, START_LIMIT, new SystemClock());
    }

    SystemThreads threads() {
        return threads;
    }

    /** The objects as the broker reads them. */
    ObjectStore objects() throws InterruptedException {
        S3Settings settings = new S3Settings(
                BUCKET,
                Optional.empty(),
                Optional.of(URI.create(endpoint())),
                true,
                Optional.of(new S3Keys(ACCESS_KEY, SECRET_KEY, Optional.empty())),
                new S3Writing(Optional.empty(), false),
                64);
        return S3ObjectStore.open(
                settings,
                new ObjectKey("probe"),
                new S3Environment(new SystemClock(), threads, new Random()),
                Duration.ofSeconds(10));
    }

    /** What a program of the JDK says. */
    static String tell(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home", ""), "bin", program).toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).start();
        try (InputStream out = process.getInputStream()) {
            String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return text;
        }
    }

    /** The load of the machine in the last minute. */
    static String load() throws IOException {
        String text = Files.readString(Path.of("/proc/loadavg"));
        return text.substring(0, text.indexOf(' '));
    }

    private void end() {
        processes.forEach(Process::destroyForcibly);
    }

    @Override
    public void close() {
        end();
        threads.close();
    }
}
