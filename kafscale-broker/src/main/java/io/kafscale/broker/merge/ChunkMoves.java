// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.metadata.PartitionId;
import java.util.List;

/** Who serves what is merged. Thread-safe; neither call may wait for a store. */
public interface ChunkMoves {

    /**
     * Chunks have a new place: each takes that of all chunks between its offsets, which it holds byte by byte. The old
     * objects can be read for a while. Some of the chunks may be of partitions that are served by others.
     */
    void moved(List<StoredChunk> merged);

    /** There are too many objects: these partitions should be sealed soon, since much of the oldest object is theirs. */
    void relieve(List<PartitionId> partitions);
}
