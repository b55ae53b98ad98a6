// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.storage.ObjectKey;
import java.util.List;

/**
 * A flush whose object is durable. Immutable.
 *
 * @param footerLength without the trailer
 * @param chunks what each of the flush's chunks became, in the same order
 */
record StoredFlush(
        Flush flush, ObjectKey object, long sizeBytes, long footerPosition, int footerLength, List<Chunk> chunks) {

    StoredFlush {
        chunks = List.copyOf(chunks);
        if (chunks.size() != flush.chunks().size()) {
            throw new IllegalArgumentException(
                    "flush of " + flush.chunks().size() + " chunks was stored with " + chunks.size());
        }
    }
}
