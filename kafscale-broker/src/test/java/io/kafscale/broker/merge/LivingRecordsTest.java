// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.flush.FlushPipeline;
import io.kafscale.broker.flush.FlushTarget;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.flush.PendingBatch;
import io.kafscale.broker.flush.PendingChunk;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.merge.MergeRig.Broker;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The pipeline commits while its own thread merges. */
final class LivingRecordsTest {

    private static final MergeLimits LIMITS =
            new MergeLimits(100, 4, 3, 100_000, 2_000, 1 << 20, Duration.ofSeconds(5));

    private final MergeRig rig = new MergeRig();
    private final HookedObjects objects = new HookedObjects(rig.rig.objects);
    private final List<Target> targets = new ArrayList<>();
    private ByteBudget budget = new ByteBudget(rig.rig.clock, 1 << 20);

    @AfterEach
    void stop() {
        rig.close();
    }

    /** A partition's log as the pipeline sees it. Thread-safe as far as the test needs it. */
    private static final class Target implements FlushTarget {
        private final PartitionId id;
        private final List<StoredChunk> chunks = Collections.synchronizedList(new ArrayList<>());
        private long end;

        private Target(PartitionId id) {
            this.id = id;
        }

        @Override
        public PartitionId id() {
            return id;
        }

        @Override
        public int leaderEpoch() {
            return 0;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            chunks.add(new StoredChunk(chunk, object));
            List<RecordBatch> batches = new ArrayList<>();
            for (PendingBatch batch : pending.batches()) {
                batches.add(batch.batch());
                batch.outcome().complete(new Outcome.Committed(batch.batch().baseOffset(), -1, 0));
            }
            return new BatchRun(batches);
        }

        @Override
        public void dropFromTail(BatchRun run) {}
    }

    private FlushPipeline start(Token token, LogEnvironment environment) {
        budget = new ByteBudget(rig.rig.clock, 1 << 20);
        FlushPipeline pipeline = new FlushPipeline(
                environment, LogRig.LIMITS, token, budget, ended -> {}, rig.merging(environment, LIMITS));
        for (int i = 0; i < MergeRig.PARTITIONS; i++) {
            targets.add(new Target(LogRig.partition(i)));
        }
        pipeline.start();
        return pipeline;
    }

    private Pending<Outcome> add(FlushPipeline pipeline, Target target, String value) throws InterruptedException {
        RecordBatch batch = TestBatch.of(value).batch();
        assertThat(budget.take(batch.sizeBytes(), rig.rig.soon())).isTrue();
        batch.assign(target.end++, 0);
        Pending<Outcome> outcome = new Pending<>();
        assertThat(pipeline.add(target, new PendingBatch(batch, -1, outcome))).isTrue();
        return outcome;
    }

