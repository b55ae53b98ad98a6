// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/**
 * Values that were loaded from the object store, up to a number of bytes, the one that nobody asked for longest leaving
 * first. Who asks for a value that is being loaded waits for it; nothing is loaded twice at once. Thread-safe; guarded by
 * {@code lock}, which is not held while loading.
 */
public final class ByteCache<K, V> {

    /** A load ends within the store's own deadline; this is for a store that does not keep it. */
    private static final Duration LOAD_LIMIT = Duration.ofSeconds(60);

    private final Clock clock;
    private final long limit;
    private final ToLongFunction<V> weigher;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<K, V> values = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("lock")
    private final Map<K, Pending<Loaded<V>>> loading = new HashMap<>();

    @GuardedBy("lock")
    private long bytes;

    /** How a load ended. */
    private sealed interface Loaded<V> {
        record Value<V>(V value) implements Loaded<V> {}

        record Failure<V>(StorageException cause) implements Loaded<V> {}

        /** The loader itself was interrupted or died; that is nobody else's business. */
        record Abandoned<V>() implements Loaded<V> {}
    }

    /** Gets a value from the store. */
    @FunctionalInterface
    public interface Loader<V> {
        V load() throws InterruptedException;
    }

    public ByteCache(Clock clock, long limit, ToLongFunction<V> weigher) {
        this.clock = clock;
        this.limit = limit;
        this.weigher = weigher;
    }

    /**
     * The value, loaded if need be.
     *
     * @throws StorageException what the loader threw, whoever ran it
     */
    public V get(K key, Loader<V> loader) throws InterruptedException {
        while (true) {
            Pending<Loaded<V>> own = new Pending<>();
            Pending<Loaded<V>> load;
            lock.lock();
            try {
                V value = values.get(key);
                if (value != null) {
                    return value;
                }
                load = loading.computeIfAbsent(key, k -> own);
            } finally {
                lock.unlock();
            }
            if (load == own) {
                return loadHere(key, own, loader);
            }
            Optional<V> shared = awaitOther(key, load);
            if (shared.isPresent()) {
                return shared.get();
            }
        }
    }

    private V loadHere(K key, Pending<Loaded<V>> own, Loader<V> loader) throws InterruptedException {
        try {
            V value = loader.load();
            keep(key, value);
            own.complete(new Loaded.Value<>(value));
            return value;
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            own.complete(new Loaded.Failure<>(e));
            throw e;
        } finally {
            lock.lock();
            try {
                loading.remove(key);
            } finally {
                lock.unlock();
            }
            own.complete(new Loaded.Abandoned<>());
        }
    }

    private Optional<V> awaitOther(K key, Pending<Loaded<V>> load) throws InterruptedException {
        Loaded<V> loaded = load.await(clock, Deadline.after(clock, LOAD_LIMIT))
                .orElseThrow(() ->
                        new StorageException(StorageException.Kind.UNAVAILABLE, "reading " + key + " takes too long"));
        return switch (loaded) {
            case Loaded.Value<V> done -> Optional.of(done.value());
            case Loaded.Failure<V> failure ->
                throw new StorageException(
                        failure.cause().kind(),
                        "another reader failed: " + failure.cause().getMessage(),
                        failure.cause());
            case Loaded.Abandoned<V> abandoned -> Optional.empty();
        };
    }

    private void keep(K key, V value) {
        long weight = weigher.applyAsLong(value);
        if (weight > limit) {
            return;
        }
        lock.lock();
        try {
            values.put(key, value);
            bytes += weight;
            Iterator<V> oldest = values.values().iterator();
            while (bytes > limit) {
                bytes -= weigher.applyAsLong(oldest.next());
                oldest.remove();
            }
        } finally {
            lock.unlock();
        }
    }

    long bytes() {
        lock.lock();
        try {
            return bytes;
        } finally {
            lock.unlock();
        }
    }
}
