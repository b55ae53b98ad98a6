// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.ChunkReader;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.SystemClock;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments are written and read back on any store. Each kind of store has a subclass that opens one. */
abstract class SegmentWriterContract {

    private static final int MIB = 1 << 20;

    private ObjectStore store;

    abstract ObjectStore open(Path directory);

    @BeforeEach
    void openStore(@TempDir Path directory) {
        store = open(directory);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private static void assertKind(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void everyBlockIsReadBackAsItsBatches() throws InterruptedException {
        Log log = new Log(70).epoch(1);
        IntStream.range(0, 40).forEach(i -> log.batch(1 + i % 3, 300_000 + i, 1_000 + i));
        SegmentIndex index = log.seal(store, 70, log.endOffset(), SealedState.NONE);
        ChunkReader reader = new ChunkReader(store, new SystemClock(), 1 << 20);

        long next = 70;
        int batch = 0;
        for (int place = 0; place < index.blockCount(); place++) {
            Block block = index.block(place);
            assertThat(block.baseOffset()).isEqualTo(next);
            BatchRun run = reader.read(block.located(index.name().segmentKey(Log.ROOT)));
            for (int i = 0; i < run.count(); i++) {
                assertThat(run.batch(i).bytes())
                        .isEqualTo(log.batches().get(batch++).bytes());
            }
            next = block.endOffset();
        }
        assertThat(next).isEqualTo(log.endOffset());
        assertThat(index.blockCount()).isEqualTo(4);
    }

    @Test
    void blocksAreOfFourMebibytesUnlessABatchIsLarger() {
        Log log = new Log()
                .batch(1, 100, 1)
                .batch(1, 5 * MIB, 1)
                .batch(1, 100, 1)
                .batch(1, 4 * MIB - 222, 1)
                .batch(1, 1, 1)
                .batch(1, 100, 1);

        SegmentIndex index = log.seal(store, 0, 6, SealedState.NONE);

        assertThat(IntStream.range(0, index.blockCount())
                        .mapToObj(place -> index.block(place).bytes().length()))
                .containsExactly(161, 5 * MIB + 61, 4 * MIB, 62 + 161);
    }

    @Test
    void theSameBatchesMakeTheSameBytesHoweverTheyCome() {
        Log log = new Log();
        IntStream.range(0, 60).forEach(i -> log.batch(1, 200_000, 1_000 + i));
        SegmentName name = Log.name(0, 60, 0);
        SegmentIndex whole = log.seal(store, name, SealedState.NONE);
        ByteBuffer kfs = Log.object(store, name.segmentKey(Log.ROOT));
        ByteBuffer idx = Log.object(store, name.indexKey(Log.ROOT));
        store.delete(List.of(name.segmentKey(Log.ROOT), name.indexKey(Log.ROOT)));

        try (SegmentWriter writer = new SegmentWriter(store, Log.ROOT, name, Log.CREATED, SealedState.NONE)) {
            for (int i = 0; i < 60; i++) {
                writer.add(log.run(i, i + 1));
            }
            assertThat(writer.finish().sameSegmentAs(whole)).isTrue();
        }

        assertThat(Log.object(store, name.segmentKey(Log.ROOT))).isEqualTo(kfs);
        assertThat(Log.object(store, name.indexKey(Log.ROOT))).isEqualTo(idx);
    }

    @Test
    void whatIsNotFinishedLeavesNothing() {
        Log log = new Log().batch(1, 20 * MIB, 1).batch(1, 10, 1);
        try (SegmentWriter writer =
                new SegmentWriter(store, Log.ROOT, Log.name(0, 2, 0), Log.CREATED, SealedState.NONE)) {
            writer.add(log.run(0, 1));
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
        }
        new SegmentWriter(store, Log.ROOT, Log.name(0, 2, 0), Log.CREATED, SealedState.NONE).close();

        assertThat(Log.keys(store)).isEmpty();
        assertThat(store.listUploads("", Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void aNewAttemptOfTheSameNameTakesWhatIsThere() {
        Log log = new Log().batch(3, 100, 1).batch(1, 10, 1);
        SegmentIndex first = log.seal(store, 0, 4, SealedState.NONE);

        try (SegmentWriter writer =
                new SegmentWriter(store, Log.ROOT, first.name(), Log.CREATED + 99, SealedState.NONE)) {
            writer.add(log.run(0, 4));
            assertThat(writer.finish().sameSegmentAs(first)).isTrue();
        }
        assertThat(store.listUploads("", Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void aNewAttemptWritesTheIndexThatIsMissing() {
        Log log = new Log().batch(3, 100, 1);
        SegmentIndex first = log.seal(store, 0, 3, SealedState.NONE);
        store.delete(List.of(first.name().indexKey(Log.ROOT)));

        log.seal(store, 0, 3, SealedState.NONE);

        assertThat(Log.keys(store)).hasSize(2);
    }

    @Test
    void otherContentUnderTheNameIsNotTakenForOurs() {
        Log log = new Log().batch(3, 100, 1);
        SegmentName name = Log.name(0, 3, 0);
        ObjectKey kfs = name.segmentKey(Log.ROOT);
        log.seal(store, name, SealedState.NONE);
        ByteBuffer there = Log.object(store, kfs);
        byte[] good = new byte[there.remaining()];
        there.get(good);
        byte[] longer = new byte[good.length + 1];
        System.arraycopy(good, 0, longer, 1, good.length);
        byte[] shorter = new byte[good.length - 1];
        System.arraycopy(good, 1, shorter, 0, shorter.length);
        byte[] otherHeader = good.clone();
        otherHeader[15] = (byte) ~otherHeader[15];

        for (byte[] other : List.of(new byte[5], longer, shorter, otherHeader)) {
            store.delete(List.of(kfs));
            store.put(kfs, List.of(ByteBuffer.wrap(other)));
            assertKind(Kind.CORRUPT, () -> log.seal(store, name, SealedState.NONE));
        }
        store.delete(List.of(kfs));
        assertKind(Kind.CORRUPT, () -> new Log().batch(3, 101, 1).seal(store, name, SealedState.NONE));
        store.delete(List.of(kfs, name.indexKey(Log.ROOT)));
        store.put(name.indexKey(Log.ROOT), List.of(ByteBuffer.wrap(new byte[200])));
        assertKind(Kind.CORRUPT, () -> log.seal(store, name, SealedState.NONE));
    }

    @Test
    void batchesThatDoNotFollowAreRefused() {
        Log log = new Log()
                .epoch(5)
                .batch(1, 10, 1)
                .batch(2, 10, 1)
                .epoch(4)
                .batch(1, 10, 1)
                .epoch(7);
        log.batch(1, 10, 1);

        assertRefused(log, Log.name(0, 2, 9), 0, 3); // more than the name says
        assertRefused(log, Log.name(1, 3, 9), 0, 1); // begins too early
        assertRefused(log, Log.name(0, 9, 9), 1, 3); // begins too late
        assertRefused(log, Log.name(0, 9, 9), 0, 4); // the epoch falls
        assertRefused(log, Log.name(4, 5, 6), 4, 5); // the epoch is above the owner's
    }

    private void assertRefused(Log log, SegmentName name, long from, long end) {
        try (SegmentWriter writer = new SegmentWriter(store, Log.ROOT, name, Log.CREATED, SealedState.NONE)) {
            BatchRun run = log.run(from, end);
            assertThatThrownBy(() -> writer.add(run)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
        }
        assertThat(Log.keys(store)).isEmpty();
    }

    @Test
    void aSegmentGoesOnFromTheOneBefore() {
        Log log = new Log().epoch(5).batch(4, 10, 1).epoch(8).batch(2, 10, 1);
        log.seal(store, 0, 4, SealedState.NONE);
        SealedState before = Log.state(store, Log.name(0, 4, 8));

        assertThat(before.endOffset()).isEqualTo(4);
        assertThatThrownBy(() -> new SegmentWriter(store, Log.ROOT, Log.name(3, 6, 8), 0, before))
                .isInstanceOf(IllegalArgumentException.class);
        Log fallen = new Log(4).epoch(4).batch(1, 10, 1);
        assertThatThrownBy(() -> fallen.seal(store, Log.name(4, 5, 9), before))
                .isInstanceOf(IllegalArgumentException.class);
        log.seal(store, 4, 6, before);
        assertThat(Log.state(store, Log.name(4, 6, 8)).epochs())
                .containsExactly(new EpochStart(5, 0), new EpochStart(8, 4));
    }
}
