// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.storage.S3Keys;
import io.kafscale.broker.storage.S3Setting;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3Writing;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The variables that name a bucket of S3. Stateless. */
final class S3Variables {

    private static final Pattern BUCKET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{1,62}");
    private static final Pattern REGION = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final int DEFAULT_CONCURRENCY = 64;
    private static final int MAX_CONCURRENCY = 10_000;

    /** These mean nothing without a bucket, so one that is set tells of a bucket that was forgotten. */
    private static final List<Variable> OF_A_BUCKET = List.of(
            Variable.S3_REGION,
            Variable.S3_ENDPOINT,
            Variable.S3_PATH_STYLE,
            Variable.S3_KMS_ARN,
            Variable.S3_ACCESS_KEY,
            Variable.S3_SECRET_KEY,
            Variable.S3_SESSION_TOKEN,
            Variable.S3_SIGN_PAYLOAD,
            Variable.S3_READ_BUCKET);

    private S3Variables() {}

    /** The bucket; empty when there is none. */
    static Optional<S3Settings> settings(Environment environment) {
        Optional<String> bucket = matching(environment, Variable.S3_BUCKET, BUCKET);
        int concurrency = environment.number(Variable.S3_CONCURRENCY, 1, MAX_CONCURRENCY, DEFAULT_CONCURRENCY);
        if (bucket.isEmpty()) {
            OF_A_BUCKET.forEach(variable -> refuseWithout(environment, variable, Variable.S3_BUCKET));
            return Optional.empty();
        }
        if (environment.isOn(Variable.USE_MEMORY_S3, false)) {
            throw new ConfigException(Variable.S3_BUCKET.key() + " and " + Variable.USE_MEMORY_S3.key()
                    + " are both set: unset the one that is not meant");
        }
        return Optional.of(settings(
                environment,
                bucket.get(),
                matching(environment, Variable.S3_REGION, REGION),
                endpoint(environment, Variable.S3_ENDPOINT),
                concurrency));
    }

    /** The bucket that is read first; empty when there is none. What it does not say of itself is as for the other. */
    static Optional<S3Settings> replica(Environment environment) {
        refuseWithout(environment, Variable.S3_READ_REGION, Variable.S3_READ_BUCKET);
        refuseWithout(environment, Variable.S3_READ_ENDPOINT, Variable.S3_READ_BUCKET);
        return settings(environment)
                .flatMap(primary -> matching(environment, Variable.S3_READ_BUCKET, BUCKET)
                        .map(bucket -> settings(
                                environment,
                                bucket,
                                matching(environment, Variable.S3_READ_REGION, REGION)
                                        .or(primary::region),
                                endpoint(environment, Variable.S3_READ_ENDPOINT).or(primary::endpoint),
                                primary.concurrency())));
    }

    private static S3Settings settings(
            Environment environment, String bucket, Optional<String> region, Optional<URI> endpoint, int concurrency) {
        return new S3Settings(
                bucket,
                region,
                endpoint,
                environment.isOn(Variable.S3_PATH_STYLE, endpoint.isPresent()),
                keys(environment),
                new S3Writing(environment.text(Variable.S3_KMS_ARN), environment.isOn(Variable.S3_SIGN_PAYLOAD, false)),
                concurrency);
    }

    private static Optional<S3Keys> keys(Environment environment) {
        Optional<String> access = environment.text(Variable.S3_ACCESS_KEY);
        Optional<String> secret = environment.text(Variable.S3_SECRET_KEY);
        refuseWithout(environment, Variable.S3_ACCESS_KEY, Variable.S3_SECRET_KEY);
        refuseWithout(environment, Variable.S3_SECRET_KEY, Variable.S3_ACCESS_KEY);
        refuseWithout(environment, Variable.S3_SESSION_TOKEN, Variable.S3_ACCESS_KEY);
        return access.flatMap(
                key -> secret.map(hidden -> new S3Keys(key, hidden, environment.text(Variable.S3_SESSION_TOKEN))));
    }

    private static void refuseWithout(Environment environment, Variable variable, Variable needed) {
        if (environment.text(variable).isPresent() && environment.text(needed).isEmpty()) {
            throw new ConfigException(variable.key() + " is set, but acts only together with " + needed.key());
        }
    }

    private static Optional<String> matching(Environment environment, Variable variable, Pattern pattern) {
        Optional<String> value = environment.text(variable);
        value.filter(text -> !pattern.matcher(text).matches()).ifPresent(text -> {
            throw Environment.refuse(variable, text);
        });
        return value;
    }

    private static Optional<URI> endpoint(Environment environment, Variable variable) {
        return environment.text(variable).map(value -> endpoint(variable, value));
    }

    private static URI endpoint(Variable variable, String value) {
        try {
            URI uri = new URI(value);
            boolean isPlain = uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && List.of("", "/").contains(String.valueOf(uri.getRawPath()));
            boolean isHttp = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            if (isPlain && isHttp && uri.getHost() != null) {
                return new URI(uri.getScheme(), null, uri.getHost(), uri.getPort(), null, null, null);
            }
        } catch (URISyntaxException e) {
            // refused as well
        }
        throw Environment.refuse(variable, value);
    }

    /** The variable behind a setting. */
    static Variable of(S3Setting setting) {
        return switch (setting) {
            case BUCKET -> Variable.S3_BUCKET;
            case REGION -> Variable.S3_REGION;
            case ENDPOINT -> Variable.S3_ENDPOINT;
            case ACCESS_KEY -> Variable.S3_ACCESS_KEY;
            case SECRET_KEY -> Variable.S3_SECRET_KEY;
            case SESSION_TOKEN -> Variable.S3_SESSION_TOKEN;
            case KMS_ARN -> Variable.S3_KMS_ARN;
        };
    }

    /** The same for the replica, which shares all but its place. */
    static Variable ofReplica(S3Setting setting) {
        return switch (setting) {
            case BUCKET -> Variable.S3_READ_BUCKET;
            case REGION -> Variable.S3_READ_REGION;
            case ENDPOINT -> Variable.S3_READ_ENDPOINT;
            default -> of(setting);
        };
    }
}
