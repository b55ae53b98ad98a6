// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import java.util.List;

/**
 * What leaves together as one shared object.
 *
 * @param sequence its place in the incarnation's chain, from 1
 * @param chunks at most one for each partition
 * @param sealedNanos when it was closed, or if it had to wait, when it left, by the monotonic clock
 */
record Flush(long sequence, List<PendingChunk> chunks, long sizeBytes, long sealedNanos) {

    Flush {
        chunks = List.copyOf(chunks);
    }

    Flush sealedAt(long nanos) {
        return new Flush(sequence, chunks, sizeBytes, nanos);
    }
}
