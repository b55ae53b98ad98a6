// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.proto.metadata.ProducerIdBlock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Producer ids that nobody else in the cluster ever gets, taken in blocks of 1,000. A block whose taking has no known
 * outcome is never used. Thread-safe; guarded by {@code lock}, which is not held while a block is taken.
 */
public final class ProducerIds {

    private static final long BLOCK = 1_000;
    private static final int ATTEMPTS = 10;

    private final ClusterEnvironment environment;
    private final ReentrantLock lock = new ReentrantLock();

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
        OptionalLong ready = nextOfBlock();
        return ready.isPresent() ? ready.getAsLong() : firstOfNewBlock(takeBlock());
    }

    private OptionalLong nextOfBlock() {
        lock.lock();
        try {
            return next < endId ? OptionalLong.of(next++) : OptionalLong.empty();
        } finally {
            lock.unlock();
        }
    }

    /** Another thread may have taken a block at the same time: the newer one is kept, the rest of the other is lost. */
    private long firstOfNewBlock(long first) {
        lock.lock();
        try {
            if (first >= endId) {
                next = first + 1;
                endId = first + BLOCK;
            }
            return first;
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
        throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "no block of producer ids: " + key);
    }

    private static long blockStart(KeyValue entry) {
        try {
            return ProducerIdBlock.parseFrom(entry.value()).getNext();
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }
}
