// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What to do about a bucket that cannot be used. Immutable.
 *
 * @param setting the one to look at
 * @param text what to do
 */
record S3Advice(S3Setting setting, String text) {

    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int MOVED = 301;
    private static final int TEMPORARILY_MOVED = 307;

    /** What most likely is behind a failure. */
    static S3Advice on(S3Failure failure, S3Settings settings) {
        boolean isOfAws = settings.endpoint().isEmpty();
        return failure.status() == 0 ? onNoAnswer(failure, isOfAws) : onAnswer(failure, settings);
    }

    private static S3Advice onNoAnswer(S3Failure failure, boolean isOfAws) {
        S3Setting where = isOfAws ? S3Setting.REGION : S3Setting.ENDPOINT;
        if (String.valueOf(failure.getMessage()).startsWith("no credentials")) {
            return new S3Advice(
                    S3Setting.ACCESS_KEY, "set the access and the secret key, or give this machine a role of AWS");
        }
        if (isCausedBy(failure, UnknownHostException.class::isInstance)) {
            return new S3Advice(where, "no such host: look at the spelling, and at the name service of this machine");
        }
        if (isCausedBy(failure, cause -> cause.getClass().getName().startsWith("javax.net.ssl."))) {
            return new S3Advice(
                    where,
                    "TLS failed: look whether the port speaks TLS (https:// or http://), and whether Java trusts the"
                            + " certificate (-Djavax.net.ssl.trustStore)");
        }
        if (isCausedBy(failure, ConnectException.class::isInstance)) {
            return new S3Advice(where, "nobody listens there: look at host and port, and whether the store runs");
        }
        return new S3Advice(where, "look whether this machine can reach it, and whether it speaks S3");
    }

    private static boolean isCausedBy(Throwable failure, Predicate<Throwable> cause) {
        return Stream.iterate(
                        Optional.of(failure),
                        Optional::isPresent,
                        at -> at.flatMap(e -> Optional.ofNullable(e.getCause())))
                .flatMap(Optional::stream)
                .limit(20)
                .anyMatch(cause);
    }

    private static S3Advice onAnswer(S3Failure failure, S3Settings settings) {
        return switch (failure.code()) {
            case "NoSuchBucket" -> withoutBucket(settings);
            case "NoSuchKey" ->
                new S3Advice(
                        S3Setting.BUCKET,
                        "an object that was just written is not there (NoSuchKey): look whether something deletes from"
                                + " the bucket, and whether the store shows what it has taken");
            case "InvalidAccessKeyId", "InvalidAccessKey", "XAdminUserNotFound" ->
                new S3Advice(S3Setting.ACCESS_KEY, "the store does not know this access key");
            case "SignatureDoesNotMatch" ->
                new S3Advice(S3Setting.SECRET_KEY, "the secret key is not that of the access key");
            case "InvalidToken", "ExpiredToken", "TokenRefreshRequired" ->
                new S3Advice(S3Setting.SESSION_TOKEN, "the session token is wrong or has expired: get a new one");
            case "RequestTimeTooSkewed", "RequestExpired", "RequestNotReadyYet" ->
                new S3Advice(S3Setting.ENDPOINT, "the clocks of this machine and of the store differ: set them right");
            case "AuthorizationHeaderMalformed",
                    "PermanentRedirect",
                    "TemporaryRedirect",
                    "IncorrectEndpoint",
                    "InvalidRegion",
                    "IllegalLocationConstraintException" -> inOtherRegion(settings);
            default -> onStatus(failure, settings);
        };
    }

    private static S3Advice onStatus(S3Failure failure, S3Settings settings) {
        String code = failure.code();
        if (code.startsWith("KMS") || String.valueOf(failure.getMessage()).contains("kms")) {
            return new S3Advice(
                    S3Setting.KMS_ARN,
                    "the key cannot be used: look at its ARN, and for kms:GenerateDataKey and kms:Decrypt");
        }
        return switch (failure.status()) {
            case MOVED, TEMPORARILY_MOVED -> inOtherRegion(settings);
            case FORBIDDEN ->
                new S3Advice(
                        S3Setting.ACCESS_KEY,
                        "these credentials lack a right: docs/storage.md lists those that are needed");
            case NOT_FOUND -> withoutBucket(settings);
            default ->
                new S3Advice(
                        settings.endpoint().isEmpty() ? S3Setting.BUCKET : S3Setting.ENDPOINT,
                        "look whether this is the address of an S3 service, and at its own log");
        };
    }

    private static S3Advice withoutBucket(S3Settings settings) {
        return new S3Advice(
                S3Setting.BUCKET,
                "there is no bucket '" + settings.bucket() + "': create it, none is ever created for you");
    }

    private static S3Advice inOtherRegion(S3Settings settings) {
        return new S3Advice(
                S3Setting.REGION, "the bucket '" + settings.bucket() + "' is in another region: set that one");
    }
}
