// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries at the start what will be asked of a bucket later: list, put, read a range, put one name from many sides at once,
 * delete. All but the condition of a put must work; the condition is a second guard, since names are never used twice.
 * Confined to one thread.
 */
final class S3Probe {

    private static final Logger LOG = LoggerFactory.getLogger(S3Probe.class);

    /** What was damaged on its way comes right some time; a store that damages it never gives it back. */
    private static final int READS = 8;

    private static final int WRITERS = 16;
    private static final Duration CONTEST_LIMIT = Duration.ofMinutes(2);

    private final S3Settings settings;
    private final S3Bucket bucket;
    private final S3Environment environment;
    private final String folder;

    S3Probe(S3Settings settings, S3Bucket bucket, ObjectKey root, S3Environment environment) {
        this.settings = settings;
        this.bucket = bucket;
        this.environment = environment;
        this.folder = "%s/probe/%016x".formatted(root, environment.random().nextLong());
    }

    /** One thing that is tried. */
    private interface Step {
        void run() throws S3Failure;
    }

    /**
     * Tries everything.
     *
     * @throws S3StartException for the first thing that does not work
     */
    void run(S3Objects objects, S3Catalog catalog) {
        long begun = environment.clock().monotonicNanos();
        ObjectKey key = new ObjectKey(folder + "/object");
        ObjectKey contended = new ObjectKey(folder + "/contended");
        attempt("a list", () -> catalog.list(folder, "", 1));
        attempt("a put", () -> put(objects, key));
        attempt("a read of a range", () -> readRange(objects, key));
        attempt("a list of what was put", () -> checkListed(catalog.list(folder, "", 2), key));
        int winners = contest(objects, contended);
        attempt("a deletion", () -> catalog.delete(List.of(key, contended)));
        attempt("a list of what was deleted", () -> checkGone(catalog.list(folder, "", 2)));
        LOG.atInfo()
                .addKeyValue("bucket", settings.bucket())
                .addKeyValue("address", bucket.address())
                .addKeyValue("region", bucket.region())
                .addKeyValue("conditional_put", winners == 1 ? "honoured" : "ignored, " + winners + " of 16 won")
                .addKeyValue(
                        "took_ms",
                        Duration.ofNanos(environment.clock().monotonicNanos() - begun)
                                .toMillis())
                .log("bucket can be used");
    }

    /**
     * Asks a bucket, of which nothing else is wanted than reading, for an object that is not there.
     *
     * @throws S3StartException when it does not say so
     */
    static void readNothing(S3Settings settings, S3Bucket bucket, ObjectKey root, S3Objects objects) {
        try {
            objects.readTail(new ObjectKey(root + "/probe/nothing"), 1);
        } catch (S3Failure e) {
            if (e.kind() != StorageException.Kind.NOT_FOUND) {
                throw unusable(e, "a read", settings, bucket);
            }
        }
        LOG.atInfo()
                .addKeyValue("bucket", settings.bucket())
                .addKeyValue("address", bucket.address())
                .addKeyValue("region", bucket.region())
                .log("replica can be read");
    }

    private void attempt(String what, Step step) {
        try {
            step.run();
        } catch (S3Failure e) {
            throw unusable(e, what, settings, bucket);
        }
    }

    private static S3StartException unusable(S3Failure e, String what, S3Settings settings, S3Bucket bucket) {
        S3Advice advice = S3Advice.on(e, settings);
        return new S3StartException(
                advice.setting(), bucket.address() + ": " + what + ": " + e.getMessage() + "; " + advice.text(), e);
    }

    private static S3Body content() {
        return S3Body.of(List.of(ByteBuffer.wrap("012345678".getBytes(UTF_8))));
    }

    /** Puts an object; one that is there after an answer was lost is ours. */
    private static void put(S3Objects objects, ObjectKey key) throws S3Failure {
        try {
            objects.put(key, content());
        } catch (S3Failure e) {
            if (!e.isPreconditionFailed() || e.effect() == S3Failure.Effect.NONE) {
                throw e;
            }
        }
    }

    private static void readRange(S3Objects objects, ObjectKey key) throws S3Failure {
        for (int read = 1; ; read++) {
            try {
                checkRead(objects.read(key, 3, 4));
                return;
            } catch (S3Failure e) {
                if (e.kind() != StorageException.Kind.CORRUPT || read == READS) {
                    throw e;
                }
            }
        }
    }

    private static void checkRead(ByteBuffer read) throws S3Failure {
        if (!read.equals(ByteBuffer.wrap("3456".getBytes(UTF_8)))) {
            throw S3Failure.odd(StorageException.Kind.CORRUPT, "other bytes were read than were written");
        }
    }

    private static void checkListed(List<ObjectInfo> found, ObjectKey key) throws S3Failure {
        if (found.size() != 1 || !found.getFirst().key().equals(key)) {
            throw S3Failure.odd(StorageException.Kind.REFUSED, "an object that was put is not listed");
        }
    }

    private static void checkGone(List<ObjectInfo> found) throws S3Failure {
        if (!found.isEmpty()) {
            throw S3Failure.odd(StorageException.Kind.REFUSED, "an object that was deleted is listed");
        }
    }

    /** Says how many of sixteen writers have won the same name. */
    private int contest(S3Objects objects, ObjectKey key) {
        List<Pending<Optional<S3Failure>>> writers =
                IntStream.range(0, WRITERS).mapToObj(i -> write(objects, key)).toList();
        Deadline deadline = Deadline.after(environment.clock(), CONTEST_LIMIT);
        int winners = 0;
        List<S3Failure> failures = new ArrayList<>();
        for (Pending<Optional<S3Failure>> writer : writers) {
            Optional<S3Failure> failure = await(writer, deadline);
            winners += failure.isEmpty() ? 1 : 0;
            failure.filter(e -> !e.isPreconditionFailed()).ifPresent(failures::add);
        }
        if (winners == 0 && !failures.isEmpty()) {
            attempt("puts at once", () -> {
                throw failures.getFirst();
            });
        }
        return winners;
    }

    private Pending<Optional<S3Failure>> write(S3Objects objects, ObjectKey key) {
        Pending<Optional<S3Failure>> ended = new Pending<>();
        environment.threads().start("s3-probe", () -> {
            try {
                objects.put(key, content());
                ended.complete(Optional.empty());
            } catch (S3Failure e) {
                ended.complete(Optional.of(e));
            }
        });
        return ended;
    }

    private Optional<S3Failure> await(Pending<Optional<S3Failure>> writer, Deadline deadline) {
        try {
            return writer.await(environment.clock(), deadline)
                    .orElseGet(() -> Optional.of(S3Failure.late(S3Failure.Effect.UNCLEAR)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(S3Failure.interrupted(S3Failure.Effect.UNCLEAR));
        }
    }
}
