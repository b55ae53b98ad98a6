// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.storage.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ChunkIndexTest {

    private final ChunkIndex index = new ChunkIndex();

    private static Chunk chunk(long base, long last, long time) {
        return new Chunk(LogRig.partition(0), 1, base, last, time, new Chunk.Extent(base * 10, 10, (int) base));
    }

    @Test
    void everyOffsetLeadsToItsChunk() {
        for (int i = 0; i < 1_000; i++) {
            index.add(chunk(i * 3L + 5, i * 3L + 7, i), new ObjectKey("o" + i), 0);
        }

        for (long offset = 5; offset < 3_005; offset++) {
            int place = index.placeOf(offset);
            Located located = index.at(place);
            assertThat(located.baseOffset()).isLessThanOrEqualTo(offset);
            assertThat(located.endOffset()).isGreaterThan(offset);
            assertThat(located.object()).isEqualTo(new ObjectKey("o" + place));
            assertThat(located.bytes())
                    .isEqualTo(
                            chunk(located.baseOffset(), located.baseOffset(), 0).bytes());
        }
    }

    @Test
    void anOffsetOutsideIsABug() {
        assertThatThrownBy(() -> index.placeOf(0)).isInstanceOf(IllegalArgumentException.class);
        index.add(chunk(5, 7, 0), new ObjectKey("o"), 0);
        assertThatThrownBy(() -> index.placeOf(4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> index.placeOf(8)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void chunksWithoutATimeAgeFromWhenTheyCame() {
        index.add(chunk(0, 3, -1), new ObjectKey("o0"), 70);
        index.add(chunk(4, 5, -1), new ObjectKey("o1"), 80);
        index.add(chunk(6, 7, 5), new ObjectKey("o2"), 90);
        index.add(chunk(8, 9, -1), new ObjectKey("o3"), 100);
        assertThat(index.agesFromMillis(0)).isEqualTo(70);
        assertThat(index.agesFromMillis(2)).isEqualTo(5);

        index.replace(new StoredChunk(chunk(0, 5, -1), new ObjectKey("merged")));

        assertThat(index.agesFromMillis(0)).isEqualTo(80);
        assertThat(index.agesFromMillis(2)).isEqualTo(100);
    }

    @Test
    void aChunkThatDoesNotJoinIsABug() {
        index.add(chunk(0, 4, 0), new ObjectKey("o"), 0);

        assertThatThrownBy(() -> index.add(chunk(6, 7, 0), new ObjectKey("o"), 0))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> index.add(chunk(4, 7, 0), new ObjectKey("o"), 0))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void timesAreFoundWhateverTheirOrder() {
        index.add(chunk(0, 0, 500), new ObjectKey("o"), 0);
        index.add(chunk(1, 1, 100), new ObjectKey("o"), 0);
        index.add(chunk(2, 2, 900), new ObjectKey("o"), 0);

        assertThat(index.firstAtOrAfter(50, 0)).isZero();
        assertThat(index.firstAtOrAfter(50, 1)).isEqualTo(1);
        assertThat(index.firstAtOrAfter(501, 0)).isEqualTo(2);
        assertThat(index.firstAtOrAfter(901, 0)).isEqualTo(3);
        assertThat(index.maxTimestampBehind(0)).isEqualTo(900);
        assertThat(index.maxTimestampBehind(3)).isEqualTo(Long.MIN_VALUE);
    }

    private static StoredChunk merged(long base, long last) {
        return new StoredChunk(chunk(base, last, last), new ObjectKey("merged-" + base));
    }

    @Test
    void mergedChunksTakeThePlaceOfThoseTheyWereMadeOf() {
        for (int i = 0; i < 6; i++) {
            index.add(chunk(i * 2L, i * 2L + 1, i), new ObjectKey("o" + i), 0);
        }

        assertThat(index.replace(merged(2, 7))).isTrue();

        assertThat(index.count()).isEqualTo(4);
        assertThat(index.bytes()).isEqualTo(40);
        assertThat(index.find(5).orElseThrow().object()).isEqualTo(new ObjectKey("merged-2"));
        assertThat(index.find(8).orElseThrow().object()).isEqualTo(new ObjectKey("o4"));
        assertThat(index.find(1).orElseThrow().endOffset()).isEqualTo(2);
    }

    @Test
    void aMergedChunkOfWhichSomeIsDroppedTakesThePlaceOfTheRest() {
        for (int i = 0; i < 4; i++) {
            index.add(chunk(i * 2L, i * 2L + 1, i), new ObjectKey("o" + i), 0);
        }
        index.dropBefore(2);

        assertThat(index.replace(merged(0, 5))).isTrue();

        assertThat(index.count()).isEqualTo(2);
        assertThat(index.at(0).baseOffset()).isZero();
        assertThat(index.at(0).endOffset()).isEqualTo(6);
    }

    @Test
    void aMergedChunkOfWhichAllIsDroppedChangesNothing() {
        index.add(chunk(0, 3, 0), new ObjectKey("o0"), 0);
        index.add(chunk(4, 5, 0), new ObjectKey("o1"), 0);
        index.dropBefore(4);

        assertThat(index.replace(merged(0, 3))).isTrue();

        assertThat(index.find(4).orElseThrow().object()).isEqualTo(new ObjectKey("o1"));
        assertThat(index.count()).isEqualTo(1);
    }

    @Test
    void aMergedChunkThatDoesNotFitChangesNothing() {
        for (int i = 0; i < 4; i++) {
            index.add(chunk(i * 2L, i * 2L + 1, i), new ObjectKey("o" + i), 0);
        }

        assertThat(index.replace(merged(1, 3))).isFalse();
        assertThat(index.replace(merged(2, 4))).isFalse();
        assertThat(index.replace(merged(6, 9))).isFalse();
        assertThat(index.replace(merged(8, 9))).isFalse();

        assertThat(index.count()).isEqualTo(4);
        assertThat(index.find(2).orElseThrow().object()).isEqualTo(new ObjectKey("o1"));
    }

    /** Against a plain list of chunks. */
    @Test
    void whateverIsDoneToItEveryOffsetLeadsToItsChunk() {
        for (int seed = 0; seed < 50; seed++) {
            new Model(seed).run();
        }
    }

    private static final class Model {
        private final int seed;
        private final Random random;
        private final ChunkIndex index = new ChunkIndex();
        private final List<StoredChunk> chunks = new ArrayList<>();
        private long end;
        private int objects;

        private Model(int seed) {
            this.seed = seed;
            this.random = new Random(seed);
        }

        private void run() {
            for (int step = 0; step < 300; step++) {
                switch (random.nextInt(4)) {
                    case 0, 1 -> add();
                    case 2 -> drop();
                    default -> merge();
                }
                check();
            }
        }

        private ObjectKey nextObject() {
            return new ObjectKey("o" + objects++);
        }

        private void add() {
            StoredChunk next = new StoredChunk(chunk(end, end + random.nextInt(5), random.nextInt(100)), nextObject());
            end = next.chunk().endOffset();
            chunks.add(next);
            index.add(next.chunk(), next.object(), 0);
        }

        private void drop() {
            long to = end - random.nextInt(20);
            chunks.removeIf(stored -> stored.chunk().endOffset() <= to);
            index.dropBefore(to);
        }

        private void merge() {
            if (chunks.size() < 3) {
                return;
            }
            int from = random.nextInt(chunks.size() - 1);
            int to = from + 1 + random.nextInt(chunks.size() - from - 1);
            List<StoredChunk> run = chunks.subList(from, to + 1);
            StoredChunk merged = new StoredChunk(
                    chunk(
                            run.getFirst().chunk().baseOffset(),
                            run.getLast().chunk().lastOffset(),
                            random.nextInt(100)),
                    nextObject());
            run.clear();
            chunks.add(from, merged);
            assertThat(index.replace(merged)).as("seed %s", seed).isTrue();
        }

        private void check() {
            assertThat(index.count()).as("seed %s", seed).isEqualTo(chunks.size());
            assertThat(index.bytes()).isEqualTo(10L * chunks.size());
            for (int place = 0; place < chunks.size(); place++) {
                Chunk expected = chunks.get(place).chunk();
                Located found = index.find(expected.lastOffset()).orElseThrow();
                assertThat(found)
                        .as("seed %s", seed)
                        .isEqualTo(new Located(
                                chunks.get(place).object(),
                                expected.bytes(),
                                expected.baseOffset(),
                                expected.endOffset()));
                assertThat(index.maxTimestamp(place)).isEqualTo(expected.maxTimestamp());
                assertThat(index.placeOf(expected.baseOffset())).isEqualTo(place);
            }
            assertThat(index.find(end)).isEmpty();
        }
    }
}
