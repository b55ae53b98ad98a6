// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.ChunkReader;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Copies chunks into shared objects of their own, under an incarnation that only a restore has. The same chunks make the same
 * objects, so one that is there already was written by an earlier attempt. Confined to one thread.
 */
final class ChunkCopies {

    private static final long MOST_BYTES = 32L << 20;

    private final LogEnvironment environment;
    private final BucketNames names;
    private final String incarnation;
    private final PatientObjects objects;
    private final ChunkReader reader;
    private final List<SharedObject> records = new ArrayList<>();

    ChunkCopies(LogEnvironment environment, String incarnation) {
        this.environment = environment;
        this.names = new BucketNames(environment.root());
        this.incarnation = incarnation;
        this.objects = new PatientObjects(environment.objects(), environment.clock(), environment.random());
        this.reader = new ChunkReader(environment.objects(), environment.clock(), 0);
    }

    /** The incarnation in whose name a restore writes. */
    static String incarnation(long counter) {
        return "restored-" + counter;
    }

    /** Copies all; what is returned names the copies, in sequence. */
    List<SharedObject> copy(List<Chains.Candidate> chunks) throws InterruptedException {
        List<Chains.Candidate> group = new ArrayList<>();
        Set<PartitionId> partitions = new HashSet<>();
        long bytes = 0;
        for (Chains.Candidate next : chunks) {
            int length = next.chunk().bytes().length();
            if (partitions.contains(next.chunk().id()) || (bytes > 0 && bytes + length > MOST_BYTES)) {
                write(group);
                group.clear();
                partitions.clear();
                bytes = 0;
            }
            group.add(next);
            partitions.add(next.chunk().id());
            bytes += length;
        }
        if (!group.isEmpty()) {
            write(group);
        }
        return records;
    }

    private BatchRun read(Chains.Candidate wanted) throws InterruptedException {
        return objects.patiently(() -> reader.read(new Located(
                wanted.sighting().object().key(),
                wanted.chunk().bytes(),
                wanted.chunk().baseOffset(),
                wanted.chunk().endOffset())));
    }

    /**
     * What is wrong with a chunk that is to be copied; empty when nothing is.
     *
     * @throws StorageException when it cannot be read for now
     */
    Optional<Problem> problem(Chains.Candidate wanted) throws InterruptedException {
        try {
            read(wanted);
            return Optional.empty();
        } catch (StorageException e) {
            Problem problem = SharedObjectCheck.problem(wanted.sighting().key(), e);
            if (problem.kind() == Problem.Kind.UNREADABLE_OBJECT) {
                throw e;
            }
            return Optional.of(problem);
        }
    }

    private void write(List<Chains.Candidate> group) throws InterruptedException {
        List<SharedImage.Run> runs = new ArrayList<>();
        for (Chains.Candidate wanted : group) {
            BatchRun run = read(wanted);
            List<RecordBatch> batches = new ArrayList<>();
            for (int i = 0; i < run.count(); i++) {
                batches.add(run.batch(i));
            }
            runs.add(new SharedImage.Run(wanted.chunk().id(), wanted.chunk().leaderEpoch(), batches));
        }
        SharedImage image = SharedImage.of(runs);
        long sequence = records.size() + 1L;
        ObjectKey key = names.shared(incarnation, sequence, 0);
        if (environment.objects().put(key, image.body()) instanceof PutResult.Unknown(StorageException cause)) {
            throw cause;
        }
        records.add(ObjectsPlan.record(
                key.value(), image.footerPosition(), image.footerLength(), sequence, image.chunks()));
    }
}
