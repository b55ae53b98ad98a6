// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.log.FastClock;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.time.Pending;
import org.junit.jupiter.api.Test;

final class FlushQueueTest {

    private final FlushTarget log = new Target();
    private final FlushQueue queue = new FlushQueue(new FastClock(), LogRig.LIMITS, () -> 1);
    private long end;

    /** A log of which only the name is asked. Immutable. */
    private static final class Target implements FlushTarget {
        @Override
        public PartitionId id() {
            return LogRig.partition(0);
        }

        @Override
        public int leaderEpoch() {
            return 0;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            throw new AssertionError();
        }

        @Override
        public void dropFromTail(BatchRun run) {
            throw new AssertionError();
        }
    }

    private void add(int count) {
        RecordBatch batch = TestBatch.of("a").attributes(4).claims(count).batch();
        batch.assign(end, 0);
        end = batch.nextOffset();
        assertThat(queue.add(log, new PendingBatch(batch, -1, new Pending<>()))).isTrue();
    }

    private int nextBatches() throws InterruptedException {
        return queue.nextToUpload().orElseThrow().chunks().getFirst().batches().size();
    }

    @Test
    void aChunkHasNoMoreOffsetsThanCanBeSealed() throws Exception {
        add(RecordBatch.MOST_RECORDS);
        add(1);
        add(RecordBatch.MOST_RECORDS - 1);
        add(1);

        assertThat(nextBatches()).isEqualTo(1);
        assertThat(nextBatches()).isEqualTo(2);
        assertThat(nextBatches()).isEqualTo(1);
    }
}
