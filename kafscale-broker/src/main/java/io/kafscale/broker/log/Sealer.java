// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.read.CommittedLog;
import io.kafscale.broker.read.LogUnit;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.segment.PartitionSegments;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.segment.SegmentIndex;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.segment.SegmentWriter;
import io.kafscale.broker.segment.Segments;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.PartitionState;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies the oldest committed batches of a partition that are not sealed into a segment of their own: first the segment, then
 * its index, then the partition's state, then readers know. Whatever comes between, the next attempt begins where the state
 * says. Thread-safe; one at a time for each partition.
 */
final class Sealer {

    /** What positions and counts of the format hold, with room to spare. */
    private static final long MOST_BYTES = 1L << 30;

    /** The first batch may begin so much before what is to be sealed. */
    private static final long MOST_OFFSETS = Integer.MAX_VALUE - 1L - RecordBatch.MOST_RECORDS;

    private final LogEnvironment environment;
    private final Segments segments;

    Sealer(LogEnvironment environment, Segments segments) {
        this.environment = environment;
        this.segments = segments;
    }

    /** The sealed part of a partition. */
    PartitionSegments of(OpenRequest request) {
        return new PartitionSegments(
                request.topic(), request.id(), SegmentName.parse(request.state().getNewestSegment()), segments);
    }

    /**
     * Where a segment of about a size ends that begins at the oldest of these parts.
     *
     * @param from where the first of them begins, or before
     */
    static long end(long from, List<LogUnit> oldest, long segmentBytes) {
        long end = oldest.getFirst().endOffset();
        long bytes = oldest.getFirst().sizeBytes();
        for (LogUnit unit : oldest.subList(1, oldest.size())) {
            boolean tooLarge = bytes + unit.sizeBytes() > MOST_BYTES || unit.endOffset() - from > MOST_OFFSETS;
            if (bytes >= segmentBytes || tooLarge) {
                break;
            }
            end = unit.endOffset();
            bytes += unit.sizeBytes();
        }
        return end;
    }

    /**
     * Seals what is committed before an offset, which is the end of a chunk.
     *
     * @throws io.kafscale.broker.storage.StorageException when the store fails
     * @throws io.kafscale.broker.metadata.MetadataException when the state cannot be written now, or nobody can tell
     * @throws OwnedState.OwnershipLostException when the partition is not owned any more
     */
    void seal(PartitionLog log, long end) throws InterruptedException {
        CommittedLog committed = log.committed();
        PartitionState before = log.state().current();
        long from = Math.max(before.getSealedThrough(), before.getLogStart());
        if (from >= end) {
            learn(committed, before);
            return;
        }
        SegmentIndex written = write(log, before, from, end);
        PartitionState after = log.state()
                .change(now -> now.getSealedThrough() == before.getSealedThrough()
                        ? now.toBuilder()
                                .setSealedThrough(end)
                                .setNewestSegment(written.name().toString())
                                .build()
                        : now);
        log.segments().sealed(written);
        learn(committed, after);
    }

    /** Of a change whose answer was lost nobody but the state knows. */
    static void learn(CommittedLog committed, PartitionState state) {
        committed.sealedTo(state.getSealedThrough());
        committed.trimTo(state.getLogStart());
    }

    private SegmentIndex write(PartitionLog log, PartitionState before, long from, long end)
            throws InterruptedException {
        List<RecordBatch> next = batches(log.committed().runAt(from), from, end);
        SegmentName name =
                new SegmentName(log.topic(), log.id(), next.getFirst().baseOffset(), end - 1, log.leaderEpoch());
        try (SegmentWriter writer = new SegmentWriter(
                environment.objects(),
                environment.root(),
                name,
                environment.clock().wallMillis(),
                sealed(before))) {
            while (true) {
                writer.add(new BatchRun(next));
                long behind = next.getLast().nextOffset();
                if (behind == end) {
                    return writer.finish();
                }
                next = batches(log.committed().runAt(behind), behind, end);
            }
        }
    }

    private SealedState sealed(PartitionState state) throws InterruptedException {
        return state.getNewestSegment().isEmpty()
                ? SealedState.NONE
                : segments.state(SegmentName.parse(state.getNewestSegment())
                        .orElseThrow(() -> new StorageException(
                                StorageException.Kind.CORRUPT, "state names no segment: " + state.getNewestSegment())));
    }

    /** The batches of a run that hold offsets from one to below another. */
    private static List<RecordBatch> batches(BatchRun run, long from, long end) {
        List<RecordBatch> batches = new ArrayList<>(run.count());
        for (int i = 0; i < run.count(); i++) {
            RecordBatch batch = run.batch(i);
            if (batch.nextOffset() > from && batch.nextOffset() <= end) {
                batches.add(batch);
            }
        }
        return batches;
    }
}
