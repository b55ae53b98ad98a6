// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/**
 * Makes requests for objects of one bucket, signed with <a
 * href="https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html">Signature Version 4</a>.
 * Thread-safe.
 *
 * <p>The signature covers the headers, the checksum of the body among them, and not the body itself, unless it is handed
 * in: hashing it costs more than all the rest of a put.
 */
final class S3Signer {

    private static final String UNSIGNED = "UNSIGNED-PAYLOAD";

    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
    private final Clock clock;
    private final S3Bucket bucket;

    S3Signer(Clock clock, S3Bucket bucket) {
        this.clock = clock;
        this.bucket = bucket;
    }

    /**
     * A signed request.
     *
     * @param query names and values, unencoded
     * @param payload the bytes that the signature is to cover
     */
    SdkHttpRequest sign(
            SdkHttpMethod method,
            ObjectKey key,
            Map<String, String> query,
            Map<String, String> headers,
            Optional<S3Body> payload)
            throws S3Failure {
        SdkHttpRequest.Builder request = SdkHttpRequest.builder()
                .method(method)
                .uri(bucket.address())
                .encodedPath(bucket.address().getRawPath() + "/" + key)
                .putHeader("Accept", "*/*")
                .putHeader("User-Agent", "kafscale");
        query.forEach(request::putRawQueryParameter);
        headers.forEach(request::putHeader);
        if (payload.isEmpty()) {
            request.putHeader("x-amz-content-sha256", UNSIGNED);
        }
        SignRequest.Builder<AwsCredentialsIdentity> unsigned = SignRequest.builder(bucket.identity())
                .request(request.build())
                .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "s3")
                .putProperty(AwsV4HttpSigner.REGION_NAME, bucket.region())
                .putProperty(AwsV4FamilyHttpSigner.DOUBLE_URL_ENCODE, false)
                .putProperty(AwsV4FamilyHttpSigner.NORMALIZE_PATH, false)
                .putProperty(AwsV4FamilyHttpSigner.CHUNK_ENCODING_ENABLED, false)
                .putProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, payload.isPresent())
                .putProperty(
                        HttpSigner.SIGNING_CLOCK,
                        java.time.Clock.fixed(Instant.ofEpochMilli(clock.wallMillis()), ZoneOffset.UTC));
        payload.ifPresent(body -> unsigned.payload(body::stream));
        return signer.sign(unsigned.build()).request();
    }
}