    /** Commits values, each by a flush of its own. */
    private void produce(FlushPipeline pipeline, int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            Target target = targets.get(i % targets.size());
            Pending<Outcome> outcome = add(pipeline, target, "v" + i);
            assertThat(outcome.await(rig.rig.clock, rig.rig.soon()).orElseThrow())
                    .isInstanceOf(Outcome.Committed.class);
        }
    }

    private void awaitMerged(String incarnation, int most) {
        while (rig.keys(incarnation).size() > most) {
            Thread.onSpinWait();
        }
    }

    @Test
    void commitsAndMergesDoNotDisturbEachOther() throws Exception {
        Token token = rig.rig.register();
        FlushPipeline pipeline = start(token, rig.environment());
        produce(pipeline, 300);
        awaitMerged(token.incarnation(), 20);
        pipeline.abandon("the test ends");
        assertThat(pipeline.awaitStopped(rig.rig.soon())).isTrue();

        List<CommitRecord> records = rig.records(token.incarnation());
        assertThat(records.getLast().lastSequence()).isEqualTo(300);
        assertThat(records.getFirst().firstSequence()).isEqualTo(1);
        for (int i = 1; i < records.size(); i++) {
            assertThat(records.get(i).firstSequence())
                    .isEqualTo(records.get(i - 1).lastSequence() + 1);
        }
        rig.collectGarbage();
        Broker next = rig.start();
        List<List<String>> content = rig.content(next);
        for (int i = 0; i < 300; i++) {
            assertThat(content.get(i % 3).get(i / 3)).isEqualTo(i / 3 + "=v" + i);
        }
    }

    @Test
    void whatWasMergedWasToldToTheLogsBefore() throws Exception {
        Token token = rig.rig.register();
        FlushPipeline pipeline = start(token, rig.environment());
        produce(pipeline, 60);
        awaitMerged(token.incarnation(), 20);
        pipeline.abandon("the test ends");
        assertThat(pipeline.awaitStopped(rig.rig.soon())).isTrue();

        for (StoredChunk moved : List.copyOf(rig.moves.moved)) {
            Target target = targets.get(moved.chunk().id().partition());
            assertThat(target.chunks)
                    .anyMatch(
                            known -> known.chunk().baseOffset() == moved.chunk().baseOffset())
                    .anyMatch(
                            known -> known.chunk().endOffset() == moved.chunk().endOffset());
        }
        assertThat(rig.moves.moved).isNotEmpty();
    }

    @Test
    void footersOfFreshObjectsAreNotReadBack() throws Exception {
        AtomicInteger reads = new AtomicInteger();
        objects.onRead((key, real) -> {
            reads.incrementAndGet();
            return real.get();
        });
        rig.rig.around(real -> objects, real -> real);
        Token token = rig.rig.register();
        FlushPipeline pipeline = start(token, rig.environment());
        produce(pipeline, 5);
        awaitMerged(token.incarnation(), 2);
        pipeline.abandon("the test ends");
        assertThat(pipeline.awaitStopped(rig.rig.soon())).isTrue();

        assertThat(reads).hasValue(4);
    }

    @Test
    void aMergeThatFailsDisturbsNoCommit() throws Exception {
        AtomicInteger failures = new AtomicInteger();
        objects.onRead((key, real) -> {
            if (failures.incrementAndGet() <= 5) {
                throw new StorageException(StorageException.Kind.UNAVAILABLE, "expected by the test");
            }
            return real.get();
        });
        rig.rig.around(real -> objects, real -> real);
        Token token = rig.rig.register();
        FlushPipeline pipeline = start(token, rig.environment());

        produce(pipeline, 40);
        awaitMerged(token.incarnation(), 20);

        assertThat(failures.get()).isGreaterThan(5);
        assertThat(pipeline.hasEnded()).isFalse();
        pipeline.abandon("the test ends");
        assertThat(pipeline.awaitStopped(rig.rig.soon())).isTrue();
    }

    @Test
    void recordsThatSomebodyElseChangedDoNotEndTheMerging() throws Exception {
        Token token = rig.rig.register();
        FlushPipeline pipeline = start(token, rig.environment());
        produce(pipeline, 3);
        List<KeyValue> keys = rig.keys(token.incarnation());
        rig.rig.metadata.commit(Transaction.when()
                .put(keys.get(0).key(), keys.get(0).value())
                .delete(keys.get(1).key())
                .build());

        produce(pipeline, 60);
        awaitMerged(token.incarnation(), 20);

        assertThat(rig.records(token.incarnation()).getFirst().firstSequence()).isEqualTo(1);
        assertThat(rig.records(token.incarnation()).getFirst().tier()).isPositive();
        pipeline.abandon("the test ends");
        assertThat(pipeline.awaitStopped(rig.rig.soon())).isTrue();
    }

    @Test
    void manyRecordsStretchThePauses() throws Exception {
        Token token = rig.rig.register();
        LivingRecords living = new LivingRecords(
                rig.environment(),
                token,
                rig.merging(rig.environment(), new MergeLimits(4, 64, 64, 1, 1, 1, Duration.ofDays(1))));
        Broker broker = rig.start();
        rig.produce(broker, 4);
        assertThat(living.stretch()).isEqualTo(1);
        rig.registry(broker.token().incarnation())
                .all()
                .forEach(live -> living.objects().add(live));

        assertThat(living.stretch()).isEqualTo(10);
    }
}
