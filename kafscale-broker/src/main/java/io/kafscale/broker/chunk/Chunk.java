// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;

/**
 * One partition's part of a shared object: a run of whole batches with joining offsets. Immutable.
 *
 * @param leaderEpoch the epoch that all its batches carry
 * @param lastOffset inclusive
 * @param maxTimestamp largest time of a record
 * @param bytes where it stands
 */
public record Chunk(
        PartitionId id, int leaderEpoch, long baseOffset, long lastOffset, long maxTimestamp, Extent bytes) {

    /** Chunks and batches are put together up to so many offsets, so that whatever they are can be sealed. */
    public static final long MOST_OFFSETS = RecordBatch.MOST_RECORDS;

    /**
     * Bytes inside an object. Immutable.
     *
     * @param crc their CRC-32C
     */
    public record Extent(long position, int length, int crc) {
        public Extent {
            if (position < 0 || length < 1) {
                throw new IllegalArgumentException("extent of " + length + " bytes at " + position);
            }
        }
    }

    public Chunk {
        if (leaderEpoch < 0 || baseOffset < 0 || lastOffset < baseOffset) {
            throw new IllegalArgumentException("chunk of " + id + ": offsets " + baseOffset + " to " + lastOffset
                    + ", leader epoch " + leaderEpoch);
        }
    }

    public long endOffset() {
        return lastOffset + 1;
    }
}
