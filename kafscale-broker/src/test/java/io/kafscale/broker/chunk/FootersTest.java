// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
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
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class FootersTest {

    private static final int LEADER_EPOCH_AT = 12;
    private static final ObjectKey KEY = new ObjectKey("space/a.kso");

    @Test
    void aFooterIsReadFromTheBucketWhenItsCopyInTheReplicaIsDamaged() throws InterruptedException {
        ManualClock clock = new ManualClock();
        MemoryObjectStore bucket = new MemoryObjectStore(clock);
        MemoryObjectStore replica = new MemoryObjectStore(clock);
        StoreWatch watch = new StoreWatch("replica", clock, HealthLimits.DEFAULTS);
        ByteBuffer bytes = TestBatch.of("a").bytes();
        RecordBatch batch = RecordBatch.at(bytes.putInt(LEADER_EPOCH_AT, 0), 0);
        SharedImage image =
                SharedImage.of(List.of(new SharedImage.Run(new PartitionId(new UUID(1, 2), 0), 0, List.of(batch))));
        bucket.put(KEY, image.body());
        ByteBuffer copy = bucket.readTail(KEY, 1 << 20);
        int at = copy.limit() - SharedFooter.TRAILER_BYTES - 1;
        copy.put(at, (byte) (copy.get(at) ^ 1));
        replica.put(KEY, List.of(copy));

        try (SystemThreads threads = new SystemThreads()) {
            ReplicatedObjectStore store = new ReplicatedObjectStore(
                    WatchedObjectStore.around(bucket, clock),
                    new WatchedObjectStore(replica, watch, clock),
                    watch,
                    clock,
                    threads);
            SharedFooter footer =
                    new Footers(store, clock, 1 << 20).read(CommitRecord.of(KEY, image.footer(), 0, 1, 1));

            assertThat(footer.chunks()).isEqualTo(image.footer().chunks());
            assertThat(store.reads().damaged()).isEqualTo(1);
        }
    }
}
