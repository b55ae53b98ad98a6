// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/**
 * Values that were loaded from the object store, up to a number of bytes. Who asks for a value that is being loaded waits for
 * it; nothing is loaded twice at once. Thread-safe; guarded by {@code lock}, which is not held while loading.
 *
 * <p>A value is first on trial, and of those the one that nobody asked for longest leaves first. Who is asked for again, ten
 * seconds or more after the last time, is proven, and leaves only when none is on trial; the proven ones take up to four
 * fifths, beyond which the one that was not asked for longest is on trial again. So a reader that goes through a log once,
 * asking for each value several times in a row, drives out its own and not what others come back to.
 */
public final class ByteCache<K, V> {

    /** A load ends within the store's own deadline; this is for a store that does not keep it. */
    private static final Duration LOAD_LIMIT = Duration.ofSeconds(60);

    /** Who asks again within that time is the same reader, still at it. */
    private static final long SAME_READER_NANOS = Duration.ofSeconds(10).toNanos();

    private final Clock clock;
    private final long limit;
    private final ToLongFunction<V> weigher;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final LinkedHashMap<K, Entry<V>> trial = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("lock")
    private final LinkedHashMap<K, Entry<V>> proven = new LinkedHashMap<>(16, 0.75f, true);

    @GuardedBy("lock")
    private final Map<K, Pending<Loaded<V>>> loading = new HashMap<>();

    /** Of all values. */
    @GuardedBy("lock")
    private long bytes;

    @GuardedBy("lock")
    private long provenBytes;

    /** A value, its weight, and when somebody last asked for it; never, if it was loaded ahead. Guarded by the lock. */
    private static final class Entry<V> {
        private final V value;
        private final long weight;
        private OptionalLong askedNanos;

        private Entry(V value, long weight, OptionalLong askedNanos) {
            this.value = value;
            this.weight = weight;
            this.askedNanos = askedNanos;
        }
    }

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
        return get(key, Deadline.NEVER, loader);
    }

    /**
     * The same, for a caller who does not wait longer for somebody else's load.
     *
     * @throws StorageException what the loader threw, whoever ran it, or that it takes too long
     */
    public V get(K key, Deadline deadline, Loader<V> loader) throws InterruptedException {
        Deadline limit = deadline.orSooner(Deadline.after(clock, LOAD_LIMIT));
        while (true) {
            Pending<Loaded<V>> own = new Pending<>();
            Pending<Loaded<V>> load;
            lock.lock();
            try {
                Optional<V> value = find(key);
                if (value.isPresent()) {
                    return value.get();
                }
                load = loading.computeIfAbsent(key, k -> own);
            } finally {
                lock.unlock();
            }
            if (load == own) {
                return loadHere(key, own, loader, OptionalLong.of(clock.monotonicNanos()));
            }
            Optional<V> shared = awaitOther(key, load, limit);
            if (shared.isPresent()) {
                return shared.get();
            }
        }
    }

    /** Loads a value that nobody has asked for yet, unless it is there or being loaded; nobody is waited for. */
    public void loadAhead(K key, Loader<V> loader) throws InterruptedException {
        Pending<Loaded<V>> own = new Pending<>();
        lock.lock();
        try {
            if (holds(key) || loading.putIfAbsent(key, own) != null) {
                return;
            }
        } finally {
            lock.unlock();
        }
        loadHere(key, own, loader, OptionalLong.empty());
    }

    /** Whether a value is there. */
    public boolean has(K key) {
        lock.lock();
        try {
            return holds(key);
        } finally {
            lock.unlock();
        }
    }

    /** Whether a value is there or being loaded. */
    public boolean hasOrLoads(K key) {
        lock.lock();
        try {
            return holds(key) || loading.containsKey(key);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean holds(K key) {
        return trial.containsKey(key) || proven.containsKey(key);
    }

    @GuardedBy("lock")
    private Optional<V> find(K key) {
        Entry<V> entry = proven.get(key);
        if (entry == null) {
            entry = trial.get(key);
        }
        if (entry == null) {
            return Optional.empty();
        }
        long now = clock.monotonicNanos();
        boolean again = entry.askedNanos.isPresent() && now - entry.askedNanos.getAsLong() >= SAME_READER_NANOS;
        entry.askedNanos = OptionalLong.of(now);
        if (again && trial.remove(key, entry)) {
            proven.put(key, entry);
            provenBytes += entry.weight;
            putOnTrialAgain();
        }
        return Optional.of(entry.value);
    }

    @GuardedBy("lock")
    private void putOnTrialAgain() {
        while (provenBytes > limit / 5 * 4) {
            Map.Entry<K, Entry<V>> oldest = proven.pollFirstEntry();
            provenBytes -= oldest.getValue().weight;
            trial.put(oldest.getKey(), oldest.getValue());
        }
    }

    private V loadHere(K key, Pending<Loaded<V>> own, Loader<V> loader, OptionalLong askedNanos)
            throws InterruptedException {
        try {
            V value = loader.load();
            keep(key, value, askedNanos);
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

    private Optional<V> awaitOther(K key, Pending<Loaded<V>> load, Deadline limit) throws InterruptedException {
        Loaded<V> loaded = load.await(clock, limit)
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

    private void keep(K key, V value, OptionalLong askedNanos) {
        long weight = weigher.applyAsLong(value);
        if (weight > limit) {
            return;
        }
        lock.lock();
        try {
            trial.put(key, new Entry<>(value, weight, askedNanos));
            bytes += weight;
            while (bytes > limit) {
                dropOne();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The oldest on trial, but never the value that has just come. */
    @GuardedBy("lock")
    private void dropOne() {
        if (trial.size() > 1 || proven.isEmpty()) {
            bytes -= trial.pollFirstEntry().getValue().weight;
        } else {
            long weight = proven.pollFirstEntry().getValue().weight;
            provenBytes -= weight;
            bytes -= weight;
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
