// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.StorageException.Kind;
import java.io.IOException;
import java.util.Set;

/**
 * One attempt of a call has failed, with all that decides what comes next. Immutable.
 *
 * <p>What S3 answers is described in <a href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html">its
 * error responses</a>. Proxies in front of a store answer 5xx of their own after they have passed a request on, so only a
 * store that says in its own words that it has not looked at a request is believed.
 */
final class S3Failure extends Exception {

    private static final long serialVersionUID = 1L;

    private static final int NOT_FOUND = 404;
    private static final int REQUEST_TIMEOUT = 408;
    private static final int PRECONDITION_FAILED = 412;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;
    private static final int INSUFFICIENT_STORAGE = 507;

    private static final String LATE = "no answer in time";

    private static final Set<String> TOO_FAST =
            Set.of("SlowDown", "Throttling", "ThrottlingException", "RequestThrottled", "TooManyRequests");

    /** The request was not carried out, and the same once more may be. */
    private static final Set<String> PASSING = Set.of(
            "RequestTimeout",
            "ConditionalRequestConflict",
            "OperationAborted",
            "BadDigest",
            "InvalidDigest",
            "IncompleteBody",
            "XAmzContentChecksumMismatch",
            "XAmzContentSHA256Mismatch");

    private static final Set<String> ABSENT = Set.of("", "NoSuchKey", "NoSuchUpload", "NotFound");

    /** When another attempt makes sense. */
    enum Again {
        NEVER,
        SOON,
        /** Not so soon, since the store has too much to do. */
        SLOWER
    }

    /** What the request may have brought about. */
    enum Effect {
        NONE,
        /** The store has answered, but not whether it has done what it was asked. */
        UNCLEAR,
        /** The store may have done it, or may do it yet: no answer came. */
        ANSWER_LOST
    }

    private final Kind kind;
    private final Again again;
    private final Effect effect;
    private final int status;
    private final String code;

    private S3Failure(Verdict verdict, int status, String code, String message) {
        super(message);
        this.kind = verdict.kind();
        this.again = verdict.again();
        this.effect = verdict.effect();
        this.status = status;
        this.code = code;
    }

    private record Verdict(Kind kind, Again again, Effect effect) {}

    /**
     * The store's own answer.
     *
     * @param code the word in its body, such as {@code NoSuchKey}; empty without one
     */
    static S3Failure answered(int status, String code, String message) {
        String text = "answered " + status + (code.isEmpty() ? "" : " " + code)
                + (message.isEmpty() ? "" : " (" + message + ")");
        return new S3Failure(verdict(status, code), status, code, text);
    }

    private static Verdict verdict(int status, String code) {
        if (TOO_FAST.contains(code) || status == TOO_MANY_REQUESTS) {
            return new Verdict(Kind.THROTTLED, Again.SLOWER, Effect.NONE);
        }
        if (PASSING.contains(code) || status == REQUEST_TIMEOUT) {
            return new Verdict(Kind.UNAVAILABLE, Again.SOON, Effect.NONE);
        }
        if (status == INSUFFICIENT_STORAGE || code.contains("QuotaExceeded") || code.contains("StorageFull")) {
            return new Verdict(Kind.FULL, Again.NEVER, Effect.NONE);
        }
        if (status >= SERVER_ERROR && status != NOT_IMPLEMENTED) {
            return new Verdict(Kind.UNAVAILABLE, Again.SLOWER, Effect.UNCLEAR);
        }
        if (status == NOT_FOUND && ABSENT.contains(code)) {
            return new Verdict(Kind.NOT_FOUND, Again.NEVER, Effect.NONE);
        }
        return new Verdict(
                status == RANGE_NOT_SATISFIABLE ? Kind.OUT_OF_RANGE : Kind.REFUSED, Again.NEVER, Effect.NONE);
    }

    /** The network failed. */
    static S3Failure network(IOException cause, Effect effect) {
        S3Failure failure = local(Kind.UNAVAILABLE, Again.SOON, effect, "network: " + cause);
        failure.initCause(cause);
        return failure;
    }

    /** The time for the attempt is over. */
    static S3Failure late(Effect effect) {
        return local(Kind.UNAVAILABLE, Again.SOON, effect, LATE);
    }

    static S3Failure interrupted(Effect effect) {
        return local(Kind.INTERRUPTED, Again.NEVER, effect, "interrupted");
    }

    /** No permit was free before the deadline. */
    static S3Failure crowded() {
        return local(Kind.UNAVAILABLE, Again.NEVER, Effect.NONE, "too many calls at a time");
    }

    /** There is nothing to sign with. */
    static S3Failure withoutCredentials(RuntimeException cause) {
        S3Failure failure = local(Kind.UNAVAILABLE, Again.SOON, Effect.NONE, "no credentials: " + cause.getMessage());
        failure.initCause(cause);
        return failure;
    }

    /** The answer is not one that S3 gives. */
    static S3Failure odd(Kind kind, String message) {
        return local(kind, kind == Kind.UNAVAILABLE ? Again.SOON : Again.NEVER, Effect.NONE, message);
    }

    private static S3Failure local(Kind kind, Again again, Effect effect, String message) {
        return new S3Failure(new Verdict(kind, again, effect), 0, "", message);
    }

    Kind kind() {
        return kind;
    }

    Again again() {
        return again;
    }

    Effect effect() {
        return effect;
    }

    /** Status of the answer, 0 without one. */
    int status() {
        return status;
    }

    /** The store's word for it, empty without one. */
    String code() {
        return code;
    }

    boolean isLate() {
        return LATE.equals(getMessage());
    }

    /** The condition of a conditional write does not hold. */
    boolean isPreconditionFailed() {
        return status == PRECONDITION_FAILED;
    }

    /** The same of a request whose body was never sent. */
    S3Failure withoutEffect() {
        return new S3Failure(new Verdict(kind, again, Effect.NONE), status, code, String.valueOf(getMessage()));
    }

    /** The same after earlier attempts that may have had an effect. */
    S3Failure after(Effect earlier) {
        if (earlier.compareTo(effect) <= 0) {
            return this;
        }
        S3Failure failure =
                new S3Failure(new Verdict(kind, again, earlier), status, code, String.valueOf(getMessage()));
        failure.initCause(this);
        return failure;
    }

    /** What the caller of the store gets. */
    StorageException asException(String what) {
        return new StorageException(kind, what + ": " + getMessage(), this);
    }
}
