// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever a server and the network do: a call ends within its deadline, and says what is known and no more. */
@Timeout(60)
final class S3FaultsTest {

    private static final ObjectKey KEY = new ObjectKey("root/one");
    private static final int LARGE = 8 << 20;
    private static final S3Limits LIMITS =
            new S3Limits(Duration.ofSeconds(1), Duration.ofMillis(600), Duration.ofSeconds(3), 4);

    /** What a busy machine may add. */
    private static final Duration SLACK = Duration.ofSeconds(5);

    private final SystemThreads threads = new SystemThreads();
    private final List<Kind> failedAttempts = new CopyOnWriteArrayList<>();
    private HttpStub stub;
    private ObjectStore store;

    @BeforeEach
    void open() throws IOException {
        stub = new HttpStub();
        store = open(stub.address());
    }

    private ObjectStore open(URI endpoint) {
        S3Settings settings = new S3Settings(
                "bucket",
                Optional.of("us-east-1"),
                Optional.of(endpoint),
                true,
                Optional.of(new S3Keys("key", "secret", Optional.empty())),
                new S3Writing(Optional.empty(), false),
                4);
        S3Environment environment = new S3Environment(
                new SystemClock(), threads, new Random(1), (kind, message) -> failedAttempts.add(kind));
        return S3ObjectStore.open(settings, environment, LIMITS);
    }

    @AfterEach
    void close() {
        store.close();
        stub.close();
        threads.close();
        assertThat(threads.running()).isEmpty();
    }

    private PutResult put(int size) {
        return store.put(KEY, List.of(ByteBuffer.allocate(size)));
    }

    private static <T> T inTime(int bytes, Supplier<T> call) {
        long begun = System.nanoTime();
        try {
            return call.get();
        } finally {
            assertThat(Duration.ofNanos(System.nanoTime() - begun))
                    .isLessThan(LIMITS.call().plus(S3Limits.perBytes(bytes)).plus(SLACK));
        }
    }

    private static void assertFailsInTime(Kind kind, int bytes, ThrowingCallable call) {
        inTime(
                bytes,
                () -> assertThatThrownBy(call)
                        .isInstanceOfSatisfying(
                                StorageException.class,
                                failure -> assertThat(failure.kind())
                                        .as(failure.getMessage())
                                        .isEqualTo(kind)));
    }

    private void assertUnknownInTime(int size) {
        assertThat(inTime(size, () -> put(size))).isInstanceOf(PutResult.Unknown.class);
    }

    // Writing

    @Test
    void anAnswerThatIsLostBehindAPutIsUnknownAndNotTriedAgain() {
        stub.then(exchange -> exchange.readBody().hangUp());

        assertUnknownInTime(1000);

        assertThat(stub.requests()).hasSize(1);
    }

    @Test
    void anAnswerThatNeverComesIsUnknown() {
        stub.then(exchange -> exchange.readBody().stall());

        assertUnknownInTime(1000);

        assertThat(stub.requests()).hasSize(1);
    }

    @Test
    void headersThatDripInAreUnknown() {
        stub.then(exchange -> {
            exchange.readBody().send("HTTP/1.1 200 OK\r\n");
            while (true) {
                LockSupport.parkNanos(50_000_000);
                exchange.send("X-Drip: drop\r\n");
            }
        });

        assertUnknownInTime(1000);
    }

    @Test
    void anEmptyPutWhoseAnswerIsLostIsUnknown() {
        stub.then(HttpStub.Exchange::hangUp);

        assertUnknownInTime(0);

        assertThat(stub.requests()).hasSize(1);
    }

    @Test
    void aBodyThatNobodyReadsIsNotThereForCertain() {
        stub.then(HttpStub.Exchange::stall);

        assertFailsInTime(Kind.UNAVAILABLE, LARGE, () -> put(LARGE));

        assertThat(stub.requests()).hasSizeGreaterThan(1);
    }

    @Test
    void aBodyThatIsBrokenOffIsSentAgain() {
        stub.then(HttpStub.Exchange::hangUp).then(exchange -> {
            if (exchange.header("expect").equals("100-continue")) {
                exchange.send("HTTP/1.1 100 Continue\r\n\r\n");
            }
            exchange.readBody().answer(200, "", "");
        });

        assertThat(inTime(LARGE, () -> put(LARGE))).isEqualTo(new PutResult.Created());
    }

    @Test
    void aRefusalThatDoesNotWaitForTheBodyIsHeard() {
        stub.then(exchange -> {
            exchange.answerError(412, "PreconditionFailed");
            exchange.hangUp();
        });

        assertThat(inTime(LARGE, () -> put(LARGE))).isEqualTo(new PutResult.AlreadyExists());
    }

    @Test
    void aTakenNameIsToldAtOnce() {
        stub.then(exchange -> exchange.readBody().answerError(412, "PreconditionFailed"));

        assertThat(put(1000)).isEqualTo(new PutResult.AlreadyExists());

        assertThat(stub.requests()).hasSize(1);
    }

