// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.net.URI;
import java.util.Optional;

/**
 * Which bucket, and how to reach it. Immutable.
 *
 * @param region empty for that of the AWS default chain
 * @param endpoint empty for that of AWS
 * @param pathStyle the bucket is named in the path instead of the host
 * @param keys empty for those of the AWS default chain
 * @param concurrency most calls at a time
 */
public record S3Settings(
        String bucket,
        Optional<String> region,
        Optional<URI> endpoint,
        boolean pathStyle,
        Optional<S3Keys> keys,
        S3Writing writing,
        int concurrency) {

    public S3Settings {
        if (concurrency < 1) {
            throw new IllegalArgumentException("concurrency of " + concurrency);
        }
    }
}
