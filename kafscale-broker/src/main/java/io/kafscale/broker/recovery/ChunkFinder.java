// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import io.kafscale.broker.chunk.ByteCache;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the chunks of a partition that is served already, for a reader whose object is gone: somebody may have merged it who
 * told nobody here. However many ask, the commit records are read once a second. Thread-safe.
 */
public final class ChunkFinder {

    private static final long PERIOD_NANOS = Duration.ofSeconds(1).toNanos();

    private final LogEnvironment environment;
    private final Footers footers;

    /** Of the last period, by its number. */
    private final ByteCache<Long, CommitRecords> records;

    public ChunkFinder(LogEnvironment environment, Footers footers) {
        this.environment = environment;
        this.footers = footers;
        this.records = new ByteCache<>(environment.clock(), 1, read -> 1);
    }

    /**
     * The chunks that end behind an offset, in the order of their offsets; those whose footers cannot be read are left out.
     *
     * @throws io.kafscale.broker.metadata.MetadataException when the commit records cannot be had
     */
    public List<StoredChunk> find(PartitionId id, long from) throws InterruptedException {
        CommitRecords now = records.get(
                environment.clock().monotonicNanos() / PERIOD_NANOS,
                () -> CommitRecords.read(environment.metadata(), environment.keys()));
        List<StoredChunk> found = new ArrayList<>();
        int mark = SharedFooter.mark(id);
        for (CommitRecord record : now.records()) {
            if (record.marks().mayHold(mark)) {
                addFrom(record, id, from, found);
            }
        }
        found.sort(Comparator.comparingLong(stored -> stored.chunk().baseOffset()));
        return found;
    }

    private void addFrom(CommitRecord record, PartitionId id, long from, List<StoredChunk> found)
            throws InterruptedException {
        try {
            for (Chunk chunk : footers.read(record).chunks()) {
                if (chunk.id().equals(id) && chunk.endOffset() > from) {
                    found.add(new StoredChunk(chunk, record.object()));
                }
            }
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw e;
            }
        }
    }
}
