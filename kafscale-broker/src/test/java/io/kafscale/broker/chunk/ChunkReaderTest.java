// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.FastClock;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ChunkReaderTest {

    private static final ObjectKey OBJECT = new ObjectKey("shared/1");

    private final FastClock clock = new FastClock();
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
}
