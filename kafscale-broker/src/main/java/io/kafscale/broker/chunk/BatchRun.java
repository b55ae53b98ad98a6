// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The batches of one chunk in memory, whether they are still there since they were appended or were read back. Immutable,
 * but for the bytes, which nobody may change.
 */
public final class BatchRun {

    /** What a batch costs beside its bytes. */
    private static final int OVERHEAD_BYTES = 120;

    private final RecordBatch[] batches;

    public BatchRun(List<RecordBatch> batches) {
        this.batches = batches.toArray(RecordBatch[]::new);
        for (int i = 1; i < this.batches.length; i++) {
            if (this.batches[i].baseOffset() != this.batches[i - 1].nextOffset()) {
                throw new IllegalArgumentException(this.batches[i] + " behind " + this.batches[i - 1]);
            }
        }
    }

    /**
     * The batches that stand in a row between a buffer's position and limit; empty when what stands there is anything
     * else than well-framed batches with joining offsets from {@code baseOffset} up to {@code lastOffset}.
     */
    static Optional<BatchRun> parse(ByteBuffer bytes, long baseOffset, long lastOffset) {
        List<RecordBatch> batches = new ArrayList<>();
        int position = bytes.position();
        long next = baseOffset;
        while (position < bytes.limit()) {
            int left = bytes.limit() - position;
            if (left < RecordBatch.HEADER_BYTES) {
                return Optional.empty();
            }
            RecordBatch batch = RecordBatch.at(bytes, position);
            int size = batch.sizeBytes();
            if (size < RecordBatch.HEADER_BYTES || size > left || batch.baseOffset() != next) {
                return Optional.empty();
            }
            batches.add(batch);
            position += size;
            next = batch.nextOffset();
        }
        return batches.isEmpty() || next != lastOffset + 1 ? Optional.empty() : Optional.of(new BatchRun(batches));
    }

    public long baseOffset() {
        return batches[0].baseOffset();
    }

    public long endOffset() {
        return batches[batches.length - 1].nextOffset();
    }

    public int count() {
        return batches.length;
    }

    public RecordBatch batch(int index) {
        return batches[index];
    }

    /** What it costs in memory beside the bytes of the records. */
    public int overheadBytes() {
        return batches.length * OVERHEAD_BYTES;
    }

    /**
     * Collects batches from the one that holds the offset.
     *
     * @return the offset behind the last one that was collected; {@code offset} itself when not even the first fits
     */
    public long collect(long offset, Collector out) {
        long next = offset;
        for (int i = indexOf(offset); i < batches.length; i++) {
            if (!out.add(batches[i])) {
                break;
            }
            next = batches[i].nextOffset();
        }
        return next;
    }

    private int indexOf(long offset) {
        int low = 0;
        int high = batches.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (batches[middle].nextOffset() > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Gathers batches up to a size. Confined to one thread. */
    public static final class Collector {
        private final List<ByteBuffer> batches = new ArrayList<>();
        private final boolean firstWhole;
        private long left;
        private boolean full;

        public Collector(int maxBytes, boolean firstWhole) {
            this.left = maxBytes;
            this.firstWhole = firstWhole;
        }

        private boolean add(RecordBatch batch) {
            int size = batch.sizeBytes();
            full |= size > left && !(batches.isEmpty() && firstWhole);
            if (!full) {
                batches.add(batch.bytes());
                left -= size;
            }
            return !full;
        }

        /** Nothing more fits. */
        public boolean isFull() {
            return full || left <= 0;
        }

        long left() {
            return left;
        }

        public List<ByteBuffer> batches() {
            return batches;
        }
    }
}
