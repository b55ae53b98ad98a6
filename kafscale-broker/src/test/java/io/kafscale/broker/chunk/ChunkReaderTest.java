// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.FastClock;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.HealthLimits;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ReplicatedObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.storage.StoreWatch;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ChunkReaderTest {

    private static final ObjectKey OBJECT = new ObjectKey("shared/1");

    private final FastClock clock = new FastClock();
    private final SystemThreads threads = new SystemThreads();
    private final MemoryObjectStore stored = new MemoryObjectStore(clock);
    private final HookedObjects objects = new HookedObjects(stored);
    private final AtomicInteger reads = new AtomicInteger();
    private List<Chunk> chunks = List.of();
    private SharedImage image = SharedImage.of(List.of());

    @BeforeEach
    void write() {
        List<SharedImage.Run> runs = new ArrayList<>();
        for (int partition = 0; partition < 3; partition++) {
            RecordBatch batch = TestBatch.of("value-" + partition, "more").batch();
            batch.assign(10, 1);
            runs.add(new SharedImage.Run(LogRig.partition(partition), 1, List.of(batch)));
        }
        image = SharedImage.of(runs);
        chunks = image.chunks();
        stored.put(OBJECT, image.body());
        objects.onRead((key, real) -> {
            reads.incrementAndGet();
            return real.get();
        });
    }

    @AfterEach
    void stop() {
        threads.close();
    }

    private ChunkReader reader(long cacheBytes) {
        return new ChunkReader(objects, clock, cacheBytes);
    }

    private static Located located(Chunk chunk, long baseOffset) {
        return new Located(OBJECT, chunk.bytes(), baseOffset, baseOffset + 2);
    }

    private static List<String> values(BatchRun run) {
        return TestBatch.valuesOf(run.batch(0).bytes());
    }

    @Test
    void aChunkIsReadOnceAndKept() throws Exception {
        ChunkReader reader = reader(1 << 20);

        assertThat(values(reader.read(located(chunks.get(1), 10)))).containsExactly("value-1", "more");
        assertThat(values(reader.read(located(chunks.get(1), 10)))).containsExactly("value-1", "more");
        assertThat(values(reader.read(located(chunks.get(2), 10)))).containsExactly("value-2", "more");
        assertThat(reads).hasValue(2);
    }

    @Test
    void withoutACacheItIsReadEachTime() throws Exception {
        ChunkReader reader = reader(0);

        reader.read(located(chunks.get(0), 10));
        reader.read(located(chunks.get(0), 10));
        assertThat(reads).hasValue(2);
    }

    @Test
    void bytesThatAreNotThoseThatWereWrittenAreNotServed() {
        objects.onRead((key, real) -> {
            ByteBuffer bytes = real.get();
            bytes.put(70, (byte) (bytes.get(70) ^ 1));
            return bytes;
        });

        assertThatThrownBy(() -> reader(1 << 20).read(located(chunks.get(0), 10)))
                .isInstanceOfSatisfying(StorageException.class, e -> {
                    assertThat(e.kind()).isEqualTo(Kind.CORRUPT);
                    assertThat(e).hasMessageContaining(OBJECT.value());
                });
    }

    @Test
    void anotherChunksOffsetsAreNotServedEither() {
        assertThatThrownBy(() -> reader(1 << 20).read(located(chunks.get(0), 11)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
    }

    @Test
    void aFailedReadIsTriedAgainByTheNextReader() throws Exception {
        ChunkReader reader = reader(1 << 20);
        objects.onRead((key, real) -> {
            throw new StorageException(Kind.UNAVAILABLE, "expected by the test");
        });
        assertThatThrownBy(() -> reader.read(located(chunks.get(0), 10))).isInstanceOf(StorageException.class);
        objects.onRead((key, real) -> real.get());

        assertThat(values(reader.read(located(chunks.get(0), 10)))).containsExactly("value-0", "more");
    }

    private ChunkReader aheadReader(ObjectStore store, long cacheBytes, int count) {
        return new ChunkReader(
                new LogEnvironment(
                        clock,
                        threads,
                        new Random(1),
                        store,
                        new MemoryMetadataStore(clock),
                        new ClusterKeys("test"),
                        new ObjectKey("root")),
                cacheBytes,
                count);
    }

    private List<Located> all() {
        return chunks.stream().map(chunk -> located(chunk, 10)).toList();
    }

    @Test
    void whatIsNamedAheadIsLoadedSideBySideAndReadOnce() throws Exception {
        CountDownLatch both = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        objects.onRead((key, real) -> {
            reads.incrementAndGet();
            both.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new StorageException(Kind.INTERRUPTED, "interrupted", e);
            }
            return real.get();
        });
        ChunkReader reader = aheadReader(objects, 1 << 20, 2);

        reader.readAhead(all()); // the third is one too many
        both.await();
        reader.readAhead(all());
        go.countDown();

        assertThat(values(reader.read(located(chunks.get(0), 10)))).containsExactly("value-0", "more");
        assertThat(values(reader.read(located(chunks.get(1), 10)))).containsExactly("value-1", "more");
        assertThat(reads).hasValue(2);
        assertThat(reader.aheadCount()).isEqualTo(2);
    }

    @Test
    void whatTheCacheCouldNotHoldIsNotLoadedAhead() {
        int length = chunks.get(0).bytes().length();

        aheadReader(objects, length, 2).readAhead(all());
        aheadReader(objects, 1 << 20, 0).readAhead(all());
        reader(1 << 20).readAhead(all());

        assertThat(threads.running()).isEmpty();
        assertThat(reads).hasValue(0);
    }

    @Test
    void aStoreThatIsNotHealthyIsNotReadAhead() {
        StoreWatch watch = new StoreWatch("objects", clock, HealthLimits.DEFAULTS);
        for (int i = 0; i < 5; i++) {
            watch.attemptFailed(Kind.THROTTLED, "expected by the test");
        }

        aheadReader(new WatchedObjectStore(objects, watch, clock), 1 << 20, 2).readAhead(all());

        assertThat(threads.running()).isEmpty();
    }

    @Test
    void whileTheStoreIsGoneOnlyWhatIsInMemoryIsServed() throws Exception {
        StoreWatch watch = new StoreWatch("objects", clock, HealthLimits.DEFAULTS);
        ChunkReader reader = new ChunkReader(new WatchedObjectStore(objects, watch, clock), clock, 1 << 20);
        reader.read(located(chunks.get(0), 10));
        for (int i = 0; i < 20; i++) {
            watch.attemptFailed(Kind.UNAVAILABLE, "expected by the test");
        }
        objects.onRead((key, real) -> {
            throw new AssertionError("asked although it is known to be gone");
        });

        assertThat(values(reader.read(located(chunks.get(0), 10)))).containsExactly("value-0", "more");
        assertThatThrownBy(() -> reader.read(located(chunks.get(1), 10)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE))
                .hasMessageContaining("unavailable");
    }

    @Test
    void whatIsDamagedInAReplicaIsReadFromThePrimary() throws Exception {
        MemoryObjectStore copies = new MemoryObjectStore(clock);
        ByteBuffer damaged = stored.readTail(OBJECT, Integer.MAX_VALUE);
        damaged.put(70, (byte) (damaged.get(70) ^ 1));
        copies.put(OBJECT, List.of(damaged));
        StoreWatch watch = new StoreWatch("replica", clock, HealthLimits.DEFAULTS);
        ReplicatedObjectStore both = new ReplicatedObjectStore(objects, copies, watch, clock, threads);
        ChunkReader reader = new ChunkReader(both, clock, 1 << 20);

        assertThat(values(reader.read(located(chunks.get(0), 10)))).containsExactly("value-0", "more");
        assertThat(values(reader.read(located(chunks.get(1), 10)))).containsExactly("value-1", "more");
        assertThat(both.reads()).isEqualTo(new ReplicatedObjectStore.Reads(1, 0, 0, 1, 0));
    }
}
