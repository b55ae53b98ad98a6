// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.BackOff;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Writes flushes as shared objects, as often as it takes: an attempt whose end is not known may still appear under its
 * name, so each has a name of its own. Thread-safe.
 */
final class Uploader {

    private final LogEnvironment environment;
    private final String incarnation;
    private final StoreHealth health;
    private final BooleanSupplier ended;

    /**
     * An uploader of one incarnation.
     *
     * @param ended whether the incarnation is over, so that nothing more should be written
     */
    Uploader(LogEnvironment environment, String incarnation, StoreHealth health, BooleanSupplier ended) {
        this.environment = environment;
        this.incarnation = incarnation;
        this.health = health;
        this.ended = ended;
    }

    /** Blocks until the flush is durable; empty when the incarnation ended before. */
    Optional<StoredFlush> upload(Flush flush) throws InterruptedException {
        SharedImage image =
                SharedImage.of(flush.chunks().stream().map(PendingChunk::run).toList());
        BackOff backOff = BackOff.forStores(environment.random());
        while (!ended.getAsBoolean()) {
            ObjectKey name = environment.newSharedObject(incarnation, flush.sequence());
            if (put(name, image)) {
                health.succeeded();
                return Optional.of(stored(flush, name, image));
            }
            backOff.pause(environment.clock());
        }
        return Optional.empty();
    }

    private boolean put(ObjectKey name, SharedImage image) throws InterruptedException {
        try {
            PutResult result = environment.objects().put(name, image.body());
            if (result instanceof PutResult.Unknown unknown) {
                health.failed(false, unknown.cause());
            }
            return result instanceof PutResult.Created;
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            health.failed(true, e);
            return false;
        }
    }

    private static StoredFlush stored(Flush flush, ObjectKey name, SharedImage image) {
        Map<PartitionId, Chunk> byId =
                image.chunks().stream().collect(Collectors.toMap(Chunk::id, Function.identity()));
        List<Chunk> chunks = flush.chunks().stream()
                .map(pending -> byId.get(pending.log().id()))
                .toList();
        return StoredFlush.of(flush, name, image.footer(), chunks);
    }
}