    @Test
    void aNameThatIsTakenAfterAnErrorMayBeTakenByTheFirstCopy() {
        stub.then(exchange -> exchange.readBody().answerError(500, "InternalError"))
                .then(exchange -> exchange.readBody().answerError(412, "PreconditionFailed"));

        assertUnknownInTime(1000);
    }

    @Test
    void aPutThatIsToSlowDownIsMadeLater() {
        stub.then(exchange -> exchange.readBody().answerError(503, "SlowDown"))
                .then(exchange -> exchange.readBody().answerError(503, "SlowDown"))
                .then(exchange -> exchange.readBody().answer(200, "", ""));

        assertThat(inTime(1000, () -> put(1000))).isEqualTo(new PutResult.Created());

        assertThat(stub.requests()).hasSize(3);
    }

    @Test
    void aNameThatIsTakenAfterSlowDownIsTakenByAnother() {
        stub.then(exchange -> exchange.readBody().answerError(503, "SlowDown"))
                .then(exchange -> exchange.readBody().answerError(412, "PreconditionFailed"));

        assertThat(inTime(1000, () -> put(1000))).isEqualTo(new PutResult.AlreadyExists());
    }

    @Test
    void errorsWithoutEndAreUnknownForAPut() {
        stub.then(exchange -> exchange.readBody().answerError(500, "InternalError"));

        assertUnknownInTime(1000);

        assertThat(stub.requests()).hasSize(LIMITS.attempts());
    }

    @Test
    void slowDownWithoutEndIsDefinite() {
        stub.then(exchange -> exchange.readBody().answerError(503, "SlowDown"));

        assertFailsInTime(Kind.THROTTLED, 1000, () -> put(1000));
        assertThat(failedAttempts).isNotEmpty().containsOnly(Kind.THROTTLED);
    }

    @Test
    void whatIsRefusedIsRefusedAtOnce() {
        stub.then(exchange -> exchange.readBody().answerError(403, "AccessDenied"));

        assertFailsInTime(Kind.REFUSED, 1000, () -> put(1000));

        assertThat(stub.requests()).hasSize(1);
    }

    @Test
    void aFullStoreIsFull() {
        stub.then(exchange -> exchange.readBody().answerError(507, "InsufficientStorage"));

        assertFailsInTime(Kind.FULL, 1000, () -> put(1000));
    }

    @Test
    void anInterruptedWriterDoesNotKnow() throws InterruptedException {
        stub.then(exchange -> exchange.readBody().stall());
        Thread test = Thread.currentThread();
        threads.start("interrupter", () -> {
            while (stub.requests().isEmpty()) {
                LockSupport.parkNanos(1_000_000);
            }
            LockSupport.parkNanos(100_000_000);
            test.interrupt();
        });

        PutResult result = put(1000);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(result)
                .isInstanceOfSatisfying(
                        PutResult.Unknown.class,
                        unknown -> assertThat(unknown.cause().kind()).isEqualTo(Kind.INTERRUPTED));
    }

    @Test
    void whereNobodyListensNothingIsWritten() throws IOException {
        store.close();
        store = open(HttpStub.unusedAddress());

        assertFailsInTime(Kind.UNAVAILABLE, 1000, () -> put(1000));
    }

    @Test
    void everyRequestCarriesItsChecksumAndItsCondition() {
        stub.then(exchange -> {
            boolean asIntended = exchange.header("if-none-match").equals("*")
                    && exchange.header("x-amz-checksum-crc32c").equals("4waSgw==")
                    && exchange.header("x-amz-content-sha256").equals("UNSIGNED-PAYLOAD")
                    && exchange.header("authorization").contains("x-amz-checksum-crc32c");
            exchange.readBody().answer(asIntended ? 200 : 400, "", "");
        });

        assertThat(store.put(KEY, List.of(ByteBuffer.wrap("123456789".getBytes(UTF_8)))))
                .isEqualTo(new PutResult.Created());
    }

    // Reading

    private static final String PARTIAL =
            "HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 10\r\n";

    @Test
    void aReadThatStallsInTheMiddleEnds() {
        stub.then(exchange -> exchange.send(PARTIAL + "\r\n01234").stall());

        assertFailsInTime(Kind.UNAVAILABLE, 10, () -> store.read(KEY, 0, 10));

        assertThat(stub.requests()).hasSizeGreaterThan(1);
    }

    @Test
    void aReadWhoseBytesDripInEnds() {
        stub.then(exchange -> {
            exchange.send(PARTIAL + "\r\n");
            while (true) {
                exchange.send("x");
                LockSupport.parkNanos(150_000_000);
            }
        });

        assertFailsInTime(Kind.UNAVAILABLE, 10, () -> store.read(KEY, 0, 10));
    }

