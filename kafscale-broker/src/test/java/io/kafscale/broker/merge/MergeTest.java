// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.ProducerTails;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.log.FastClock;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.SlowCrc32c;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.proto.log.BatchList;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MergeTest {

    private static final ObjectKey MERGED = new ObjectKey("merged");

    private final MemoryObjectStore store = new MemoryObjectStore(new FastClock());
    private final HookedObjects objects = new HookedObjects(store);
    private final List<Merge.Input> inputs = new ArrayList<>();
    private final Map<PartitionId, Long> ends = new HashMap<>();
    private int reads;
    private int largestRead;

    private static MergeLimits limits(int chunkBytes, long memoryBytes) {
        return new MergeLimits(200, 64, 16, 512L << 20, chunkBytes, memoryBytes, Duration.ofSeconds(30));
    }

    private Merge.Result merge(int chunkBytes, long memoryBytes, Liveness liveness) {
        objects.onRead((key, real) -> {
            ByteBuffer bytes = real.get();
            reads++;
            largestRead = Math.max(largestRead, bytes.remaining());
            return bytes;
        });
        return new Merge(objects, limits(chunkBytes, memoryBytes), liveness).run(MERGED, inputs);
    }

    private SharedFooter merged(int chunkBytes, Liveness liveness) {
        return ((Merge.Result.Stored) merge(chunkBytes, 1 << 20, liveness)).footer();
    }

    private SharedImage.Run run(PartitionId id, int epoch, TestBatch... batches) {
        List<RecordBatch> assigned = new ArrayList<>();
        for (TestBatch made : batches) {
            RecordBatch batch = made.batch();
            batch.assign(ends.getOrDefault(id, 0L), epoch);
            ends.put(id, batch.nextOffset());
            assigned.add(batch);
        }
        return new SharedImage.Run(id, epoch, assigned);
    }

    private void object(SharedImage.Run... runs) {
        SharedImage image = SharedImage.of(List.of(runs));
        ObjectKey key = new ObjectKey("object-" + inputs.size());
        store.put(key, image.body());
        inputs.add(new Merge.Input(key, image.footer()));
    }

    private byte[] bytes(ObjectKey object, Chunk chunk) {
        ByteBuffer bytes =
                store.read(object, chunk.bytes().position(), chunk.bytes().length());
        assertThat(SlowCrc32c.of(bytes)).isEqualTo(chunk.bytes().crc());
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    /** The bytes of a partition as a footer names them. */
    private byte[] content(PartitionId id, Liveness liveness, List<Merge.Input> from) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Merge.Input input : from) {
            for (Chunk chunk : input.footer().chunks()) {
                if (chunk.id().equals(id) && liveness.isLive(chunk)) {
                    all.writeBytes(bytes(input.object(), chunk));
                }
            }
        }
        return all.toByteArray();
    }

    private static String value(Random random, int length) {
        return "x".repeat(1 + random.nextInt(length));
    }

    /** Ten objects of up to four partitions; epochs change, producers come and go. */
    private void manyObjects(Random random) {
        int epoch = 1;
        int[] sequences = new int[3];
        for (int object = 0; object < 10; object++) {
            epoch += random.nextInt(5) == 0 ? 1 : 0;
            List<SharedImage.Run> runs = new ArrayList<>();
            for (int partition = 0; partition < 4; partition++) {
                if (random.nextInt(3) > 0) {
                    TestBatch[] batches = new TestBatch[1 + random.nextInt(4)];
                    for (int i = 0; i < batches.length; i++) {
                        int producer = random.nextInt(3);
                        batches[i] = TestBatch.of(value(random, 3_000), value(random, 100))
                                .producer(producer, object / 4, sequences[producer]);
                        sequences[producer] += 2;
                    }
                    runs.add(run(LogRig.partition(partition), epoch, batches));
                }
            }
            object(runs.toArray(SharedImage.Run[]::new));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void nothingButThePlaceOfTheBytesChanges(long seed) {
        Random random = new Random(seed);
        manyObjects(random);
        Set<Chunk> dead = new HashSet<>();
        for (Merge.Input input : inputs) {
            for (Chunk chunk : input.footer().chunks()) {
                if (random.nextInt(6) == 0) {
                    dead.add(chunk);
                }
            }
        }
        Liveness liveness = chunk -> !dead.contains(chunk);
        int chunkBytes = 1 << (8 + random.nextInt(8));

        SharedFooter footer = merged(chunkBytes, liveness);

        Merge.Input result = new Merge.Input(MERGED, footer);
        for (int i = 0; i < 4; i++) {
            PartitionId id = LogRig.partition(i);
            assertThat(content(id, chunk -> true, List.of(result))).isEqualTo(content(id, liveness, inputs));
            assertThat(producers(id, chunk -> true, List.of(result))).isEqualTo(producers(id, liveness, inputs));
        }
        assertThat(batches(chunk -> true, List.of(result))).isEqualTo(batches(liveness, inputs));
        ByteBuffer tail = store.readTail(MERGED, footer.lengthBytes() + SharedFooter.TRAILER_BYTES);
        assertThat(SharedFooter.parse(tail, footer.position()).chunks()).isEqualTo(footer.chunks());
    }

    private static List<?> producers(PartitionId id, Liveness liveness, List<Merge.Input> from) {
        ProducerTails tails = new ProducerTails();
        for (Merge.Input input : from) {
            SharedFooter footer = input.footer();
            for (int i = 0; i < footer.chunks().size(); i++) {
                Chunk chunk = footer.chunks().get(i);
                if (chunk.id().equals(id) && liveness.isLive(chunk)) {
                    footer.details(i).getProducersList().forEach(tails::add);
                }
            }
        }
        return tails.byAge();
    }

    private static int batches(Liveness liveness, List<Merge.Input> from) {
        int batches = 0;
        for (Merge.Input input : from) {
            for (int i = 0; i < input.footer().chunks().size(); i++) {
                batches += liveness.isLive(input.footer().chunks().get(i))
                        ? input.footer().batchCount(i)
                        : 0;
            }
        }
        return batches;
    }

    @Test
    void adjacentChunksBecomeOneUpToASize() {
        for (int i = 0; i < 6; i++) {
            object(run(LogRig.partition(0), 1, TestBatch.of("x".repeat(100))));
        }
        int size = inputs.getFirst().footer().chunks().getFirst().bytes().length();

        assertThat(merged(size * 4, chunk -> true).chunks())
                .extracting(Chunk::baseOffset, Chunk::endOffset)
                .containsExactly(tuple(0L, 4L), tuple(4L, 6L));
    }

    @Test
    void aChunkThatIsLargerStaysAloneAndWhole() {
        object(run(LogRig.partition(0), 1, TestBatch.of("a")));
        object(run(LogRig.partition(0), 1, TestBatch.of("x".repeat(9_000)), TestBatch.of("y".repeat(9_000))));
        object(run(LogRig.partition(0), 1, TestBatch.of("b")));

        assertThat(merged(4_000, chunk -> true).chunks())
                .extracting(Chunk::endOffset)
                .containsExactly(1L, 3L, 4L);
    }

    @Test
    void epochsAndHolesKeepChunksApart() {
        object(run(LogRig.partition(0), 1, TestBatch.of("a")));
        object(run(LogRig.partition(0), 2, TestBatch.of("b")));
        ends.put(LogRig.partition(0), 7L); // somebody else has written between
        object(run(LogRig.partition(0), 2, TestBatch.of("c")));
        object(run(LogRig.partition(0), 2, TestBatch.of("d")));

        assertThat(merged(1 << 20, chunk -> true).chunks())
                .extracting(Chunk::leaderEpoch, Chunk::baseOffset, Chunk::endOffset)
                .containsExactly(tuple(1, 0L, 1L), tuple(2, 1L, 2L), tuple(2, 7L, 9L));
    }

    @Test
    void batchesThatLieCloseTogetherAreListedAsOneWithTheLargestTime() {
        for (int i = 0; i < 40; i++) {
            object(run(
                    LogRig.partition(0),
                    1,
                    TestBatch.of().record(5_000 - i, "x".repeat(500)),
                    TestBatch.of().record(100, "y")));
        }

        SharedFooter footer = merged(1 << 20, chunk -> true);

        assertThat(footer.chunks()).hasSize(1);
        assertThat(footer.batchCount(0)).isEqualTo(80);
        BatchList list = footer.details(0).getBatches();
        assertThat(list.getPositionCount()).isBetween(3, 8);
        for (int i = 1; i < list.getPositionCount(); i++) {
            assertThat(list.getPosition(i) - list.getPosition(i - 1)).isGreaterThanOrEqualTo(4096);
            ByteBuffer bytes = store.read(MERGED, list.getPosition(i), RecordBatch.HEADER_BYTES);
            assertThat(RecordBatch.at(bytes, 0).baseOffset()).isEqualTo(list.getOffsetDelta(i));
            assertThat(list.getMaxTimestamp(i)).isEqualTo(5_000 - (list.getOffsetDelta(i) + 1) / 2);
        }
    }

    @Test
    void smallObjectsAreReadInOneGo() {
        for (int i = 0; i < 4; i++) {
            object(
                    run(LogRig.partition(0), 1, TestBatch.of("x".repeat(30_000))),
                    run(LogRig.partition(1), 1, TestBatch.of("y".repeat(30_000))));
        }
        merge(1 << 20, 1 << 20, chunk -> true);
        assertThat(reads).isEqualTo(4);
    }

    @Test
    void largeObjectsAreReadInWindows() {
        object(run(LogRig.partition(2), 1, TestBatch.of("x".repeat(300_000))));
        merge(1 << 20, 1, chunk -> true);
        assertThat(largestRead).isEqualTo(64 * 1024);
        assertThat(reads).isEqualTo(5);
    }

    @Test
    void aChunkOfOtherBytesIsFoundAndNothingIsWritten() {
        for (int i = 0; i < 4; i++) {
            object(run(LogRig.partition(0), 1, TestBatch.of("a", "b")), run(LogRig.partition(1), 1, TestBatch.of("c")));
        }
        ObjectKey damaged = inputs.get(2).object();
        int bits = (int) inputs.get(2).footer().position() * Byte.SIZE;
        for (int bit = 0; bit < bits; bit += 3) {
            int flipped = bit;
            objects.onRead((key, real) -> {
                ByteBuffer bytes = real.get();
                if (key.equals(damaged)) {
                    int at = flipped / Byte.SIZE;
                    bytes.put(at, (byte) (bytes.get(at) ^ (1 << (flipped % Byte.SIZE))));
                }
                return bytes;
            });

            Merge.Result result = new Merge(objects, limits(1 << 20, 1 << 20), chunk -> true).run(MERGED, inputs);

            assertThat(result).isInstanceOf(Merge.Result.Damaged.class);
            assertThat(((Merge.Result.Damaged) result).object()).isEqualTo(damaged);
            assertThat(((Merge.Result.Damaged) result).cause().getMessage()).contains(damaged.value());
        }
        assertThat(store.list("merged", "", 10)).isEmpty();
        assertThat(store.listUploads("", Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void anOffsetThatIsThereTwiceIsDamage() {
        object(run(LogRig.partition(0), 1, TestBatch.of("a", "b")));
        ends.put(LogRig.partition(0), 1L);
        object(run(LogRig.partition(0), 1, TestBatch.of("b")));

        assertThat(merge(1 << 20, 1 << 20, chunk -> true)).isInstanceOf(Merge.Result.Damaged.class);
        assertThat(store.list("merged", "", 10)).isEmpty();
    }

    @Test
    void whereNothingIsNeededNothingIsWritten() {
        object(run(LogRig.partition(0), 1, TestBatch.of("a")));

        assertThat(merge(1 << 20, 1 << 20, chunk -> false)).isEqualTo(new Merge.Result.Empty());
        assertThat(store.list("merged", "", 10)).isEmpty();
        assertThat(reads).isZero();
    }
}
