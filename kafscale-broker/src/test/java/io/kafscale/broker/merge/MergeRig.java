// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/** Logs with many small shared objects, and what merges them. Confined to one thread. */
final class MergeRig implements AutoCloseable {

    static final int PARTITIONS = 3;
    static final MergeLimits LIMITS = new MergeLimits(100, 4, 3, 100_000, 2_000, 1 << 20, Duration.ofHours(10));

    final LogRig rig = new LogRig();
    final Moves moves = new Moves();
    Liveness liveness = chunk -> true;
    private final List<PartitionLogs> started = new ArrayList<>();
    private int environments;
    private final int[] sequences = new int[PARTITIONS];

    /** What was told to whoever serves. Thread-safe. */
    static final class Moves implements ChunkMoves {
        final List<StoredChunk> moved = Collections.synchronizedList(new ArrayList<>());
        final List<PartitionId> relieved = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void moved(List<StoredChunk> merged) {
            moved.addAll(merged);
        }

        @Override
        public void relieve(List<PartitionId> partitions) {
            relieved.addAll(partitions);
        }
    }

    /** An incarnation and its logs. Immutable. */
    record Broker(Token token, PartitionLogs logs) {
        PartitionLog log(int partition) {
            return logs.find(LogRig.partition(partition)).orElseThrow();
        }
    }

    Broker start() {
        return start(0);
    }

    /** A broker of the next epoch that serves all partitions. */
    Broker start(int firstServed) {
        Token token = rig.register();
        PartitionLogs logs = new PartitionLogs(environment(), LogRig.LIMITS);
        started.add(logs);
        logs.begin(token);
        int[] served = java.util.stream.IntStream.range(firstServed, PARTITIONS).toArray();
        assertThat(rig.open(logs, served)).hasSize(served.length);
        return new Broker(token, logs);
    }

    /** Commits batches, one object for each; the partitions take turns. */
    void produce(Broker broker, int count) throws InterruptedException {
        produce(broker, count, 0);
    }

    void produce(Broker broker, int count, int firstServed) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            int partition = firstServed + i % (PARTITIONS - firstServed);
            int sequence = sequences[partition];
            TestBatch batch = TestBatch.of("v" + sequence, "w" + sequence).producer(partition, 0, sequence);
            rig.commit(broker.log(partition), batch);
            sequences[partition] += 2;
        }
    }

    /** All that can be read, with its offsets. */
    List<List<String>> content(Broker broker) throws InterruptedException {
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            all.add(LogRig.readAll(broker.log(i), 0, 700));
        }
        return all;
    }

    /** The last five batches of each producer are known as duplicates, and where they stand. */
    void checkProducers(Broker broker) throws InterruptedException {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (int back = 2; back <= Math.min(10, sequences[partition]); back += 2) {
                int sequence = sequences[partition] - back;
                AppendResult again =
                        rig.append(broker.log(partition), TestBatch.of("v", "w").producer(partition, 0, sequence));
                assertThat(rig.outcome(again)).isEqualTo(new Outcome.Committed(sequence, -1, 0));
            }
        }
    }

    /** With names of its own, which no other environment of this rig gives. */
    LogEnvironment environment() {
        LogEnvironment given = rig.environment();
        return new LogEnvironment(
                given.clock(),
                given.threads(),
                new Random(++environments * 1_000_003L),
                given.objects(),
                given.metadata(),
                given.keys(),
                given.root());
    }

    Merging merging(LogEnvironment environment) {
        return merging(environment, LIMITS);
    }

    Merging merging(LogEnvironment environment, MergeLimits limits) {
        Footers footers = new Footers(environment.objects(), environment.clock(), 1 << 20);
        return new Merging(footers, limits, chunk -> liveness.isLive(chunk), moves);
    }

    KeyValue head(String incarnation) {
        String key = rig.keys.head(incarnation);
        return rig.metadata.get(List.of(key)).find(key).orElseThrow();
    }

    List<KeyValue> keys(String incarnation) {
        return rig.metadata.range(rig.keys.commits(incarnation)).all();
    }

    List<CommitRecord> records(String incarnation) {
        return keys(incarnation).stream()
                .map(entry -> CommitRecord.parse(entry.key(), entry.value()))
                .toList();
    }

    /** The registry as a pipeline would have it. */
    SharedObjects registry(String incarnation) {
        SharedObjects objects = new SharedObjects(LIMITS);
        for (KeyValue entry : keys(incarnation)) {
            CommitRecord record = CommitRecord.parse(entry.key(), entry.value());
            objects.add(new SharedObjects.Live(
                    record,
                    entry.modRevision(),
                    new SharedObjects.Share(record.footerPosition(), 1, rig.clock.monotonicNanos())));
        }
        return objects;
    }

    /** What a garbage collection long after would leave: no object that no record names. */
    void collectGarbage() {
        Set<ObjectKey> named = rig.metadata.range(rig.keys.commits()).all().stream()
                .map(entry -> CommitRecord.parse(entry.key(), entry.value()).object())
                .collect(Collectors.toSet());
        rig.objects.delete(rig.objects.list("", "", 1000).stream()
                .map(ObjectInfo::key)
                .filter(key -> !named.contains(key))
                .toList());
    }

    @Override
    public void close() {
        started.forEach(PartitionLogs::close);
        rig.close();
    }
}
