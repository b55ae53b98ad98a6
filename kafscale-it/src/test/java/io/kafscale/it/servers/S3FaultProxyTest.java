// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Each fault does to requests what its name says, and nothing else. */
final class S3FaultProxyTest {
    private static final int LARGE = 300_000;
    private static final Duration SHORT = Duration.ofMillis(300);

    private static S3Server server;

    private S3FaultProxy proxy;
    private S3Client client;
    private String bucket = "";

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

    @BeforeEach
    void open() {
        proxy = S3FaultProxy.to(server.endpoint(), 1);
        client = S3Server.client(proxy.endpoint());
        bucket = server.newBucket();
    }

    @AfterEach
    void close() {
        client.close();
        proxy.close();
    }

    private byte[] put(String key) {
        byte[] content = new byte[LARGE];
        new Random(key.hashCode()).nextBytes(content);
        client.putObject(request -> request.bucket(bucket).key(key), RequestBody.fromBytes(content));
        return content;
    }

    private byte[] read(String key) {
        return client.getObjectAsBytes(request -> request.bucket(bucket).key(key))
                .asByteArray();
    }

    @Test
    void withoutAFaultEverythingPasses() {
        byte[] content = put("a/b");

        assertThat(read("a/b")).isEqualTo(content);
        assertThat(server.keys(bucket)).containsExactly("a/b");
        client.deleteObject(request -> request.bucket(bucket).key("a/b"));
        assertThat(client.listObjectsV2(request -> request.bucket(bucket)).contents())
                .isEmpty();
        assertThat(proxy.injected()).isZero();
        assertThat(proxy.requests()).isEqualTo(4);
    }

    @Test
    void errorsReachTheClientAndNotTheStore() {
        proxy.inject(S3Fault.errors(1));

        assertThatThrownBy(() -> put("a"))
                .isInstanceOfSatisfying(
                        S3Exception.class,
                        error -> assertThat(error.statusCode()).isIn(500, 503));

        assertThat(server.keys(bucket)).isEmpty();
    }

    @Test
    void aShareIsNeitherNoneNorAll() {
        put("a");
        proxy.inject(S3Fault.errors(0.2));
        for (int read = 0; read < 200; read++) {
            try {
                read("a");
            } catch (S3Exception injected) {
                assertThat(injected.statusCode()).isIn(500, 503);
            }
        }

        assertThat(proxy.injected()).isBetween(15L, 70L);
    }

    @Test
    void latencyAndStallsChangeNothingElse() {
        proxy.inject(S3Fault.latency(SHORT, SHORT));
        byte[] slow = put("a");
        proxy.inject(S3Fault.stalls(1, SHORT, SHORT));
        byte[] stalled = put("b");

        assertThat(read("a")).isEqualTo(slow);
        assertThat(read("b")).isEqualTo(stalled);
        assertThat(proxy.injected()).isEqualTo(4);
    }

    @Test
    void aLostAnswerLeavesTheObject() {
        proxy.inject(S3Fault.lostAnswers(1));

        assertThatThrownBy(() -> put("a")).isInstanceOf(SdkClientException.class);

        assertThat(server.keys(bucket)).containsExactly("a");
    }

    @Test
    void aLateObjectIsThereTheSecondTime() {
        byte[] content = put("a");
        proxy.inject(S3Fault.lateObjects());

        assertThatThrownBy(() -> read("a")).isInstanceOf(NoSuchKeyException.class);
        assertThat(read("a")).isEqualTo(content);
    }

    @Test
    void aShortReadEndsEarly() {
        put("a");
        proxy.inject(S3Fault.shortReads(1));

        assertThatThrownBy(() -> read("a")).isInstanceOf(SdkClientException.class);
    }

    @Test
    void aFlippedReadHasOneWrongBit() {
        byte[] content = put("a");
        proxy.inject(S3Fault.flippedReads(1));

        // A range has no checksum that the client could look at.
        byte[] got = client.getObjectAsBytes(
                        request -> request.bucket(bucket).key("a").range("bytes=0-99999"))
                .asByteArray();

        int wrongBits = 0;
        for (int index = 0; index < got.length; index++) {
            wrongBits += Integer.bitCount((got[index] ^ content[index]) & 0xff);
        }
        assertThat(wrongBits).isEqualTo(1);
        assertThat(Arrays.mismatch(got, content)).isBetween(0, 99_999);
    }
}
