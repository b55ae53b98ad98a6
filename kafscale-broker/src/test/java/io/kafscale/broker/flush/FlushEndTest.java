// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.log.HookedMetadata;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a pipeline leaves behind when it ends: no thread, no share of the budget, no object, no waiting producer. */
@Timeout(60)
final class FlushEndTest {

    private static final int SLOTS = 2;
    private static final int BATCH_BYTES = TestBatch.of("a").bytes().limit();

    private final LogRig rig = new LogRig();
    private final HookedObjects objects = new HookedObjects(rig.objects);
    private final HookedMetadata metadata = new HookedMetadata(rig.metadata);
    private final ByteBudget budget = new ByteBudget(rig.clock, 1 << 20);
    private final List<Pending<Outcome>> outcomes = new ArrayList<>();
    private long nextOffset;
    private FlushPipeline pipeline;

    @BeforeEach
    void start() {
        rig.around(real -> objects, real -> metadata);
        LogLimits eachItsOwnFlush =
                new LogLimits(Duration.ofMillis(1), 1, SLOTS, 1 << 20, 1 << 20, 1 << 20, Duration.ofMinutes(30));
        pipeline = new FlushPipeline(rig.environment(), eachItsOwnFlush, rig.register(), budget, ended -> {});
        pipeline.start();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    /** A partition that takes in whatever it is told. */
    private record Target(PartitionId id) implements FlushTarget {
        @Override
        public int leaderEpoch() {
            return 1;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            pending.complete(new Outcome.Committed(chunk.baseOffset(), -1, 0));
            return new BatchRun(
                    pending.batches().stream().map(PendingBatch::batch).toList());
        }

        @Override
        public void dropFromTail(BatchRun run) {}
    }

    private Pending<Outcome> add(FlushTarget target) throws InterruptedException {
        RecordBatch batch = TestBatch.of("a").batch();
        batch.assign(nextOffset++, 1);
        Pending<Outcome> outcome = new Pending<>();
        outcomes.add(outcome);
        assertThat(budget.take(batch.sizeBytes(), rig.soon())).isTrue();
        assertThat(pipeline.add(target, new PendingBatch(batch, -1, outcome))).isTrue();
        return outcome;
    }

    private void addOneMoreThanSlots() throws InterruptedException {
        for (int i = 0; i < SLOTS + 1; i++) {
            add(new Target(LogRig.partition(i)));
        }
    }

    private boolean hasStopped(Duration within) throws InterruptedException {
        return pipeline.awaitStopped(Deadline.after(rig.clock, within));
    }

    @Test
    void anEndStopsUploadsThatFailForEver() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        AtomicBoolean full = new AtomicBoolean(true);
        CountDownLatch busy = new CountDownLatch(SLOTS);
        objects.onPut((key, real) -> {
            attempts.incrementAndGet();
            busy.countDown();
            if (full.get()) {
                throw new StorageException(Kind.FULL, "expected by the test");
            }
            return real.get();
        });
        addOneMoreThanSlots();
        busy.await();

        pipeline.abandon("a test wants it");

        assertThat(hasStopped(Duration.ofMinutes(1))).isTrue();
        while (!rig.threads.running().isEmpty()) {
            Thread.onSpinWait(); // the last of them are on their way out
        }
        assertThat(budget.used()).isZero();
        full.set(false);
        assertThat(rig.objects.list("", "", 100)).isEmpty();
        for (Pending<Outcome> outcome : outcomes) {
            assertThat(outcome.poll().orElseThrow()).isInstanceOf(Outcome.Unknown.class);
        }
    }

    @Test
    void anEndInterruptsUploadsThatHang() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(SLOTS);
        objects.onPut((key, real) -> {
            busy.countDown();
            return afterWaiting(never, real.get());
        });
        addOneMoreThanSlots();
        busy.await();

        pipeline.abandon("a test wants it");

        assertThat(hasStopped(Duration.ofMinutes(1))).isTrue();
        assertThat(budget.used()).isZero();
    }

    private static PutResult afterWaiting(CountDownLatch latch, PutResult result) {
        try {
            latch.await();
            return result;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException(Kind.INTERRUPTED, "interrupted", e);
        }
    }

    @Test
    void whatAnUploadStillHoldsIsGivenBackWhenItHasStopped() throws Exception {
        CountDownLatch deaf = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(SLOTS);
        objects.onPut((key, real) -> {
            busy.countDown();
            awaitDeaf(deaf);
            throw new StorageException(Kind.FULL, "expected by the test");
        });
        addOneMoreThanSlots();
        busy.await();

        pipeline.abandon("a test wants it");

        assertThat(outcomes.getFirst().poll()).isPresent();
        assertThat(budget.used()).isEqualTo((long) SLOTS * BATCH_BYTES);
        deaf.countDown();
        assertThat(hasStopped(Duration.ofMinutes(1))).isTrue();
        assertThat(budget.used()).isZero();
    }

    private static void awaitDeaf(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCommitThatIsUnderWayIsNotTriedAgain() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        AtomicInteger commits = new AtomicInteger();
        metadata.onCommit((transaction, real) -> {
            commits.incrementAndGet();
            asked.countDown();
            awaitDeaf(answered);
            return new TransactionResult.Unknown(
                    new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test"));
        });
        add(new Target(LogRig.partition(0)));
        asked.await();

        pipeline.abandon("a test wants it");
        answered.countDown();

        assertThat(hasStopped(Duration.ofMinutes(1))).isTrue();
        assertThat(commits).hasValue(1);
        assertThat(budget.used()).isZero();
    }

    @Test
    void aTargetThatFailsCostsNobodyElseAnything() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        objects.onPut((key, real) -> {
            awaitDeaf(held);
            return real.get();
        });
        FlushTarget failing = new FailingTarget(LogRig.partition(0));
        for (int i = 0; i < 5; i++) {
            add(i == 1 ? failing : new Target(LogRig.partition(i + 1)));
        }
        held.countDown();

        assertThat(hasStopped(Duration.ofMinutes(1))).isTrue();
        assertThat(budget.used()).isZero();
        assertThat(outcomes.getFirst().poll().orElseThrow()).isInstanceOf(Outcome.Committed.class);
        for (Pending<Outcome> outcome : outcomes.subList(1, 5)) {
            assertThat(outcome.poll().orElseThrow()).isInstanceOf(Outcome.Unknown.class);
        }
    }

    /** A partition with a bug. */
    private record FailingTarget(PartitionId id) implements FlushTarget {
        @Override
        public int leaderEpoch() {
            return 1;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            throw new IllegalStateException("expected by the test");
        }

        @Override
        public void dropFromTail(BatchRun run) {}
    }
}
