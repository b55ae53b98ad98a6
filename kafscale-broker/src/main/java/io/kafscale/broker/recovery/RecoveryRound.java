// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.chunk.Marks;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.TaskScope;
import io.kafscale.broker.time.Threads;
import io.kafscale.proto.log.ProducerTail;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One reading of all footers that some partitions still want, several at once; a partition is handed on when its last one
 * has come or failed. Thread-safe; the partitions' state is guarded by {@code lock}, which is not held while a store is
 * read or a partition is handed on.
 */
final class RecoveryRound {

    private static final int READS_AT_ONCE = 16;

    private final Threads threads;
    private final Footers footers;
    private final SegmentReader segments;
    private final Consumer<PartitionRecovery> finished;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PartitionId, PartitionRecovery> partitions = new HashMap<>();
    private final Map<Integer, List<PartitionRecovery>> byMark = new HashMap<>();

    /** Gets what a partition's newest segment says. */
    @FunctionalInterface
    interface SegmentReader {
        /** Throws {@link StorageException} when it cannot be had. */
        SealedState read(RecoveryRequest request) throws InterruptedException;
    }

    /** A chunk of a partition that is wanted, and the last batches of each producer in it. Immutable. */
    private record Found(PartitionRecovery partition, Chunk chunk, List<ProducerTail> producers) {}

    /** Something that is to be read. */
    @FunctionalInterface
    private interface Reading {
        void read() throws InterruptedException;
    }

    /**
     * A round that has not run.
     *
     * @param finished told of each partition when nothing more comes for it
     */
    RecoveryRound(
            Threads threads,
            Footers footers,
            SegmentReader segments,
            List<PartitionRecovery> wanting,
            Consumer<PartitionRecovery> finished) {
        this.threads = threads;
        this.footers = footers;
        this.segments = segments;
        this.finished = finished;
        for (PartitionRecovery partition : wanting) {
            PartitionId id = partition.request().id();
            partitions.put(id, partition);
            byMark.computeIfAbsent(SharedFooter.mark(id), mark -> new ArrayList<>())
                    .add(partition);
        }
    }

    /** Blocks until all is read. */
    void run(CommitRecords records) throws InterruptedException {
        List<Reading> wanted = plan(records);
        AtomicInteger next = new AtomicInteger();
        try (TaskScope readers = new TaskScope(threads, READS_AT_ONCE)) {
            for (int i = 0; i < Math.min(READS_AT_ONCE, wanted.size()); i++) {
                readers.fork("recover", () -> {
                    for (int at = next.getAndIncrement(); at < wanted.size(); at = next.getAndIncrement()) {
                        wanted.get(at).read();
                    }
                });
            }
            readers.awaitAll();
        }
    }

    /** What must be read; partitions that want none are handed on. */
    private List<Reading> plan(CommitRecords records) {
        List<Reading> wanted = new ArrayList<>();
        List<PartitionRecovery> complete;
        lock.lock();
        try {
            partitions.values().forEach(PartitionRecovery::beginReading);
            for (CommitRecords.Damaged damaged : records.damaged()) {
                marked(damaged.marks()).forEach(partition -> partition.fail(damaged.cause()));
            }
            Set<ObjectKey> named =
                    records.records().stream().map(CommitRecord::object).collect(Collectors.toSet());
            partitions.values().forEach(partition -> partition.keepOnly(named));
            for (CommitRecord record : records.records()) {
                List<PartitionRecovery> concerned = concerned(record);
                concerned.forEach(PartitionRecovery::await);
                if (!concerned.isEmpty()) {
                    wanted.add(() -> take(record, concerned));
                }
            }
            partitions.values().stream().filter(PartitionRecovery::wantsSegment).forEach(partition -> {
                partition.await();
                wanted.add(() -> takeSegment(partition));
            });
            complete = partitions.values().stream()
                    .filter(partition -> !partition.isWaiting())
                    .toList();
        } finally {
            lock.unlock();
        }
        complete.forEach(finished);
        return wanted;
    }

    /** The partitions that may have a chunk in an object with these marks. */
    private Stream<PartitionRecovery> marked(Marks marks) {
        if (!marks.listed().isEmpty()) {
            return marks.listed().stream().distinct().flatMap(mark -> byMark.getOrDefault(mark, List.of()).stream());
        }
        return byMark.entrySet().stream()
                .filter(entry -> marks.mayHold(entry.getKey()))
                .flatMap(entry -> entry.getValue().stream());
    }

    private List<PartitionRecovery> concerned(CommitRecord record) {
        return marked(record.marks())
                .filter(partition -> !partition.hasRead(record.object()))
                .toList();
    }

    /** @param concerned those that may have a chunk in the record's object and have not read it */
    private void take(CommitRecord record, List<PartitionRecovery> concerned) throws InterruptedException {
        List<PartitionRecovery> complete;
        try {
            List<Found> found = found(footers.read(record));
            complete = settle(concerned, () -> add(record.object(), found, concerned));
        } catch (StorageException e) {
            complete = settle(concerned, () -> concerned.forEach(partition -> partition.fail(e)));
        }
        complete.forEach(finished);
    }

    /** The chunks of those that are wanted; the round's partitions stay the same ones. */
    private List<Found> found(SharedFooter footer) {
        List<Found> found = new ArrayList<>();
        for (int i = 0; i < footer.chunks().size(); i++) {
            Chunk chunk = footer.chunks().get(i);
            PartitionRecovery partition = partitions.get(chunk.id());
            if (partition != null) {
                found.add(new Found(partition, chunk, footer.details(i).getProducersList()));
            }
        }
        return found;
    }

    private void takeSegment(PartitionRecovery partition) throws InterruptedException {
        boolean complete;
        try {
            SealedState newest = segments.read(partition.request());
            complete = settle(partition, () -> partition.add(newest));
        } catch (StorageException e) {
            complete = settle(partition, () -> partition.fail(e));
        }
        if (complete) {
            finished.accept(partition);
        }
    }

    private boolean settle(PartitionRecovery partition, Runnable outcome) {
        lock.lock();
        try {
            outcome.run();
            return partition.arrived();
        } finally {
            lock.unlock();
        }
    }

    /** Takes in what became of an object; returns the partitions for which it was the last. */
    private List<PartitionRecovery> settle(List<PartitionRecovery> concerned, Runnable outcome) {
        lock.lock();
        try {
            outcome.run();
            return concerned.stream().filter(PartitionRecovery::arrived).toList();
        } finally {
            lock.unlock();
        }
    }

    private static void add(ObjectKey object, List<Found> found, List<PartitionRecovery> concerned) {
        for (Found here : found) {
            if (!here.partition().hasRead(object)) {
                here.partition().add(here.chunk(), object, here.producers());
            }
        }
        concerned.forEach(partition -> partition.finishReading(object));
    }
}
