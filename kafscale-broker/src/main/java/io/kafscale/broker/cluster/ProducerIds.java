// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.ProducerIdBlock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Producer ids that nobody else in the cluster ever gets, taken in blocks of 1,000. A block whose taking has no known
 * outcome is never used. One thread takes a block, and all who need ids at that time wait for it. Thread-safe; guarded by
 * {@code lock}, which is not held while a block is taken.
 */
public final class ProducerIds {

    private static final long BLOCK = 1_000;
    private static final int ATTEMPTS = 10;

    /** How long a thread waits for the one that takes a block. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final ClusterEnvironment environment;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition taken = lock.newCondition();

    @GuardedBy("lock")
    private boolean taking;

    @GuardedBy("lock")
    private long next;

    @GuardedBy("lock")
    private long endId;

    ProducerIds(ClusterEnvironment environment) {
        this.environment = environment;
    }

    /**
     * A new producer id.
     *
     * @throws MetadataException when no block can be had
     */
    public long next() {
        OptionalLong ready = nextOrLead(Deadline.after(environment.clock(), LIMIT));
        return ready.isPresent() ? ready.getAsLong() : firstOfNewBlock();
    }

    /** Empty when the calling thread is to take a block. */
    private OptionalLong nextOrLead(Deadline limit) {
        lock.lock();
        try {
            boolean inTime = true;
            while (next >= endId && taking) {
                if (!inTime) {
                    throw noBlock();
                }
                inTime = environment.clock().await(lock, taken, limit);
            }
            if (next < endId) {
                return OptionalLong.of(next++);
            }
            taking = true;
            return OptionalLong.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetadataException(MetadataException.Kind.INTERRUPTED, "interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    private long firstOfNewBlock() {
        OptionalLong first = OptionalLong.empty();
        try {
            first = OptionalLong.of(takeBlock());
            return first.getAsLong();
        } finally {
            endTaking(first);
        }
    }

    /** If none was taken, one of those who wait tries. */
    private void endTaking(OptionalLong first) {
        lock.lock();
        try {
            taking = false;
            if (first.isPresent()) {
                next = first.getAsLong() + 1;
                endId = first.getAsLong() + BLOCK;
            }
            taken.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private long takeBlock() {
        String key = environment.keys().producerIds();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<KeyValue> found = environment.store().get(List.of(key)).find(key);
            long first = found.map(ProducerIds::blockStart).orElse(0L);
            Transaction take = Transaction.when(found.map(Compare::unchanged).orElseGet(() -> Compare.absent(key)))
                    .put(
                            key,
                            ProducerIdBlock.newBuilder()
                                    .setNext(Math.addExact(first, BLOCK))
                                    .build()
                                    .toByteString())
                    .build();
            if (environment.store().commit(take) instanceof TransactionResult.Applied) {
                return first;
            }
        }
        throw noBlock();
    }

    private MetadataException noBlock() {
        return new MetadataException(
                MetadataException.Kind.UNAVAILABLE,
                "no block of producer ids: " + environment.keys().producerIds());
    }

    private static long blockStart(KeyValue entry) {
        try {
            return ProducerIdBlock.parseFrom(entry.value()).getNext();
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }
}