    @Test
    void aTruncatedReadIsMadeAgain() {
        stub.then(exchange -> exchange.send(PARTIAL + "\r\n01234").hangUp())
                .then(exchange -> exchange.send(PARTIAL + "\r\n0123456789"));

        assertThat(inTime(10, () -> UTF_8.decode(store.read(KEY, 0, 10)).toString()))
                .isEqualTo("0123456789");
    }

    @Test
    void bytesThatAreNotThoseOfTheChecksumAreCorrupt() {
        stub.then(exchange -> exchange.send(PARTIAL + "x-amz-checksum-crc32c: AAAAAA==\r\n\r\n0123456789"));

        assertFailsInTime(Kind.CORRUPT, 10, () -> store.read(KEY, 0, 10));
        assertFailsInTime(Kind.CORRUPT, 10, () -> store.readTail(KEY, 10));
    }

    @Test
    void theChecksumOfAnUploadIsNotThatOfItsBytes() {
        stub.then(exchange -> exchange.send(PARTIAL + "x-amz-checksum-crc32c: AAAAAA==-2\r\n\r\n0123456789"));

        assertThat(store.read(KEY, 0, 10).remaining()).isEqualTo(10);
    }

    @Test
    void otherBytesThanWereAskedForAreNoAnswer() {
        stub.then(exchange -> exchange.answer(206, "Content-Range: bytes 5-14/20\r\n", "0123456789"));
        assertFailsInTime(Kind.UNAVAILABLE, 10, () -> store.read(KEY, 0, 10));
        assertFailsInTime(Kind.UNAVAILABLE, 10, () -> store.readTail(KEY, 10));
    }

    @Test
    void aStoreThatKnowsNoRangesIsFoundOut() {
        stub.then(exchange -> exchange.answer(200, "", "0123456789"));

        assertThat(store.read(KEY, 0, 10).remaining()).isEqualTo(10);
        assertFailsInTime(Kind.UNAVAILABLE, 5, () -> store.read(KEY, 0, 5));
    }

    @Test
    void errorsWithoutEndEndAReadAndAList() {
        stub.then(exchange -> exchange.readBody().answerError(500, "InternalError"));

        assertFailsInTime(Kind.UNAVAILABLE, 10, () -> store.read(KEY, 0, 10));
        assertFailsInTime(Kind.UNAVAILABLE, 0, () -> store.list("", "", 10));
        assertFailsInTime(Kind.UNAVAILABLE, 0, () -> store.delete(List.of(KEY)));
        assertThat(stub.requests()).hasSize(3 * LIMITS.attempts());
    }

    @Test
    void aBucketThatIsGoneIsNotAnObjectThatIsGone() {
        stub.then(exchange -> exchange.answerError(404, "NoSuchKey"))
                .then(exchange -> exchange.answerError(404, "NoSuchBucket"));

        assertFailsInTime(Kind.NOT_FOUND, 10, () -> store.read(KEY, 0, 10));
        assertFailsInTime(Kind.REFUSED, 10, () -> store.read(KEY, 0, 10));
    }

    private static String page(String key, String token) {
        String contents = key.isEmpty()
                ? ""
                : "<Contents><Key>" + key + "</Key><Size>1</Size>"
                        + "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>";
        String more = token.isEmpty() ? "" : "<NextContinuationToken>" + token + "</NextContinuationToken>";
        return "<ListBucketResult><IsTruncated>" + !token.isEmpty() + "</IsTruncated>" + contents + more
                + "</ListBucketResult>";
    }

    @Test
    void aPageMayBeEmptyAndNotTheLast() {
        stub.then(exchange -> exchange.answer(200, "", page("root/a", "one")))
                .then(exchange -> exchange.answer(200, "", page("", "two")))
                .then(exchange -> exchange.answer(200, "", page("root/b", "")));

        assertThat(store.list("", "", 10))
                .extracting(ObjectInfo::key)
                .containsExactly(new ObjectKey("root/a"), new ObjectKey("root/b"));
        assertThat(stub.requests()).last().asString().contains("continuation-token=two");
    }

    @Test
    void aListThatStallsEnds() {
        stub.then(HttpStub.Exchange::stall);

        assertFailsInTime(Kind.UNAVAILABLE, 0, () -> store.list("", "", 10));
    }

    @Test
    void readersWaitForAPermitAndWritersHaveOneLeft() throws InterruptedException {
        stub.then(HttpStub.Exchange::stall)
                .then(HttpStub.Exchange::stall)
                .then(HttpStub.Exchange::stall)
                .then(exchange -> exchange.readBody().answer(200, "", ""));
        for (int i = 0; i < 3; i++) {
            threads.start("reader", () -> {
                try {
                    store.read(KEY, 0, 10);
                } catch (StorageException e) {
                    // as it should be
                }
            });
        }
        while (stub.requests().size() < 3) {
            LockSupport.parkNanos(1_000_000);
        }

        assertThat(put(10)).isEqualTo(new PutResult.Created());
    }
}
