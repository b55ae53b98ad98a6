// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TailCacheTest {

    private static final int BATCH_BYTES = TestBatch.of("v").bytes().limit();

    private final List<BatchRun> dropped = new ArrayList<>();
    private final FlushTarget first = new Target(LogRig.partition(0), dropped);
    private final FlushTarget second = new Target(LogRig.partition(1), dropped);

    /** A log that notes what it is to drop. */
    private record Target(PartitionId id, List<BatchRun> dropped) implements FlushTarget {
        @Override
        public int leaderEpoch() {
            return 0;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            throw new AssertionError("nothing is committed here");
        }

        @Override
        public void dropFromTail(BatchRun run) {
            dropped.add(run);
        }
    }

    private static BatchRun run() {
        return new BatchRun(List.of(TestBatch.of("v").batch()));
    }

    /** Two runs whose batches came in one frame. */
    private static List<BatchRun> sharingAFrame() {
        ByteBuffer frame = ByteBuffer.allocate(2 * BATCH_BYTES);
        frame.put(TestBatch.of("v").bytes()).put(TestBatch.of("v").bytes());
        return List.of(
                new BatchRun(List.of(RecordBatch.at(frame, 0))),
                new BatchRun(List.of(RecordBatch.at(frame, BATCH_BYTES))));
    }

    @Test
    void theOldestOfAllLogsIsDroppedFirst() {
        BatchRun one = run();
        BatchRun two = run();
        BatchRun three = run();
        TailCache tails = new TailCache(2L * (BATCH_BYTES + one.overheadBytes()));

        tails.add(first, one);
        tails.add(second, two);
        assertThat(dropped).isEmpty();
        tails.add(first, three);

        assertThat(dropped).containsExactly(one);
        assertThat(tails.bytes()).isEqualTo(2L * (BATCH_BYTES + one.overheadBytes()));
    }

    @Test
    void aFrameCountsOnceAndUntilItsLastBatchHasLeft() {
        List<BatchRun> shared = sharingAFrame();
        int overhead = shared.getFirst().overheadBytes();
        long all = 2L * (BATCH_BYTES + overhead);
        TailCache tails = new TailCache(all);
        tails.add(first, shared.get(0));
        assertThat(tails.bytes()).isEqualTo(2L * BATCH_BYTES + overhead);
        tails.add(second, shared.get(1));
        assertThat(tails.bytes()).isEqualTo(all);

        BatchRun third = run();
        tails.add(first, third);

        assertThat(dropped).containsExactlyElementsOf(shared);
        assertThat(tails.bytes()).isEqualTo(BATCH_BYTES + overhead);
    }

    @Test
    void withoutRoomNothingStays() {
        TailCache tails = new TailCache(0);
        BatchRun run = run();

        tails.add(first, run);

        assertThat(dropped).containsExactly(run);
        assertThat(tails.bytes()).isZero();
    }
}
