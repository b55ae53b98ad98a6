// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ChunkDetails;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads one shared object, a chunk at a time, and compares all of it with its commit record. Thread-safe: stateless. */
record SharedObjectCheck(PatientObjects objects) {

    /**
     * What an object has. Immutable.
     *
     * @param chunks empty when the footer cannot be read
     */
    record Seen(Optional<List<Chunk>> chunks, long batches, long bytes, List<Problem> problems) {}

    Seen check(SharedObject record) throws InterruptedException {
        SharedFooter footer;
        try {
            ObjectKey key = new ObjectKey(record.getKey());
            int length = Math.addExact(record.getFooterLength(), SharedFooter.TRAILER_BYTES);
            footer = objects.patiently(() -> SharedFooter.parse(
                    objects.objects().read(key, record.getFooterPosition(), length), record.getFooterPosition()));
        } catch (StorageException e) {
            return new Seen(Optional.empty(), 0, 0, List.of(problem(record.getKey(), e)));
        } catch (IllegalArgumentException | ArithmeticException e) {
            Problem problem = new Problem(
                    Problem.Kind.DAMAGED_OBJECT,
                    record.getKey(),
                    "its commit record names no object: " + e.getMessage());
            return new Seen(Optional.empty(), 0, 0, List.of(problem));
        }
        List<Problem> problems = new ArrayList<>(checkRecord(record, footer));
        long batches = 0;
        for (int i = 0; i < footer.chunks().size(); i++) {
            batches += checkChunk(new ObjectKey(record.getKey()), footer, i, problems);
        }
        return new Seen(Optional.of(footer.chunks()), batches, record.getSize(), problems);
    }

    private static List<Problem> checkRecord(SharedObject record, SharedFooter footer) {
        List<Problem> problems = new ArrayList<>();
        long size = record.getFooterPosition() + record.getFooterLength() + SharedFooter.TRAILER_BYTES;
        if (record.getSize() != size) {
            problems.add(damaged(
                    record.getKey(),
                    "its commit record says a size of " + record.getSize() + ", but footer and trailer end at "
                            + size));
        }
        Set<Integer> marks = new HashSet<>(record.getPartitionMarksList());
        boolean isListed = footer.chunks().stream().allMatch(chunk -> marks.contains(SharedFooter.mark(chunk.id())));
        if (!marks.isEmpty() && !isListed) {
            problems.add(damaged(record.getKey(), "its commit record does not name every partition that is inside"));
        }
        return problems;
    }

    /** Returns how many batches it has. */
    private int checkChunk(ObjectKey key, SharedFooter footer, int place, List<Problem> problems)
            throws InterruptedException {
        Chunk chunk = footer.chunks().get(place);
        try {
            ChunkDetails details = footer.details(place);
            return objects.patiently(() -> batches(key, chunk, details));
        } catch (StorageException e) {
            Problem problem = problem(key.value(), e);
            problems.add(new Problem(problem.kind(), problem.subject(), shown(chunk) + ": " + problem.detail()));
            return 0;
        }
    }

    private int batches(ObjectKey key, Chunk chunk, ChunkDetails details) {
        BatchWalk walk = new BatchWalk(
                chunk,
                objects.objects()
                        .read(key, chunk.bytes().position(), chunk.bytes().length()));
        walk.check(details).ifPresent(detail -> {
            throw new StorageException(StorageException.Kind.CORRUPT, detail);
        });
        return walk.batches();
    }

    private static String shown(Chunk chunk) {
        return "chunk of partition " + chunk.id() + ", offsets " + chunk.baseOffset() + " to " + chunk.lastOffset();
    }

    private static Problem damaged(String key, String detail) {
        return new Problem(Problem.Kind.DAMAGED_OBJECT, key, detail);
    }

    /** What a failure to read an object says about the object. */
    static Problem problem(String key, StorageException e) {
        return switch (e.kind()) {
            case NOT_FOUND -> new Problem(Problem.Kind.MISSING_OBJECT, key, "it is not there");
            case OUT_OF_RANGE -> damaged(key, "it is shorter than it must be");
            case CORRUPT -> damaged(key, String.valueOf(e.getMessage()));
            default -> new Problem(Problem.Kind.UNREADABLE_OBJECT, key, "it cannot be read now: " + e.getMessage());
        };
    }
}
