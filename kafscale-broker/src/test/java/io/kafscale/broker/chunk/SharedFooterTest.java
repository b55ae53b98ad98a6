// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.SlowCrc32c;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ChunkDetails;
import io.kafscale.proto.log.ProducerTail;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class SharedFooterTest {

    private static final PartitionId A1 = new PartitionId(new UUID(1, 2), 1);
    private static final PartitionId A2 = new PartitionId(new UUID(1, 2), 2);
    private static final PartitionId HIGH = new PartitionId(new UUID(-1, 0), 0);

    private static SharedImage.Run run(PartitionId id, int epoch, long baseOffset, TestBatch... batches) {
        List<RecordBatch> assigned = new ArrayList<>();
        long next = baseOffset;
        for (TestBatch made : batches) {
            RecordBatch batch = made.batch();
            batch.assign(next, epoch);
            next = batch.nextOffset();
            assigned.add(batch);
        }
        return new SharedImage.Run(id, epoch, assigned);
    }

    private static SharedImage image() {
        return SharedImage.of(List.of(
                run(HIGH, 3, 500, TestBatch.of("z")),
                run(
                        A2,
                        9,
                        7,
                        TestBatch.of("a", "b").producer(5, 1, 0),
                        TestBatch.of("c").producer(5, 1, 2)),
                run(A1, 2, 0, TestBatch.of().record(9_000, "late"), TestBatch.of("x"))));
    }

    private static ByteBuffer joined(SharedImage image) {
        ByteBuffer all = ByteBuffer.allocate((int) image.sizeBytes());
        image.body().forEach(part -> all.put(part.duplicate()));
        return all.flip();
    }

    private static SharedFooter parse(SharedImage image) {
        ByteBuffer all = joined(image);
        return SharedFooter.parse(all.position((int) image.footerPosition()), image.footerPosition());
    }

    @Test
    void chunksAreSortedByTheBytesOfTheirIds() {
        assertThat(parse(image()).chunks()).extracting(Chunk::id).containsExactly(A1, A2, HIGH);
    }

    @Test
    void eachChunkNamesItsBytesAndTheirChecksum() {
        SharedImage image = image();
        ByteBuffer all = joined(image);
        for (Chunk chunk : parse(image).chunks()) {
            ByteBuffer bytes =
                    all.slice((int) chunk.bytes().position(), chunk.bytes().length());
            assertThat(SlowCrc32c.of(bytes)).isEqualTo(chunk.bytes().crc());
            assertThat(BatchRun.parse(bytes, chunk.baseOffset(), chunk.lastOffset()))
                    .isPresent();
        }
    }

    @Test
    void whatIsParsedIsWhatWasWritten() {
        SharedFooter footer = parse(image());

        assertThat(footer.chunks()).isEqualTo(image().chunks());
        Chunk second = footer.chunks().get(1);
        assertThat(second.leaderEpoch()).isEqualTo(9);
        assertThat(second.baseOffset()).isEqualTo(7);
        assertThat(second.lastOffset()).isEqualTo(9);
        assertThat(footer.chunks().get(0).maxTimestamp()).isEqualTo(9_000);
        ChunkDetails details = footer.details(1);
        assertThat(details.getBatches().getOffsetDeltaList()).containsExactly(0L, 2L);
        assertThat(details.getBatches().getPositionList()).first().isEqualTo(0);
        assertThat(details.getBatches().getMaxTimestampList()).containsExactly(1_001L, 1_000L);
        ProducerTail producer = details.getProducers(0);
        assertThat(producer.getProducerId()).isEqualTo(5);
        assertThat(producer.getBatchesList())
                .extracting(batch -> batch.getBaseSequence() + "@" + batch.getBaseOffset())
                .containsExactly("0@7", "2@9");
    }

    @Test
    void onlyTheLastFiveBatchesOfTheNewestEpochAreKept() {
        TestBatch[] batches = new TestBatch[12];
        for (int i = 0; i < 12; i++) {
            batches[i] = TestBatch.of("v").producer(5, i < 5 ? 0 : 1, i < 5 ? i : i - 5);
        }

        ProducerTail tail = parse(SharedImage.of(List.of(run(A1, 0, 0, batches))))
                .details(0)
                .getProducers(0);

        assertThat(tail.getProducerEpoch()).isEqualTo(1);
        assertThat(tail.getBatchesList())
                .extracting(batch -> batch.getBaseSequence())
                .containsExactly(2, 3, 4, 5, 6);
    }

    @Test
    void theBytesStandWhereTheFormatSaysTheyDo() {
        SharedImage image =
                SharedImage.of(List.of(run(A2, 9, 7, TestBatch.of("a", "b").producer(5, 1, 0))));
        ByteBuffer all = joined(image);
        int footer = (int) image.footerPosition();
        int trailer = footer + image.footerLength();

        assertThat(all.getInt(footer)).isEqualTo(1);
        assertThat(all.getInt(footer + 4)).isEqualTo(SlowCrc32c.of(all.slice(footer + 16, 80)));
        assertThat(all.getLong(footer + 8)).isEqualTo(footer);
        int entry = footer + 16;
        assertThat(all.getLong(entry)).isEqualTo(1);
        assertThat(all.getLong(entry + 8)).isEqualTo(2);
        assertThat(all.getInt(entry + 16)).isEqualTo(2);
        assertThat(all.getInt(entry + 20)).isEqualTo(9);
        assertThat(all.getLong(entry + 24)).isEqualTo(7);
        assertThat(all.getLong(entry + 32)).isEqualTo(8);
        assertThat(all.getLong(entry + 40)).isZero();
        assertThat(all.getInt(entry + 48)).isEqualTo(footer);
        assertThat(all.getInt(entry + 52)).isEqualTo(SlowCrc32c.of(all.slice(0, footer)));
        assertThat(all.getLong(entry + 56)).isEqualTo(1_001);
        assertThat(all.getInt(entry + 64)).isEqualTo(1);
        int details = all.getInt(entry + 68);
        assertThat(details).isEqualTo(96);
        assertThat(all.getInt(entry + 72)).isEqualTo(image.footerLength() - 96);
        assertThat(all.getInt(entry + 76))
                .isEqualTo(SlowCrc32c.of(all.slice(footer + details, image.footerLength() - 96)));
        assertThat(all.getInt(trailer)).isEqualTo(image.footerLength());
        assertThat(all.getInt(trailer + 4)).isEqualTo(SlowCrc32c.of(all.slice(footer, image.footerLength())));
        assertThat(all.getShort(trailer + 8)).isEqualTo((short) 1);
        assertThat(all.getShort(trailer + 10)).isZero();
        assertThat(all.getInt(trailer + 12)).isEqualTo(0x4B534F21);
        assertThat(all.limit()).isEqualTo(trailer + 16);
    }

    @Test
    void everyFlippedBitIsFound() {
        SharedImage image = image();
        ByteBuffer good = joined(image).position((int) image.footerPosition()).slice();
        for (int bit = 0; bit < good.limit() * 8; bit++) {
            ByteBuffer bad = ByteBuffer.allocate(good.limit()).put(0, good, 0, good.limit());
            bad.put(bit / 8, (byte) (bad.get(bit / 8) ^ (1 << (bit % 8))));

            assertCorrupt(bad, image.footerPosition());
        }
    }

    @Test
    void everyCutIsFound() {
        SharedImage image = image();
        ByteBuffer good = joined(image).position((int) image.footerPosition()).slice();
        for (int cut = 1; cut <= good.limit(); cut++) {
            assertCorrupt(good.slice(cut, good.limit() - cut), image.footerPosition());
            assertCorrupt(good.slice(0, good.limit() - cut), image.footerPosition());
        }
    }

    @Test
    void aFooterOfAnotherPlaceIsRefused() {
        SharedImage image = image();
        ByteBuffer good = joined(image).position((int) image.footerPosition()).slice();

        assertCorrupt(good, image.footerPosition() + 1);
    }

    @Test
    void batchesThatDoNotJoinAreNotWritten() {
        SharedImage.Run first = run(A1, 2, 0, TestBatch.of("x"));
        SharedImage.Run gap = run(A1, 2, 5, TestBatch.of("y"));
        List<RecordBatch> both =
                List.of(first.batches().getFirst(), gap.batches().getFirst());

        assertThatThrownBy(() -> SharedImage.of(List.of(new SharedImage.Run(A1, 2, both))))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> SharedImage.of(List.of(new SharedImage.Run(A1, 3, first.batches()))))
                .isInstanceOf(IllegalStateException.class);
    }

    private static void assertCorrupt(ByteBuffer bytes, long footerPosition) {
        assertThatThrownBy(() -> SharedFooter.parse(bytes, footerPosition))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.CORRUPT));
    }
}
