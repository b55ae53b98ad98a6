// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BatchRunTest {

    private static RecordBatch batch(long baseOffset, String... values) {
        RecordBatch batch = TestBatch.of(values).batch();
        batch.assign(baseOffset, 1);
        return batch;
    }

    private static ByteBuffer joined(RecordBatch... batches) {
        ByteBuffer all = ByteBuffer.allocate(10_000);
        for (RecordBatch batch : batches) {
            all.put(batch.bytes());
        }
        return all.flip();
    }

    private static List<Long> collected(BatchRun run, long offset, int maxBytes, boolean firstWhole) {
        BatchRun.Collector out = new BatchRun.Collector(maxBytes, firstWhole);
        run.collect(offset, out);
        return out.batches().stream().map(bytes -> bytes.getLong(0)).toList();
    }

    @Test
    void aReadBeginsWithTheBatchThatHoldsTheOffset() {
        BatchRun run = new BatchRun(List.of(batch(10, "a", "b", "c"), batch(13, "d"), batch(14, "e", "f")));

        assertThat(collected(run, 10, 10_000, true)).containsExactly(10L, 13L, 14L);
        assertThat(collected(run, 12, 10_000, true)).containsExactly(10L, 13L, 14L);
        assertThat(collected(run, 13, 10_000, true)).containsExactly(13L, 14L);
        assertThat(collected(run, 15, 10_000, true)).containsExactly(14L);
    }

    @Test
    void aRunIsParsedFromItsBytes() {
        ByteBuffer bytes = joined(batch(10, "a", "b"), batch(12, "c"));

        BatchRun run = BatchRun.parse(bytes, 10, 12).orElseThrow();

        assertThat(run.count()).isEqualTo(2);
        assertThat(run.baseOffset()).isEqualTo(10);
        assertThat(run.endOffset()).isEqualTo(13);
    }

    @Test
    void bytesThatAreNoRunAreRefused() {
        RecordBatch first = batch(10, "a", "b");
        RecordBatch second = batch(12, "c");
        ByteBuffer good = joined(first, second);

        assertThat(BatchRun.parse(good, 9, 12)).isEmpty();
        assertThat(BatchRun.parse(good, 10, 13)).isEmpty();
        assertThat(BatchRun.parse(joined(first, batch(13, "c")), 10, 13)).isEmpty();
        assertThat(BatchRun.parse(ByteBuffer.allocate(0), 10, 12)).isEmpty();
        assertThat(BatchRun.parse(ByteBuffer.allocate(200), 0, 0)).isEmpty();
        for (int cut = 1; cut < good.limit(); cut++) {
            assertThat(BatchRun.parse(good.duplicate().limit(good.limit() - cut), 10, 12))
                    .isEmpty();
        }
    }

    @Test
    void batchesThatDoNotJoinAreABug() {
        List<RecordBatch> gap = List.of(batch(0, "a"), batch(2, "b"));

        assertThatThrownBy(() -> new BatchRun(gap)).isInstanceOf(IllegalArgumentException.class);
    }
}
