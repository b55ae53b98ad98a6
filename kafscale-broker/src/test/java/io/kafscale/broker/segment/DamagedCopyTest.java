// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.kafscale.broker.storage.HealthLimits;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ReplicatedObjectStore;
import io.kafscale.broker.storage.StoreWatch;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A replica with damaged bytes hides nothing that the bucket has. */
final class DamagedCopyTest {

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final MemoryObjectStore bucket = new MemoryObjectStore(clock);
    private final MemoryObjectStore replica = new MemoryObjectStore(clock);
    private final StoreWatch watch = new StoreWatch("replica", clock, HealthLimits.DEFAULTS);
    private final ReplicatedObjectStore store = new ReplicatedObjectStore(
            WatchedObjectStore.around(bucket, clock),
            new WatchedObjectStore(replica, watch, clock),
            watch,
            clock,
            threads);

    @AfterEach
    void stop() {
        threads.close();
    }

    /** Copies an object, with one bit wrong in the byte that stands so far from its end. */
    private void copyDamaged(ObjectKey key, int fromEnd) {
        ByteBuffer copy = Log.object(bucket, key);
        int at = copy.limit() - fromEnd;
        copy.put(at, (byte) (copy.get(at) ^ 1));
        replica.put(key, List.of(copy));
    }

    @Test
    void anIndexIsReadFromTheBucketWhereverItsCopyIsDamaged() {
        Log log = new Log();
        for (int i = 0; i < 200; i++) {
            log.batch(1, 100, i, i, 0, 0);
        }
        SegmentIndex written = log.seal(bucket, 0, 200, SealedState.NONE);
        ObjectKey key = written.name().indexKey(Log.ROOT);
        int size = Log.object(bucket, key).remaining();

        for (int fromEnd = 1; fromEnd <= size; fromEnd += 31) {
            copyDamaged(key, fromEnd);

            assertThatCode(() -> new IndexReader(store, Log.ROOT).content(written.name()))
                    .as("%s bytes from the end of %s", fromEnd, size)
                    .doesNotThrowAnyException();

            replica.delete(List.of(key));
        }
        assertThat(store.reads().damaged()).isPositive();
        assertThat(store.reads().failed()).isZero();
    }

    @Test
    void anIndexThatIsLongerThanItsTailIsReadFromTheBucketToo() {
        Log log = new Log();
        for (int producer = 0; producer < 8000; producer++) {
            log.batch(1, 100, producer, producer, 0, 0);
        }
        SegmentIndex written = log.seal(bucket, 0, 8000, SealedState.NONE);
        ObjectKey key = written.name().indexKey(Log.ROOT);
        int size = Log.object(bucket, key).remaining();
        assertThat(size).isGreaterThan(2 * IndexReader.TAIL_BYTES);

        copyDamaged(key, IndexReader.TAIL_BYTES + 100);

        assertThatCode(() -> new IndexReader(store, Log.ROOT).content(written.name()))
                .doesNotThrowAnyException();
        assertThat(store.reads().damaged()).isEqualTo(1);
    }
}
