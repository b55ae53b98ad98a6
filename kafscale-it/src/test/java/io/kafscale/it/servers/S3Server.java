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
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** A real S3 server as a process on a free port, with its data in a new folder. Thread-safe. */
public final class S3Server implements AutoCloseable {
    public static final String ACCESS_KEY = "kafscale-test";
    public static final String SECRET_KEY = "kafscale-test-secret";

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final ChildProcess process;
    private final URI endpoint;

    private S3Server(ChildProcess process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
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
        return started(ChildProcess.start("versitygw", command, Map.of()), port);
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
        return started(ChildProcess.start("minio", command, environment), port);
    }

    private static S3Server started(ChildProcess process, int port) {
        S3Server server = new S3Server(process, URI.create("http://127.0.0.1:" + port));
        boolean ready = false;
        try {
            Patience.until("the S3 server answers", server::answers);
            ready = true;
            return server;
        } finally {
            if (!ready) {
                server.close();
            }
        }
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
        String name = "bucket-" + BUCKETS.incrementAndGet();
        try (S3Client client = S3Client.builder()
                .endpointOverride(endpoint)
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(
                        StaticCredentialsProvider.create(AwsBasicCredentials.create(ACCESS_KEY, SECRET_KEY)))
                .build()) {
            client.createBucket(request -> request.bucket(name));
        }
        return name;
    }

    @Override
    public void close() {
        process.close();
    }
}
