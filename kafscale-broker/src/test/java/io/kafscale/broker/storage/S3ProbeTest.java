// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bucket that cannot be used is refused at the start, with the setting, the address, the answer and what to do. */
@Timeout(60)
final class S3ProbeTest {

    private static final String EMPTY_LIST = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

    private final SystemThreads threads = new SystemThreads();
    private HttpStub stub;

    @BeforeEach
    void open() throws IOException {
        stub = new HttpStub();
    }

    @AfterEach
    void close() {
        stub.close();
        threads.close();
    }

    private void start(URI endpoint, Duration patience) {
        S3Settings settings = new S3Settings(
                "bucket",
                Optional.of("us-east-1"),
                Optional.of(endpoint),
                true,
                Optional.of(new S3Keys("key", "hidden", Optional.empty())),
                new S3Writing(Optional.empty(), false),
                32);
        S3Environment environment = new S3Environment(new SystemClock(), threads, new Random(1));
        S3ObjectStore.open(settings, new ObjectKey("root"), environment, patience)
                .close();
    }

    private void assertRefused(Duration patience, S3Setting setting, String... told) {
        assertThatThrownBy(() -> start(stub.address(), patience)).isInstanceOfSatisfying(S3StartException.class, e -> {
            assertThat(e.setting()).as(e.getMessage()).isEqualTo(setting);
            assertThat(e).hasMessageStartingWith(stub.address() + "/bucket: ");
            assertThat(e).hasMessageContainingAll(told);
            assertThat(e).hasMessageNotContaining("hidden");
        });
    }

    @ParameterizedTest
    @CsvSource({
        "403, InvalidAccessKeyId, ACCESS_KEY, does not know this access key",
        "403, SignatureDoesNotMatch, SECRET_KEY, is not that of the access key",
        "400, ExpiredToken, SESSION_TOKEN, get a new one",
        "403, AccessDenied, ACCESS_KEY, lack a right",
        "403, RequestTimeTooSkewed, ENDPOINT, set them right",
        "400, AuthorizationHeaderMalformed, REGION, another region",
        "301, PermanentRedirect, REGION, another region",
        "404, NoSuchBucket, BUCKET, none is ever created",
        "400, KMS.DisabledException, KMS_ARN, kms:GenerateDataKey",
        "405, MethodNotAllowed, ENDPOINT, S3 service"
    })
    void anAnswerIsExplained(int status, String code, S3Setting setting, String told) {
        stub.then(exchange -> exchange.readBody().answerError(status, code));

        assertRefused(Duration.ofSeconds(20), setting, "a list", "answered " + status + " " + code, "(said)", told);

        assertThat(stub.requests()).hasSize(1);
    }

    @Test
    void aPutThatIsForbiddenIsFoundOut() {
        stub.then(exchange -> exchange.answer(200, "Content-Type: application/xml\r\n", EMPTY_LIST))
                .then(exchange -> exchange.readBody().answerError(403, "AccessDenied"));

        assertRefused(Duration.ofSeconds(20), S3Setting.ACCESS_KEY, "a put", "403 AccessDenied", "docs/storage.md");
    }

    @Test
    void whatDoesNotAnswerIsWaitedForAsLongAsWasSaid() {
        stub.then(exchange -> exchange.answerError(503, "SlowDown"));

        assertRefused(Duration.ofMillis(500), S3Setting.ENDPOINT, "503 SlowDown");

        assertThat(stub.requests()).hasSizeGreaterThan(1);
    }

    @Test
    void aServerThatIsNoS3IsToldToBeNone() {
        stub.then(exchange -> exchange.answer(200, "Content-Type: text/html\r\n", "<html>hello</html>"));

        assertRefused(Duration.ofSeconds(1), S3Setting.ENDPOINT, "speaks S3");
    }

    @Test
    void whereNobodyListensIsTold() throws IOException {
        URI address = HttpStub.unusedAddress();

        assertThatThrownBy(() -> start(address, Duration.ofMillis(300)))
                .isInstanceOfSatisfying(
                        S3StartException.class, e -> assertThat(e.setting()).isEqualTo(S3Setting.ENDPOINT))
                .hasMessageContainingAll(address.toString(), "nobody listens there");
    }

    @Test
    void anObjectThatIsNotThereAfterItsPutIsNoMissingBucket() {
        stub.then(exchange -> exchange.answer(200, "Content-Type: application/xml\r\n", EMPTY_LIST))
                .then(exchange -> exchange.readBody().answer(200, "", ""))
                .then(exchange -> exchange.answerError(404, "NoSuchKey"));

        assertThatThrownBy(() -> start(stub.address(), Duration.ofMillis(500)))
                .isInstanceOf(S3StartException.class)
                .hasMessageContaining("NoSuchKey")
                .hasMessageNotContaining("there is no bucket");
    }
}
