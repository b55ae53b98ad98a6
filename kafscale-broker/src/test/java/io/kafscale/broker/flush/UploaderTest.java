// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.HealthLimits;
import io.kafscale.broker.storage.HedgedObjectStore;
import io.kafscale.broker.storage.Hedging;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.SlowCallHedging;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StoreWatch;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A put that takes long is made a second time, and what it holds is counted until it has ended. */
@Timeout(60)
final class UploaderTest {

    private static final int LIMIT = 1 << 20;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final MemoryObjectStore memory = new MemoryObjectStore(clock);
    private final HookedObjects objects = new HookedObjects(memory);
    private final SlowCallHedging writes = new SlowCallHedging(clock, threads, objects.health());
    private final ByteBudget budget = new ByteBudget(clock, LIMIT);
    private final Uploader uploader = new Uploader(
            new LogEnvironment(
                    clock,
                    threads,
                    new Random(1),
                    new HedgedObjectStore(objects, Hedging.NEVER, writes),
                    new MemoryMetadataStore(clock),
                    new ClusterKeys("test"),
                    new ObjectKey("root")),
            "incarnation",
            budget,
            () -> false);
    private final FlushTarget target = new FlushTarget() {
        @Override
        public PartitionId id() {
            return LogRig.partition(0);
        }

        @Override
        public int leaderEpoch() {
            return 1;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            throw new AssertionError("nothing is committed here");
        }

        @Override
        public void dropFromTail(BatchRun run) {
            throw new AssertionError("nothing is kept here");
        }
    };
    private final List<ObjectKey> puts = new CopyOnWriteArrayList<>();
    private final AtomicInteger hanging = new AtomicInteger();
    private final CountDownLatch let = new CountDownLatch(1);
    private int sequence;

    @BeforeEach
    void knowUsualTime() throws InterruptedException {
        for (int i = 0; i < 60; i++) {
            assertThat(uploader.upload(flush())).isPresent();
        }
        objects.onPut((key, real) -> {
            puts.add(key);
            if (hanging.getAndDecrement() > 0) {
                awaitDeafly();
            }
            return real.get();
        });
    }

    @AfterEach
    void stop() {
        let.countDown();
        threads.close();
    }

    /** As a write that hangs in the system does, an interrupt notwithstanding. */
    private void awaitDeafly() {
        boolean done = false;
        while (!done) {
            try {
                let.await();
                done = true;
            } catch (InterruptedException e) {
                // deaf
            }
        }
    }

    private Flush flush() {
        PendingChunk chunk = new PendingChunk(target);
        var batch = TestBatch.of("value").batch();
        batch.assign(sequence, 1);
        chunk.add(new PendingBatch(batch, -1, new Pending<>()));
        return new Flush(++sequence, List.of(chunk), batch.sizeBytes(), clock.monotonicNanos());
    }

    private Pending<Optional<StoredFlush>> upload(Flush flush) {
        Pending<Optional<StoredFlush>> stored = new Pending<>();
        threads.start("upload", () -> {
            try {
                stored.complete(uploader.upload(flush));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return stored;
    }

    @Test
    void theSecondNameWinsAndTheLoserIsCountedUntilItEnds() throws Exception {
        hanging.set(1);
        Flush flush = flush();

        Pending<Optional<StoredFlush>> stored = upload(flush);
        clock.awaitWaiting(1);
        clock.advance(Duration.ofMillis(50));
        StoredFlush winner = stored.await(clock, Deadline.NEVER).orElseThrow().orElseThrow();

        assertThat(puts).hasSize(2).doesNotHaveDuplicates();
        assertThat(winner.object()).isEqualTo(puts.get(1));
        assertThat(memory.list(puts.get(1).value(), "", 1)).hasSize(1);
        assertThat(budget.used()).isEqualTo(flush.sizeBytes());

        let.countDown();
        assertThat(budget.take(LIMIT, Deadline.NEVER)).isTrue(); // comes when the loser has ended
    }

    @Test
    void withoutRoomForTheSecondThereIsNone() throws Exception {
        assertThat(budget.take(LIMIT, Deadline.NEVER)).isTrue();
        hanging.set(1);

        Pending<Optional<StoredFlush>> stored = upload(flush());
        clock.awaitWaiting(1);
        clock.advance(Duration.ofMinutes(1));
        let.countDown();

        assertThat(stored.await(clock, Deadline.NEVER)
                        .orElseThrow()
                        .orElseThrow()
                        .object())
                .isEqualTo(puts.getFirst());
        assertThat(puts).hasSize(1);
        assertThat(budget.used()).isEqualTo(LIMIT);
    }

    @Test
    void aLostAnswerIsPutAgainUnderAnotherName() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        objects.onPut((key, real) -> {
            puts.add(key);
            PutResult result = real.get();
            return attempts.getAndIncrement() == 0
                    ? new PutResult.Unknown(
                            new StorageException(StorageException.Kind.UNAVAILABLE, "expected by the test"))
                    : result;
        });

        Pending<Optional<StoredFlush>> stored = upload(flush());
        clock.awaitWaiting(1);
        clock.advance(Duration.ofSeconds(1));

        assertThat(stored.await(clock, Deadline.NEVER)
                        .orElseThrow()
                        .orElseThrow()
                        .object())
                .isEqualTo(puts.get(1));
        assertThat(budget.used()).isZero();
    }

    @Test
    void lessMayBeAppendedWhileTheStoreIsDegraded() {
        StoreWatch watch = new StoreWatch("objects", clock, HealthLimits.DEFAULTS);
        LogEnvironment environment = new LogEnvironment(
                clock,
                threads,
                new Random(1),
                new WatchedObjectStore(objects, watch, clock),
                new MemoryMetadataStore(clock),
                new ClusterKeys("test"),
                new ObjectKey("root"));
        ByteBudget appends = FlushPipeline.appendBudget(environment, LogRig.LIMITS);
        assertThat(appends.limit()).isEqualTo(LogRig.LIMITS.appendBytes());

        for (int i = 0; i < 5; i++) {
            watch.attemptFailed(StorageException.Kind.THROTTLED, "expected by the test");
        }

        assertThat(appends.limit()).isEqualTo(LogRig.LIMITS.appendBytes() / 4);
    }
}
