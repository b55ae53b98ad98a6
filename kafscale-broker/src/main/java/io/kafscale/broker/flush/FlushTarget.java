// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;

/** Whose batches a flush carries, and who takes them in when they are committed. Thread-safe. */
public interface FlushTarget {

    PartitionId id();

    /** The epoch that the batches carry. */
    int leaderEpoch();

    /**
     * Takes in what was committed, in the order of offsets, and answers those who wait.
     *
     * @return the batches, which are in the tail now
     */
    BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object);

    /** Drops the oldest batches of the tail, or nothing if they have gone already. */
    void dropFromTail(BatchRun run);
}
