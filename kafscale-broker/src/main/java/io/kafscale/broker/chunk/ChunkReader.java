// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StoreState;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Threads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads chunks back from the object store, whole, and keeps those that were asked for last; for a reader that goes through a
 * log it loads what comes next beside it. A chunk whose bytes are not those that were written is reported with its object's
 * name and never served; while the store is unavailable only what is in memory is. Thread-safe.
 */
public final class ChunkReader {

    private static final Logger LOG = LoggerFactory.getLogger(ChunkReader.class);

    private static final Duration ROOM_LIMIT = Duration.ofSeconds(30);
    private static final long LEAST_LOADING = 32L * 1024 * 1024;

    private final ObjectStore objects;
    private final Clock clock;
    private final long cacheBytes;
    private final ByteCache<Key, BatchRun> cache;
    private final Optional<Threads> threads;
    private final int aheadCount;

    /** Bytes that are being loaded at once, for all readers together. */
    private final ByteBudget loading;

    /** Of these, bytes that nobody has asked for yet: at most half, so that the other half is there for who waits. */
    private final ByteBudget loadingAhead;

    private record Key(ObjectKey object, long position) {}

    /** A reader that loads nothing ahead. */
    public ChunkReader(ObjectStore objects, Clock clock, long cacheBytes) {
        this(objects, clock, Optional.empty(), cacheBytes, 0);
    }

    /**
     * A reader that loads ahead.
     *
     * @param aheadCount so many chunks or blocks behind the one that is read are worth naming to {@link #readAhead}
     */
    public ChunkReader(LogEnvironment environment, long cacheBytes, int aheadCount) {
        this(environment.objects(), environment.clock(), Optional.of(environment.threads()), cacheBytes, aheadCount);
    }

    /** A run with what it weighs is a chunk's bytes and a little for each batch. */
    private ChunkReader(ObjectStore objects, Clock clock, Optional<Threads> threads, long cacheBytes, int aheadCount) {
        this.objects = objects;
        this.clock = clock;
        this.threads = threads;
        this.cacheBytes = cacheBytes;
        this.aheadCount = aheadCount;
        this.cache =
                new ByteCache<>(clock, cacheBytes, run -> run.batch(0).backingBytes() + (long) run.overheadBytes());
        this.loading = new ByteBudget(clock, Math.max(LEAST_LOADING, cacheBytes / 4));
        this.loadingAhead = new ByteBudget(clock, loading.limit() / 2);
    }

    /**
     * The batches of a chunk.
     *
     * @throws StorageException when they cannot be had
     */
    public BatchRun read(Located chunk) throws InterruptedException {
        return read(chunk, Deadline.NEVER);
    }

    /**
     * The same, for a caller who does not wait longer for room or for somebody else's load; a call of the store itself ends
     * within the store's own time.
     *
     * @throws StorageException when they cannot be had
     */
    public BatchRun read(Located chunk, Deadline deadline) throws InterruptedException {
        return cache.get(key(chunk), deadline, () -> load(chunk, deadline));
    }

    private static Key key(Located chunk) {
        return new Key(chunk.object(), chunk.bytes().position());
    }

    /** Whether what is not in memory may be read at all, as far as the store is well. */
    public boolean mayRead() {
        return objects.health().readTrouble().isEmpty();
    }

    /** Whether it is worth naming to {@link #readAhead} what will be read next. */
    public boolean mayReadAhead() {
        return aheadCount > 0 && threads.isPresent() && objects.health().state() == StoreState.HEALTHY;
    }

    /** How many chunks or blocks behind the one that is being read are loaded ahead; 0 for none. */
    public int aheadCount() {
        return aheadCount;
    }

    /**
     * Has chunks loaded that will be read next, side by side and without waiting for any. Those for which there is no room
     * now, in the cache or among what is being loaded, are passed over with all behind them; so is everything while the store
     * is not healthy.
     *
     * @param next in the order of reading; of more than {@link #aheadCount} the first
     */
    public void readAhead(List<Located> next) {
        if (!mayReadAhead() || threads.isEmpty()) {
            return;
        }
        long sum = 0;
        for (Located chunk : next.subList(0, Math.min(aheadCount, next.size()))) {
            sum += chunk.bytes().length();
            // more would be gone again before it is read
            if (sum > cacheBytes / 2 || (!cache.hasOrLoads(key(chunk)) && !startAhead(threads.get(), chunk))) {
                return;
            }
        }
    }

    private boolean startAhead(Threads starter, Located chunk) {
        return loadingAhead
                .tryShare(chunk.bytes().length())
                .map(share -> startAhead(starter, chunk, share))
                .orElse(false);
    }

    private boolean startAhead(Threads starter, Located chunk, Share ofAhead) {
        Optional<Share> ofAll = loading.tryShare(chunk.bytes().length());
        if (ofAll.isEmpty()) {
            ofAhead.close();
            return false;
        }
        Share both = ofAll.get();
        boolean started = false;
        try {
            starter.start("read ahead", () -> loadAhead(chunk, ofAhead, both));
            started = true;
            return true;
        } finally {
            if (!started) {
                ofAhead.close();
                both.close();
            }
        }
    }

    private void loadAhead(Located chunk, Share ofAhead, Share ofAll) {
        try (ofAhead;
                ofAll) {
            cache.loadAhead(key(chunk), () -> fetch(chunk));
        } catch (StorageException e) {
            LOG.atDebug().setCause(e).addKeyValue("object", chunk.object()).log("chunk was not read ahead");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private BatchRun load(Located chunk, Deadline deadline) throws InterruptedException {
        objects.health().readTrouble().ifPresent(trouble -> {
            throw new StorageException(
                    StorageException.Kind.UNAVAILABLE, "object " + chunk.object() + " is not in memory; " + trouble);
        });
        int length = chunk.bytes().length();
        if (!loading.take(length, Deadline.after(clock, ROOM_LIMIT).orSooner(deadline))) {
            throw new StorageException(
                    StorageException.Kind.UNAVAILABLE, "object " + chunk.object() + ": too much is being read");
        }
        try {
            return fetch(chunk);
        } finally {
            loading.give(length);
        }
    }

    private BatchRun fetch(Located chunk) {
        ByteBuffer bytes = objects.read(
                chunk.object(), chunk.bytes().position(), chunk.bytes().length(), read -> isIntact(chunk, read));
        return BatchRun.parse(bytes, chunk.baseOffset(), chunk.endOffset() - 1)
                .orElseThrow(() -> corrupt(chunk, "batches do not join"));
    }

    private static boolean isIntact(Located chunk, ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return bytes.remaining() == chunk.bytes().length()
                && (int) crc.getValue() == chunk.bytes().crc();
    }

    private static StorageException corrupt(Located chunk, String what) {
        return new StorageException(
                StorageException.Kind.CORRUPT,
                "object " + chunk.object() + ", chunk at " + chunk.bytes().position() + ": " + what);
    }
}
