// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.storage.ObjectKey;
import org.junit.jupiter.api.Test;

final class ChunkIndexTest {

    private final ChunkIndex index = new ChunkIndex();

    private static Chunk chunk(long base, long last, long time) {
        return new Chunk(LogRig.partition(0), 1, base, last, time, new Chunk.Extent(base * 10, 10, (int) base));
    }

    @Test
    void everyOffsetLeadsToItsChunk() {
        for (int i = 0; i < 1_000; i++) {
            index.add(chunk(i * 3L + 5, i * 3L + 7, i), new ObjectKey("o" + i));
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
        index.add(chunk(5, 7, 0), new ObjectKey("o"));
        assertThatThrownBy(() -> index.placeOf(4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> index.placeOf(8)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aChunkThatDoesNotJoinIsABug() {
        index.add(chunk(0, 4, 0), new ObjectKey("o"));

        assertThatThrownBy(() -> index.add(chunk(6, 7, 0), new ObjectKey("o")))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> index.add(chunk(4, 7, 0), new ObjectKey("o")))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void timesAreFoundWhateverTheirOrder() {
        index.add(chunk(0, 0, 500), new ObjectKey("o"));
        index.add(chunk(1, 1, 100), new ObjectKey("o"));
        index.add(chunk(2, 2, 900), new ObjectKey("o"));

        assertThat(index.firstAtOrAfter(50, 0)).isZero();
        assertThat(index.firstAtOrAfter(50, 1)).isEqualTo(1);
        assertThat(index.firstAtOrAfter(501, 0)).isEqualTo(2);
        assertThat(index.firstAtOrAfter(901, 0)).isEqualTo(3);
        assertThat(index.maxTimestamp()).isEqualTo(900);
    }
}
