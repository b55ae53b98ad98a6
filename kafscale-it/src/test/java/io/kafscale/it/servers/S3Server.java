// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.FreePort;
import io.kafscale.it.process.Patience;
import io.kafscale.it.process.ServerPrograms;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** A real S3 server as a process on a free port, with its data in a new folder. Thread-safe. */
public final class S3Server implements AutoCloseable {
    public static final String ACCESS_KEY = "kafscale-test";
    public static final String SECRET_KEY = "kafscale-test-secret";

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final String name;
    private final List<String> command;
    private final Map<String, String> environment;
    private final URI endpoint;
    private final List<ChildProcess> processes = new CopyOnWriteArrayList<>();

    private S3Server(String name, List<String> command, Map<String, String> environment, int port) {
        this.name = name;
        this.command = command;
        this.environment = environment;
        this.endpoint = URI.create("http://127.0.0.1:" + port);
    }

    /** versitygw: S3 on a plain folder. */
    public static S3Server versitygw(Path data) {
        return versitygw(data, FreePort.find());
    }

    /** The same on a port of which the caller knows that it is free. */
    public static S3Server versitygw(Path data, int port) {
        Path program = ServerPrograms.find("versitygw", "get-s3.sh");
        List<String> command = List.of(
                program.toString(),
                "--access",
                ACCESS_KEY,
                "--secret",
                SECRET_KEY,
                "--port",
                "127.0.0.1:" + port,
                "--quiet",
                "posix",
                data.toString());
        return started(new S3Server("versitygw", command, Map.of(), port));
    }

    /** MinIO. */
    public static S3Server minio(Path data) {
        Path program = ServerPrograms.findOptional("minio", "get-s3.sh with S3_PARTS=minio");
        int port = FreePort.find();
        Map<String, String> environment = Map.of(
                "MINIO_ROOT_USER",
                ACCESS_KEY,
                "MINIO_ROOT_PASSWORD",
                SECRET_KEY,
                "MINIO_UPDATE",
                "off",
                "MINIO_BROWSER",
                "off");
        List<String> command =
                List.of(program.toString(), "server", "--quiet", "--address", "127.0.0.1:" + port, data.toString());
        return started(new S3Server("minio", command, environment, port));
    }

    private static S3Server started(S3Server server) {
        boolean ready = false;
        try {
            server.launch();
            server.awaitAnswer();
            ready = true;
            return server;
        } finally {
            if (!ready) {
                server.close();
            }
        }
    }

    /** Starts it on its data after it was killed, and does not wait. */
    public void launch() {
        processes.add(ChildProcess.start(name, command, environment));
    }

    /** Waits until it serves. */
    public void awaitAnswer() {
        Patience.until("the S3 server answers", this::answers);
    }

    /** SIGKILL. */
    public void kill() {
        processes.getLast().kill();
    }

    /** SIGSTOP. */
    public void pause() {
        processes.getLast().pause();
    }

    /** SIGCONT. */
    public void resume() {
        processes.getLast().resume();
    }

    private boolean answers() {
        try {
            HttpURLConnection connection = (HttpURLConnection) endpoint.toURL().openConnection();
            int status = connection.getResponseCode();
            connection.disconnect();
            return status < HttpURLConnection.HTTP_INTERNAL_ERROR;
        } catch (IOException notYet) {
            return false;
        }
    }

    public URI endpoint() {
        return endpoint;
    }

    /** Makes a bucket; answers its name. */
    public String newBucket() {
        String bucket = "bucket-" + BUCKETS.incrementAndGet();
        try (S3Client client = client()) {
            client.createBucket(request -> request.bucket(bucket));
        }
        return bucket;
    }

    /** The keys of all objects in a bucket. */
    public List<String> keys(String bucket) {
        try (S3Client client = client()) {
            return client.listObjectsV2Paginator(request -> request.bucket(bucket)).contents().stream()
                    .map(S3Object::key)
                    .toList();
        }
    }

    /** The sizes of all objects in a bucket by their keys. */
    public Map<String, Long> sizes(String bucket) {
        return describe(bucket, S3Object::size);
    }

    /** What changes with each writing of an object, by the keys of all objects in a bucket. */
    public Map<String, String> versions(String bucket) {
        return describe(bucket, object -> object.eTag() + " of " + object.lastModified());
    }

    private <T> Map<String, T> describe(String bucket, Function<S3Object, T> description) {
        try (S3Client client = client()) {
            return client.listObjectsV2Paginator(request -> request.bucket(bucket)).contents().stream()
                    .collect(Collectors.toMap(S3Object::key, description));
        }
    }

    private S3Client client() {
        return client(endpoint);
    }

    /** A client of a server with these keys at another address, which tries nothing twice. */
    static S3Client client(URI address) {
        return S3Client.builder()
                .endpointOverride(address)
                .overrideConfiguration(override -> override.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS_KEY, SECRET_KEY)))
                .build();
    }

    @Override
    public void close() {
        processes.forEach(ChildProcess::close);
    }
}
