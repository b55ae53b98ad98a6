// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

final class RecordBatchTest {

    @Test
    void readsABatchInTheMiddleOfABuffer() {
        ByteBuffer batch = TestBatch.of("a", "b").producer(3, 2, 1).bytes();
        ByteBuffer frame = ByteBuffer.allocate(batch.limit() + 20);
        frame.put(13, batch, 0, batch.limit());

        RecordBatch view = RecordBatch.at(frame, 13);

        assertThat(view.sizeBytes()).isEqualTo(batch.limit());
        assertThat(view.bytes()).isEqualTo(batch);
        assertThat(view.computeCrc()).isEqualTo(view.crc());
        assertThat(view.backing()).isSameAs(frame.array());
    }

    @Test
    void assignsOffsetsWithoutTouchingTheChecksum() {
        RecordBatch batch = TestBatch.of("a", "b", "c").batch();
        int crc = batch.crc();

        batch.assign(1L << 40, 7);

        assertThat(batch.baseOffset()).isEqualTo(1L << 40);
        assertThat(batch.lastOffset()).isEqualTo((1L << 40) + 2);
        assertThat(batch.nextOffset()).isEqualTo((1L << 40) + 3);
        assertThat(batch.leaderEpoch()).isEqualTo(7);
        assertThat(batch.crc()).isEqualTo(crc).isEqualTo(batch.computeCrc());
    }

    @Test
    void sequencesGoOnAtZeroBehindTheLargest() {
        assertThat(TestBatch.of("a", "b", "c")
                        .producer(1, 0, Integer.MAX_VALUE - 1)
                        .batch()
                        .lastSequence())
                .isZero();
        assertThat(TestBatch.of("a").producer(1, 0, Integer.MAX_VALUE).batch().lastSequence())
                .isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void computesTheChecksumByItsDefinition() {
        RecordBatch batch = TestBatch.of("some text").batch();
        ByteBuffer covered = batch.bytes();
        covered.position(21);

        assertThat(batch.computeCrc()).isEqualTo(SlowCrc32c.of(covered));
    }

    @Test
    void leavesAFrameOfWhichItIsASmallPart() {
        ByteBuffer bytes = TestBatch.of("a", "b").bytes();
        ByteBuffer frame = ByteBuffer.allocate(5 * bytes.remaining()).put(10, bytes, 0, bytes.remaining());
        RecordBatch small = RecordBatch.at(frame, 10);
        RecordBatch copy = small.copy();

        assertThat(small.keepsTooMuch()).isTrue();
        assertThat(copy.keepsTooMuch()).isFalse();
        assertThat(copy.bytes()).isEqualTo(bytes);
        assertThat(copy.backingBytes()).isEqualTo(bytes.remaining());
    }
}
