// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import io.kafscale.broker.log.PartitionLog;
import java.nio.ByteBuffer;
import java.util.List;

/** What a read of a {@link PartitionLog} found. Immutable, but for the buffers' contents, which nobody may change. */
public sealed interface ReadResult {

    /**
     * Whole batches from the one that holds the asked offset, in order, none beyond the high watermark.
     *
     * @param batches slices that nobody may change; empty when there is nothing yet behind the asked offset
     * @param highWatermark exclusive end of what is committed, taken not before the batches
     * @param logStartOffset first offset that is kept
     */
    record Records(List<ByteBuffer> batches, long highWatermark, long logStartOffset) implements ReadResult {
        public Records {
            batches = List.copyOf(batches);
        }

        public int sizeBytes() {
            return batches.stream().mapToInt(ByteBuffer::remaining).sum();
        }
    }

    /** The offset is below the log's start or above its high watermark. */
    record OffsetOutOfRange(long logStartOffset, long highWatermark) implements ReadResult {}

    /** The store failed; to be tried again. */
    record Failed(String message) implements ReadResult {}

    /** The log is closed: this broker does not own the partition any more. */
    record NotOwner() implements ReadResult {}
}
