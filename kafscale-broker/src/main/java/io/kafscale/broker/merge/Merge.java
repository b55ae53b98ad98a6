// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.ChunkJoin;
import io.kafscale.broker.chunk.FooterWriter;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * One pass over several shared objects in the order of their directories, which writes what is still needed of them as one:
 * adjacent chunks of a partition become one, others stay as they are. Every chunk's checksum is verified on the way; when
 * one does not match nothing is written. What is in memory: a window for each object, the footers, and a part of the
 * upload. Confined to one thread.
 */
final class Merge {

    private static final int LEAST_WINDOW_BYTES = 64 * 1024;
    private static final int LARGEST_WINDOW_BYTES = 16 * 1024 * 1024;

    private final ObjectStore objects;
    private final MergeLimits limits;
    private final Liveness liveness;

    /** An object that is to be merged, and its footer. Immutable. */
    record Input(ObjectKey object, SharedFooter footer) {}

    /** How a merge ended. Immutable. */
    sealed interface Result {

        /** The object is durable. */
        record Stored(SharedFooter footer) implements Result {}

        /** There was nothing to write. */
        record Empty() implements Result {}

        /** What one of the objects should hold cannot be had; nothing was written. */
        record Damaged(ObjectKey object, StorageException cause) implements Result {}
    }

    Merge(ObjectStore objects, MergeLimits limits, Liveness liveness) {
        this.objects = objects;
        this.limits = limits;
        this.liveness = liveness;
    }

    /**
     * Merges objects whose chunks do not overlap.
     *
     * @throws StorageException when a store fails for a reason that may pass, also when it is unknown whether the new
     *     object is there
     */
    Result run(ObjectKey name, List<Input> inputs) {
        int window = Math.clamp(limits.memoryBytes() / inputs.size(), LEAST_WINDOW_BYTES, LARGEST_WINDOW_BYTES);
        PriorityQueue<ChunkSource> sources =
                new PriorityQueue<>(Comparator.comparing(source -> source.peek().orElseThrow(), SharedFooter.ORDER));
        for (Input input : inputs) {
            ChunkSource source = new ChunkSource(objects, input.object(), input.footer(), liveness, window);
            if (source.peek().isPresent()) {
                sources.add(source);
            }
        }
        if (sources.isEmpty()) {
            return new Result.Empty();
        }
        try (ObjectUpload upload = objects.upload(name)) {
            Output output = new Output(upload, limits.chunkBytes());
            while (!sources.isEmpty()) {
                ChunkSource source = Objects.requireNonNull(sources.poll());
                Optional<StorageException> damage = output.take(source);
                if (damage.isPresent()) {
                    return new Result.Damaged(source.object(), damage.get());
                }
                if (source.peek().isPresent()) {
                    sources.add(source);
                }
            }
            return new Result.Stored(output.finish(name));
        }
    }

    /** The new object. Confined to one thread. */
    private static final class Output {
        private static final int GATHERED_BYTES = 256 * 1024;

        private final ObjectUpload upload;
        private final int chunkBytes;
        private final FooterWriter footer = new FooterWriter();
        private final ByteBuffer gathered = ByteBuffer.allocate(GATHERED_BYTES);
        private Optional<ChunkJoin> open = Optional.empty();
        private Optional<Chunk> last = Optional.empty();

        private Output(ObjectUpload upload, int chunkBytes) {
            this.upload = upload;
            this.chunkBytes = chunkBytes;
        }

        /** Takes the next chunk; the failure if it is not there as it should be. */
        private Optional<StorageException> take(ChunkSource source) {
            Chunk chunk = source.peek().orElseThrow();
            try {
                checkBehindLast(chunk, source.object());
                ChunkJoin join = join(chunk);
                join.add(chunk, source.batchCount(), source.details());
                source.copyTo(piece -> {
                    join.update(piece);
                    write(piece);
                });
                last = Optional.of(chunk);
                return Optional.empty();
            } catch (StorageException e) {
                if (isLost(e)) {
                    return Optional.of(e);
                }
                throw e;
            }
        }

        private void checkBehindLast(Chunk chunk, ObjectKey object) {
            boolean overlaps = last.filter(
                            before -> before.id().equals(chunk.id()) && before.endOffset() > chunk.baseOffset())
                    .isPresent();
            if (overlaps) {
                throw new StorageException(
                        StorageException.Kind.CORRUPT,
                        "object " + object + ": partition " + chunk.id() + " has offset " + chunk.baseOffset()
                                + " a second time");
            }
        }

        private ChunkJoin join(Chunk chunk) {
            Optional<ChunkJoin> same = open.filter(join -> join.takes(chunk, chunkBytes));
            if (same.isEmpty()) {
                long position = open.map(ChunkJoin::endPosition).orElse(0L);
                open.ifPresent(join -> join.finish(footer));
                open = Optional.of(new ChunkJoin(chunk, position));
            }
            return open.orElseThrow();
        }

        private void write(ByteBuffer piece) {
            if (piece.remaining() > gathered.remaining()) {
                writeGathered();
            }
            if (piece.remaining() > gathered.remaining()) {
                upload.write(piece);
            } else {
                gathered.put(piece.duplicate());
            }
        }

        private void writeGathered() {
            if (gathered.position() > 0) {
                upload.write(gathered.flip());
                gathered.clear();
            }
        }

        private SharedFooter finish(ObjectKey name) {
            ChunkJoin join = open.orElseThrow();
            join.finish(footer);
            ByteBuffer bytes = footer.finish(join.endPosition());
            SharedFooter parsed = SharedFooter.parse(bytes, join.endPosition());
            write(bytes);
            writeGathered();
            PutResult result = upload.complete();
            if (result instanceof PutResult.Created) {
                return parsed;
            }
            throw new StorageException(
                    StorageException.Kind.UNAVAILABLE, "upload of object " + name + " ended with " + result);
        }
    }

    /** Whether what was committed is gone or was changed, as opposed to a store that is only tired. */
    static boolean isLost(StorageException e) {
        return switch (e.kind()) {
            case NOT_FOUND, OUT_OF_RANGE, CORRUPT -> true;
            case UNAVAILABLE, THROTTLED, FULL, REFUSED, INTERRUPTED -> false;
        };
    }
}
