// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MarksTest {

    private static final int FLUSHES_PER_COMMIT = 40;

    private static List<Chunk> chunks(int partitions, int perPartition) {
        return IntStream.range(0, partitions * perPartition)
                .mapToObj(i -> new Chunk(id(i / perPartition), 0, i, i, 0, new Chunk.Extent(i, 1, 0)))
                .toList();
    }

    private static PartitionId id(int number) {
        return new PartitionId(new UUID(4, 2), number);
    }

    private static long holding(Marks marks, int from, int end) {
        return IntStream.range(from, end)
                .filter(i -> marks.mayHold(SharedFooter.mark(id(i))))
                .count();
    }

    @Test
    void partitionsAreListedOnceHoweverManyChunksTheyHave() {
        Marks marks = Marks.of(chunks(1_000, 3));

        assertThat(marks.listed()).hasSize(1_000).isSorted();
        assertThat(holding(marks, 0, 1_000)).isEqualTo(1_000);
        assertThat(holding(marks, 1_000, 11_000)).isZero();
    }

    @Test
    void whatIsTooMuchToListIsFiltered() {
        Marks marks = Marks.of(chunks(10_000, 1));

        assertThat(marks.listed()).isEmpty();
        assertThat(holding(marks, 0, 10_000)).isEqualTo(10_000);
        assertThat(holding(marks, 10_000, 20_000)).isBetween(1L, 5_000L);
    }

    @Test
    void withoutEitherAnythingMayBeInside() {
        assertThat(holding(Marks.ANY, 0, 100)).isEqualTo(100);
    }

    @Test
    void asManyRecordsAsAreCommittedTogetherFitIntoATransaction() {
        Chunk last = chunks(10_000, 1).getLast();
        for (int partitions : new int[] {1_000, 1_001, 100_000}) {
            CommitRecord record = new CommitRecord(
                    new ObjectKey("k".repeat(1_024)), last.baseOffset(), 1, 0, 1, 1, Marks.of(chunks(partitions, 1)));
            assertThat(record.message().getSerializedSize() + 300)
                    .isLessThan(MetadataStore.MAX_TRANSACTION_BYTES / FLUSHES_PER_COMMIT);
            assertThat(CommitRecord.of(record.message())).isEqualTo(record);
        }
    }
}
