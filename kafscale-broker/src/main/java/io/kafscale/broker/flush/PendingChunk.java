// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.SharedImage;
import java.util.ArrayList;
import java.util.List;

/**
 * What one partition has in a flush. Confined to the lock of its {@link FlushQueue} while the flush is open, then
 * immutable.
 */
public final class PendingChunk {

    private final FlushTarget log;
    private final List<PendingBatch> batches = new ArrayList<>();

    PendingChunk(FlushTarget log) {
        this.log = log;
    }

    /** Whether another batch leaves it a chunk that can be sealed. */
    boolean hasRoomFor(PendingBatch batch) {
        return batches.isEmpty()
                || batch.batch().nextOffset() - batches.getFirst().batch().baseOffset() <= Chunk.MOST_OFFSETS;
    }

    void add(PendingBatch batch) {
        batches.add(batch);
    }

    FlushTarget log() {
        return log;
    }

    public List<PendingBatch> batches() {
        return batches;
    }

    SharedImage.Run run() {
        return new SharedImage.Run(
                log.id(),
                log.leaderEpoch(),
                batches.stream().map(PendingBatch::batch).toList());
    }

    void complete(Outcome outcome) {
        batches.forEach(batch -> batch.outcome().complete(outcome));
    }
}
