// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.read.CommittedLog;
import io.kafscale.broker.read.SecondLook;
import io.kafscale.broker.recovery.ChunkFinder;
import io.kafscale.broker.segment.PartitionSegments;
import io.kafscale.broker.storage.StorageException;
import java.util.function.UnaryOperator;

/**
 * Where the records of a partition are by the metadata, which knows it when nobody has told the log: a change of the state
 * whose answer was lost, a merge by another broker, or a listing that was too old. Thread-safe.
 */
final class Whereabouts implements SecondLook.Look {

    private final PartitionId id;
    private final OwnedState state;
    private final PartitionSegments segments;
    private final ChunkFinder finder;

    Whereabouts(PartitionId id, OwnedState state, PartitionSegments segments, ChunkFinder finder) {
        this.id = id;
        this.state = state;
        this.segments = segments;
        this.finder = finder;
    }

    @Override
    public void at(CommittedLog log) throws InterruptedException {
        try {
            // while the partition is owned nobody else writes its state, so it is read only if that is in doubt
            Sealer.learn(log, state.change(UnaryOperator.identity()));
        } catch (OwnedState.OwnershipLostException e) {
            throw new StorageException(StorageException.Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
        segments.forget();
        for (StoredChunk chunk : finder.find(id, Math.max(log.logStart(), log.sealedThrough()))) {
            log.replace(chunk); // one that was committed just now is not known here yet, and stays unknown
        }
    }
}
