// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.S3Failure.Effect;
import java.io.IOException;
import java.net.URI;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsRegionProvider;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * One bucket as the SDK knows it: its address, its region, the credentials, and the client for the calls that carry no
 * records. Everything that the SDK would choose by itself is chosen here. Thread-safe.
 */
final class S3Bucket implements AutoCloseable {

    private static final String USUAL_REGION = "us-east-1";

    private final String name;
    private final Region region;
    private final AwsCredentialsProvider credentials;
    private final S3Client client;
    private final URI address;

    private S3Bucket(S3Settings settings, Region region, S3Limits limits) {
        this.name = settings.bucket();
        this.region = region;
        this.credentials = settings.keys()
                .<AwsCredentialsProvider>map(keys -> StaticCredentialsProvider.create(credentials(keys)))
                .orElseGet(() -> DefaultCredentialsProvider.builder().build());
        this.client = client(settings, limits);
        this.address = addressOf(client, name);
    }

    /**
     * Opens a bucket; nothing is sent.
     *
     * @throws S3StartException when no region is known
     */
    static S3Bucket open(S3Settings settings, S3Limits limits) {
        return new S3Bucket(settings, region(settings), limits);
    }

    private static Region region(S3Settings settings) {
        if (settings.region().isPresent()) {
            return Region.of(settings.region().get());
        }
        // a store of one's own has no use for the address of a cloud's metadata service, which takes seconds to miss
        AwsRegionProvider chain = settings.endpoint().isPresent()
                ? new SystemSettingsRegionProvider()
                : DefaultAwsRegionProviderChain.builder().build();
        try {
            return chain.getRegion();
        } catch (SdkException e) {
            if (settings.endpoint().isPresent()) {
                return Region.of(USUAL_REGION);
            }
            throw new S3StartException(
                    S3Setting.REGION, "no region is set for bucket " + settings.bucket() + ", and AWS names none", e);
        }
    }

    private static AwsCredentials credentials(S3Keys keys) {
        return keys.sessionToken()
                .<AwsCredentials>map(token -> AwsSessionCredentials.create(keys.accessKey(), keys.secretKey(), token))
                .orElseGet(() -> AwsBasicCredentials.create(keys.accessKey(), keys.secretKey()));
    }

    private S3Client client(S3Settings settings, S3Limits limits) {
        return S3Client.builder()
                .region(region)
                .applyMutation(builder -> settings.endpoint().ifPresent(builder::endpointOverride))
                .forcePathStyle(settings.pathStyle())
                .crossRegionAccessEnabled(false)
                .credentialsProvider(credentials)
                .httpClient(UrlConnectionHttpClient.builder()
                        .connectionTimeout(limits.connect())
                        .socketTimeout(limits.attempt())
                        .build())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(options -> options.retryStrategy(AwsRetryStrategy.doNotRetry()))
                .build();
    }

    /** Where the SDK would go for an object, without the object. */
    private static URI addressOf(S3Client client, String bucket) {
        String object = client.utilities()
                .getUrl(request -> request.bucket(bucket).key("x"))
                .toString();
        return URI.create(object.substring(0, object.length() - "/x".length()));
    }

    String name() {
        return name;
    }

    URI address() {
        return address;
    }

    String region() {
        return region.id();
    }

    /** What requests are signed with; may ask a service for it. */
    AwsCredentialsIdentity identity() throws S3Failure {
        try {
            return credentials.resolveCredentials();
        } catch (SdkException e) {
            throw S3Failure.withoutCredentials(e);
        }
    }

    /** One attempt of a call through the SDK's client. */
    <T> S3Attempts.Attempt<T> attempt(Function<S3Client, T> call) {
        return () -> {
            identity();
            try {
                return call.apply(client);
            } catch (AwsServiceException e) {
                AwsErrorDetails details = e.awsErrorDetails();
                throw S3Failure.answered(
                        e.statusCode(),
                        Optional.ofNullable(details.errorCode()).orElse(""),
                        Optional.ofNullable(details.errorMessage()).orElse(""));
            } catch (SdkException e) {
                throw S3Failure.network(
                        e.getCause() instanceof IOException cause ? cause : new IOException(e), Effect.ANSWER_LOST);
            }
        };
    }

    @Override
    public void close() {
        client.close();
    }
}
