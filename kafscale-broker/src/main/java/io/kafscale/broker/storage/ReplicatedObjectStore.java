// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Threads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A store, and a replica of it that some other service keeps up to date: bytes that can be checked are asked of the replica
 * first, and of the primary when the replica lacks them, fails, is late, or has damaged ones; everything else is asked of the
 * primary. A replica that is not healthy is left alone while the primary is there. Thread-safe.
 */
public final class ReplicatedObjectStore extends ForwardingObjectStore {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final ObjectStore replica;
    private final StoreWatch watch;
    private final ObjectHealth health;
    private final Clock clock;
    private final Threads threads;
    private final LongAdder served = new LongAdder();
    private final LongAdder absent = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder damaged = new LongAdder();
    private final LongAdder passedOver = new LongAdder();

    /**
     * How often which store was asked; reads by the primary are all but the first. Immutable.
     *
     * @param served by the replica
     * @param absent there, and read from the primary
     * @param failed or late there
     * @param damaged there
     * @param passedOver not asked of the replica, since it was not healthy
     */
    public record Reads(long served, long absent, long failed, long damaged, long passedOver) {}

    /**
     * Puts a replica beside a store.
     *
     * @param replica whose calls the watch hears of
     */
    public ReplicatedObjectStore(
            ObjectStore primary, ObjectStore replica, StoreWatch watch, Clock clock, Threads threads) {
        super(primary);
        this.replica = replica;
        this.watch = watch;
        this.health = new OfBoth(primary.health(), watch);
        this.clock = clock;
        this.threads = threads;
    }

    public Reads reads() {
        return new Reads(served.sum(), absent.sum(), failed.sum(), damaged.sum(), passedOver.sum());
    }

    @Override
    public ObjectHealth health() {
        return health;
    }

    /** That of the primary; but reading is not in trouble as long as one of the two can be read. Thread-safe. */
    private record OfBoth(ObjectHealth primary, ObjectHealth replica) implements ObjectHealth {

        @Override
        public StoreState state() {
            return primary.state();
        }

        @Override
        public Optional<String> readTrouble() {
            return replica.state() == StoreState.UNAVAILABLE ? primary.readTrouble() : Optional.empty();
        }

        @Override
        public Optional<String> writeTrouble() {
            return primary.writeTrouble();
        }

        @Override
        public boolean refusesWrites() {
            return primary.refusesWrites();
        }

        @Override
        public Report report() {
            return primary.report();
        }
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length, Predicate<ByteBuffer> intact) {
        return fromReplica(key, length, () -> replica.read(key, position, length), intact)
                .orElseGet(() -> primary(key).read(key, position, length, intact));
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length, Predicate<ByteBuffer> intact) {
        return fromReplica(key, length, () -> replica.readTail(key, length), intact)
                .orElseGet(() -> primary(key).readTail(key, length, intact));
    }

    /** The primary, unless it is known not to answer: the replica was asked, so nobody waits for nothing. */
    private ObjectStore primary(ObjectKey key) {
        behind().health().readTrouble().ifPresent(trouble -> {
            throw new StorageException(Kind.UNAVAILABLE, "object " + key + ": not from the replica; " + trouble);
        });
        return behind();
    }

    private boolean isReplicaOfUse() {
        return switch (watch.state()) {
            case HEALTHY -> true;
            case DEGRADED -> behind().health().state() == StoreState.UNAVAILABLE;
            case UNAVAILABLE -> false;
        };
    }

    private Optional<ByteBuffer> fromReplica(
            ObjectKey key, int length, Supplier<ByteBuffer> read, Predicate<ByteBuffer> intact) {
        if (!isReplicaOfUse()) {
            passedOver.increment();
            return Optional.empty();
        }
        Optional<ByteBuffer> bytes;
        try {
            bytes = inTime(key, length, read);
        } catch (StorageException e) {
            if (e.kind() == Kind.INTERRUPTED) {
                throw e;
            }
            (e.kind() == Kind.NOT_FOUND ? absent : failed).increment();
            return Optional.empty();
        }
        if (bytes.isEmpty()) {
            failed.increment();
        } else if (intact.test(bytes.get())) {
            served.increment();
            return bytes;
        } else {
            damaged.increment();
        }
        return Optional.empty();
    }

    private sealed interface Ended {
        record Well(ByteBuffer bytes) implements Ended {}

        record Badly(StorageException cause) implements Ended {}
    }

    /** What the replica answers within its time. */
    private Optional<ByteBuffer> inTime(ObjectKey key, int length, Supplier<ByteBuffer> read) {
        Pending<Ended> pending = new Pending<>();
        Thread reader = threads.start("replica", () -> {
            try {
                pending.complete(new Ended.Well(read.get()));
            } catch (StorageException e) {
                pending.complete(new Ended.Badly(e));
            } finally {
                pending.complete(new Ended.Badly(new StorageException(Kind.UNAVAILABLE, "reading died")));
            }
        });
        Optional<Ended> ended;
        try {
            ended = pending.await(clock, Deadline.after(clock, PATIENCE.plus(S3Limits.perBytes(length))));
        } catch (InterruptedException e) {
            reader.interrupt();
            Thread.currentThread().interrupt();
            throw new StorageException(Kind.INTERRUPTED, "object " + key + ": interrupted", e);
        }
        if (ended.isEmpty()) {
            watch.attemptFailed(Kind.UNAVAILABLE, "object " + key + ": the replica is late");
            reader.interrupt();
            return Optional.empty();
        }
        return switch (ended.get()) {
            case Ended.Well(ByteBuffer bytes) -> Optional.of(bytes);
            case Ended.Badly(StorageException cause) -> throw cause;
        };
    }

    @Override
    public void close() {
        try {
            replica.close();
        } finally {
            behind().close();
        }
    }
}
