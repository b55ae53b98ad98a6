// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads chunks back from the object store, whole, and keeps those that were asked for last. A chunk whose bytes are not
 * those that were written is reported with its object's name and never served. Thread-safe.
 */
public final class ChunkReader {

    private static final Logger LOG = LoggerFactory.getLogger(ChunkReader.class);

    private static final Duration ROOM_LIMIT = Duration.ofSeconds(30);
    private static final long LEAST_LOADING = 32L * 1024 * 1024;

    private final ObjectStore objects;
    private final Clock clock;
    private final ByteCache<Key, BatchRun> cache;

    /** Bytes that are being loaded at once, for all readers together. */
    private final ByteBudget loading;

    private record Key(ObjectKey object, long position) {}

    /** A run with what it weighs is a chunk's bytes and a little for each batch. */
    public ChunkReader(ObjectStore objects, Clock clock, long cacheBytes) {
        this.objects = objects;
        this.clock = clock;
        this.cache =
                new ByteCache<>(clock, cacheBytes, run -> run.batch(0).backingBytes() + (long) run.overheadBytes());
        this.loading = new ByteBudget(clock, Math.max(LEAST_LOADING, cacheBytes / 4));
    }

    /**
     * The batches of a chunk.
     *
     * @throws StorageException when they cannot be had
     */
    public BatchRun read(Located chunk) throws InterruptedException {
        return cache.get(new Key(chunk.object(), chunk.bytes().position()), () -> load(chunk));
    }

    private BatchRun load(Located chunk) throws InterruptedException {
        int length = chunk.bytes().length();
        if (!loading.take(length, Deadline.after(clock, ROOM_LIMIT))) {
            throw new StorageException(
                    StorageException.Kind.UNAVAILABLE, "object " + chunk.object() + ": too much is being read");
        }
        try {
            return verify(chunk, objects.read(chunk.object(), chunk.bytes().position(), length));
        } catch (StorageException e) {
            report(chunk, e);
            throw e;
        } finally {
            loading.give(length);
        }
    }

    private static BatchRun verify(Located chunk, ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        if (bytes.remaining() != chunk.bytes().length()
                || (int) crc.getValue() != chunk.bytes().crc()) {
            throw corrupt(chunk, "checksum does not match");
        }
        return BatchRun.parse(bytes, chunk.baseOffset(), chunk.endOffset() - 1)
                .orElseThrow(() -> corrupt(chunk, "batches do not join"));
    }

    private static StorageException corrupt(Located chunk, String what) {
        return new StorageException(
                StorageException.Kind.CORRUPT,
                "object " + chunk.object() + ", chunk at " + chunk.bytes().position() + ": " + what);
    }

    private static void report(Located chunk, StorageException e) {
        boolean lost = e.kind() == StorageException.Kind.CORRUPT
                || e.kind() == StorageException.Kind.NOT_FOUND
                || e.kind() == StorageException.Kind.OUT_OF_RANGE;
        (lost ? LOG.atError() : LOG.atWarn())
                .setCause(e)
                .addKeyValue("object", chunk.object())
                .addKeyValue("position", chunk.bytes().position())
                .addKeyValue("baseOffset", chunk.baseOffset())
                .log("chunk cannot be read");
    }
}
