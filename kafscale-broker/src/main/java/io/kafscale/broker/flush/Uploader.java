// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.Hedging;
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
 * name, so each has a name of its own. One that takes long is made twice where the store allows it. Thread-safe.
 */
final class Uploader {

    private final LogEnvironment environment;
    private final String incarnation;
    private final ByteBudget appendBudget;
    private final BooleanSupplier ended;

    /**
     * An uploader of one incarnation.
     *
     * @param appendBudget what second puts take a share of
     * @param ended whether the incarnation is over, so that nothing more should be written
     */
    Uploader(LogEnvironment environment, String incarnation, ByteBudget appendBudget, BooleanSupplier ended) {
        this.environment = environment;
        this.incarnation = incarnation;
        this.appendBudget = appendBudget;
        this.ended = ended;
    }

    /** Blocks until the flush is durable; empty when the incarnation ended before. */
    Optional<StoredFlush> upload(Flush flush) throws InterruptedException {
        SharedImage image =
                SharedImage.of(flush.chunks().stream().map(PendingChunk::run).toList());
        BackOff backOff = BackOff.forStores(environment.random());
        while (!ended.getAsBoolean()) {
            Optional<ObjectKey> name = put(flush, image);
            if (name.isPresent()) {
                return Optional.of(stored(flush, name.get(), image));
            }
            backOff.pause(environment.clock());
        }
        return Optional.empty();
    }

    /** The name under which the flush is durable now; empty when this has not come to anything. */
    private Optional<ObjectKey> put(Flush flush, SharedImage image) throws InterruptedException {
        try {
            Written written = environment.objects().hedging().run(image.sizeBytes(), new Put(flush, image));
            return Optional.of(written).filter(Written::isThere).map(Written::name);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            return Optional.empty();
        }
    }

    private record Written(ObjectKey name, PutResult result) {

        private boolean isThere() {
            return result instanceof PutResult.Created;
        }
    }

    /**
     * One put, perhaps made twice under two names, of which one is an orphan then. A second put has a share of the append
     * budget of its own: it may still read the batches when the flush is committed and its bytes are given back. Thread-safe.
     */
    private final class Put implements Hedging.Call<Written> {
        private final Flush flush;
        private final SharedImage image;

        /** Set by the thread that begins the second put, read by the one that ends last. */
        private volatile Optional<Share> second = Optional.empty();

        private Put(Flush flush, SharedImage image) {
            this.flush = flush;
            this.image = image;
        }

        @Override
        public Written attempt() {
            ObjectKey name = environment.newSharedObject(incarnation, flush.sequence());
            return new Written(name, environment.objects().put(name, image.body()));
        }

        @Override
        public boolean isGood(Written written) {
            return written.isThere();
        }

        @Override
        public boolean mayRepeat() {
            second = appendBudget.tryShare(flush.sizeBytes());
            return second.isPresent() && !ended.getAsBoolean();
        }

        @Override
        public void ended() {
            second.ifPresent(Share::close);
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
