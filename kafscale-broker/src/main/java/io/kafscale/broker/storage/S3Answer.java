// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;

/**
 * What a store has answered to one request that it carried out. Immutable, but for the body, which is the caller's.
 *
 * @param headers by their names in small letters, those that are used here and were there
 * @param body its bytes, positioned at 0
 */
record S3Answer(int status, Map<String, String> headers, ByteBuffer body) {

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }
}
