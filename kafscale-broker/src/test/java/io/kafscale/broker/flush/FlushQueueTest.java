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
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

final class FlushQueueTest {

    private final FlushTarget log = new Target();
    private final ManualClock clock = new ManualClock();
    private final FlushQueue queue = new FlushQueue(
            clock,
            new LogLimits(Duration.ofMillis(100), 1_000, 4, 1 << 20, 0, 0, Duration.ofSeconds(1)),
            () -> this.stretch);
    private volatile double stretch = 1;
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

    private void addLarge() {
        RecordBatch batch = TestBatch.of("a".repeat(950)).batch();
        batch.assign(end, 0);
        end = batch.nextOffset();
        assertThat(queue.add(log, new PendingBatch(batch, -1, new Pending<>()))).isTrue();
    }

    /** What a call gives that has to wait; it waits already. */
    private <T> Pending<T> waiting(Callable<T> call) throws InterruptedException {
        Pending<T> result = new Pending<>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(call.call());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        clock.awaitWaiting(1);
        assertThat(result.poll()).isEmpty();
        return result;
    }

    private static <T> T soon(Pending<T> result) throws InterruptedException {
        Clock real = new SystemClock();
        return result.await(real, Deadline.after(real, Duration.ofMinutes(1))).orElseThrow();
    }

    @Test
    void whatIsLargeLeavesWhateverThePace() throws Exception {
        for (int i = 0; i < 10; i++) {
            addLarge();
            assertThat(nextBatches()).isEqualTo(1);
        }
    }

    @Test
    void whileObjectsPileUpWhatIsLargeWaitsForThePace() throws Exception {
        stretch = 10;
        for (int i = 0; i < 5; i++) {
            addLarge();
        }

        // of the usual burst four tenths of a second are left
        Pending<Integer> first = waiting(this::nextBatches);
        clock.advance(Duration.ofMillis(600));
        assertThat(soon(first)).isEqualTo(2);
        Pending<Integer> second = waiting(this::nextBatches);
        clock.advance(Duration.ofSeconds(1));
        assertThat(soon(second)).isEqualTo(2);
        Pending<Integer> third = waiting(this::nextBatches);
        clock.advance(Duration.ofSeconds(1));
        assertThat(soon(third)).isEqualTo(1);
    }

    @Test
    void whatWaitedLeavesWhenThereAreFewObjectsAgain() throws Exception {
        stretch = 10;
        for (int i = 0; i < 6; i++) {
            addLarge();
        }
        stretch = 1;

        assertThat(nextBatches()).isEqualTo(2);
        assertThat(nextBatches()).isEqualTo(2);
        assertThat(nextBatches()).isEqualTo(2);
    }

    @Test
    void whoIsInAHurryDoesNotWaitForThePace() throws Exception {
        stretch = 10;
        for (int i = 0; i < 3; i++) {
            addLarge();
        }
        queue.hurry();

        assertThat(nextBatches()).isEqualTo(2);
        assertThat(nextBatches()).isEqualTo(1);
    }

    @Test
    void thePatienceWithAFlushBeginsWhenItLeaves() throws Exception {
        stretch = 50;
        addLarge();
        addLarge();
        clock.advance(Duration.ofSeconds(6));
        assertThat(nextBatches()).isEqualTo(2);

        Pending<List<StoredFlush>> given = waiting(() -> queue.nextToCommit(Deadline.after(clock, Duration.ZERO)));
        clock.advance(Duration.ofSeconds(1));

        assertThat(soon(given)).isEmpty();
    }
}
