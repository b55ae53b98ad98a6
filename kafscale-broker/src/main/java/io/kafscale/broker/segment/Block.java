// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.storage.ObjectKey;

/**
 * Whole batches of a sealed segment in a row: what of it is read at once. Immutable.
 *
 * @param endOffset exclusive
 * @param maxTimestamp largest time of a record
 * @param bytes where in the segment it stands
 */
public record Block(long baseOffset, long endOffset, long maxTimestamp, Chunk.Extent bytes) {

    public Block {
        if (baseOffset < 0 || endOffset <= baseOffset) {
            throw new IllegalArgumentException("block of offsets " + baseOffset + " to " + endOffset);
        }
    }

    /** What it takes to read it from its segment. */
    public Located located(ObjectKey segment) {
        return new Located(segment, bytes, baseOffset, endOffset);
    }
}
