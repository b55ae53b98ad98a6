// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.util.Optional;

/** Static credentials of S3, whose secret parts are never shown. Immutable. */
public record S3Keys(String accessKey, String secretKey, Optional<String> sessionToken) {

    @Override
    public String toString() {
        return "S3Keys[" + accessKey + "]";
    }
}
