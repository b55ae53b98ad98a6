// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.chunk.Located;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class PartitionSegmentsTest {

    private static final long CACHE_BYTES = 8 << 20;

    private final SystemClock clock = new SystemClock();
    private final MemoryObjectStore behind = new MemoryObjectStore(clock);
    private final FaultPlan plan = FaultPlan.none();
    private final ObjectStore store = new FaultyObjectStore(behind, plan, clock);

    private PartitionSegments segments() {
        return new PartitionSegments(
                Log.TOPIC,
                Log.ID,
                Optional.empty(),
                new Segments(store, Log.ROOT, clock, new SystemThreads(), CACHE_BYTES));
    }

    /** Ten batches of ten records, a second apart, one in each segment. */
    private static Log tens() {
        Log log = new Log();
        IntStream.range(0, 10).forEach(i -> log.batch(10, 500, 1_000L * (i + 1)));
        return log;
    }

    @Test
    void eachOffsetIsFoundInItsSegment() throws InterruptedException {
        tens().sealAll(behind, 1);
        PartitionSegments segments = segments();

        for (int offset = 0; offset < 100; offset++) {
            Located block = segments.blockAt(offset, 100);
            int base = offset / 10 * 10;
            assertThat(block.baseOffset()).isEqualTo(base);
            assertThat(block.endOffset()).isEqualTo(base + 10);
            assertThat(block.object()).isEqualTo(Log.name(base, base + 10, 0).segmentKey(Log.ROOT));
        }
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(1);
        assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isEqualTo(10);
        assertThat(plan.calls()).isEqualTo(11);
    }

    @Test
    void blocksAreReadAheadAcrossSegments() throws InterruptedException {
        tens().sealAll(behind, 1);
        PartitionSegments segments = segments();

        assertThat(segments.blocksFrom(15, 3, 100))
                .extracting(Located::baseOffset)
                .containsExactly(10L, 20L, 30L);
        assertThat(segments.blocksFrom(95, 3, 100)).hasSize(1);
        assertThat(segments.blocksFrom(85, 9, 90)).hasSize(1);
        assertThatThrownBy(() -> segments.blockAt(100, 100)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatWasSealedHereIsKnownWithoutAListing() throws InterruptedException {
        Log log = tens();
        PartitionSegments segments = segments();
        segments.sealed(log.seal(behind, 0, 10, SealedState.NONE));
        segments.blockAt(3, 10);
        long lists = plan.calls(StoreCall.OBJECT_LIST);

        for (int base = 10; base < 100; base += 10) {
            segments.sealed(log.seal(behind, base, base + 10, SealedState.NONE));
            assertThat(segments.blockAt(base + 1, base + 10).baseOffset()).isEqualTo(base);
        }

        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(lists);
    }

    @Test
    void whatAnotherHasSealedIsListedFromBehindTheLastKey() throws InterruptedException {
        Log log = tens();
        log.seal(behind, 0, 50, SealedState.NONE);
        PartitionSegments segments = segments();
        segments.blockAt(3, 50);

        log.seal(behind, 50, 80, SealedState.NONE);
        log.seal(behind, 80, 100, SealedState.NONE);

        assertThat(segments.blockAt(99, 100).baseOffset()).isEqualTo(80);
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(2);
        assertThat(segments.blockAt(55, 100).baseOffset()).isEqualTo(50);
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(2);
    }

    @Test
    void aSegmentThatSortsBeforeTheLastKeyIsFoundAllTheSame() throws InterruptedException {
        Log log = tens();
        log.seal(behind, 0, 50, SealedState.NONE);
        log.seal(behind, 60, 100, SealedState.NONE); // its owner died before the one between was there
        PartitionSegments segments = segments();
        segments.blockAt(3, 50);

        log.seal(behind, 50, 60, SealedState.NONE);

        assertThat(segments.blockAt(55, 100).baseOffset()).isEqualTo(50);
    }

    @Test
    void overlapsAndStraysDoNoHarm() throws InterruptedException {
        Log log = tens();
        log.epoch(3).seal(behind, 0, 40, SealedState.NONE);
        log.seal(behind, 0, 20, SealedState.NONE);
        log.epoch(12).seal(behind, 20, 70, SealedState.NONE);
        log.epoch(11).seal(behind, 40, 90, SealedState.NONE);
        behind.put(new ObjectKey(SegmentName.folder(Log.ROOT, Log.TOPIC, Log.ID) + "notes.kfs"), List.of());
        behind.put(new ObjectKey(SegmentName.folder(Log.ROOT, Log.TOPIC, Log.ID) + "segment-1-2-3.kfs"), List.of());
        behind.put(Log.name(0, 99, 50).indexKey(Log.ROOT), List.of()); // its segment never came
        PartitionSegments segments = segments();

        for (int offset = 0; offset < 60; offset++) {
            Located block = segments.blockAt(offset, 60);
            assertThat(block.baseOffset()).isLessThanOrEqualTo(offset);
            assertThat(block.endOffset()).isGreaterThan(offset);
        }
        assertThat(segments.blockAt(5, 60).object())
                .isEqualTo(Log.name(0, 40, 3).segmentKey(Log.ROOT));
        assertThat(segments.blockAt(45, 60).object())
                .isEqualTo(Log.name(40, 90, 11).segmentKey(Log.ROOT));
        assertThat(segments.oldest(9, 0, 60))
                .extracting(SegmentSummary::endOffset)
                .containsExactly(40L, 60L);
    }

    @Test
    void aHoleIsAnAlarmWithItsRangeAndSpoilsNothingElse() throws InterruptedException {
        Log log = tens();
        log.seal(behind, 10, 30, SealedState.NONE);
        log.seal(behind, 50, 80, SealedState.NONE);
        PartitionSegments segments = segments();

        assertGap(35, 50, () -> segments.firstBlockAtOrAfter(3_500, 10, 80));
        assertThat(segments.firstBlockAtOrAfter(2_500, 10, 80).orElseThrow().baseOffset())
                .isEqualTo(10);
        assertGap(89, 90, () -> segments.maxTimestamp(50, 90));
        assertGap(35, 50, () -> segments.blockAt(35, 80));
        assertThat(segments.blockAt(60, 80).baseOffset()).isEqualTo(50);
        assertThat(segments.blocksFrom(29, 10, 80)).hasSize(1);
        assertThat(segments.oldest(9, 10, 80)).hasSize(2);
        assertThat(segments.bytes(10, 80)).isEqualTo(5 * 561 + 2 * 48);
    }

    @Test
    void aHoleIsNotLookedForAtEveryRead() throws InterruptedException {
        ManualClock time = new ManualClock();
        Log log = tens();
        log.seal(behind, 0, 30, SealedState.NONE);
        log.seal(behind, 50, 80, SealedState.NONE);
        PartitionSegments segments = new PartitionSegments(
                Log.TOPIC,
                Log.ID,
                Optional.empty(),
                new Segments(store, Log.ROOT, time, new SystemThreads(), CACHE_BYTES));
        assertGap(35, 50, () -> segments.blockAt(35, 80));
        long lists = plan.calls(StoreCall.OBJECT_LIST);

        assertGap(35, 50, () -> segments.blockAt(35, 80));
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(lists);
        assertGap(49, 50, () -> segments.blockAt(49, 80));
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(lists);
        assertGap(80, 90, () -> segments.blockAt(80, 90));
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isGreaterThan(lists);

        log.seal(behind, 30, 50, SealedState.NONE);
        time.advance(Duration.ofSeconds(11));
        assertThat(segments.blockAt(35, 80).baseOffset()).isEqualTo(30);
        assertThat(segments.blockAt(36, 80).baseOffset()).isEqualTo(30);
    }

    private interface Call {
        void run() throws InterruptedException;
    }

    private static void assertGap(long from, long end, Call call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(SegmentGapException.class, e -> {
            assertThat(e.fromOffset()).isEqualTo(from);
            assertThat(e.endOffset()).isEqualTo(end);
            assertThat(e).hasMessageContaining(Log.TOPIC);
        });
    }

    @Test
    void sizesAndAgesAreThoseOfLiveSegmentsOnly() throws InterruptedException {
        tens().sealAll(behind, 2);
        PartitionSegments segments = segments();
        long size = 2 * 561 + 48;

        assertThat(segments.bytes(0, 100)).isEqualTo(5 * size);
        assertThat(segments.bytes(19, 100)).isEqualTo(5 * size);
        assertThat(segments.bytes(20, 100)).isEqualTo(4 * size);
        assertThat(segments.bytes(20, 60)).isEqualTo(2 * size);
        assertThat(segments.bytes(100, 100)).isEqualTo(0);
        assertThat(segments.oldest(2, 25, 100))
                .containsExactly(
                        new SegmentSummary(Log.name(20, 40, 0), 40, size, 4_000),
                        new SegmentSummary(Log.name(40, 60, 0), 60, size, 6_000));
        assertThat(segments.oldest(2, 100, 100)).isEmpty();
    }

    @Test
    void offsetsInTwoSegmentsCountOnce() throws InterruptedException {
        Log log = new Log();
        for (int i = 0; i < 6; i++) {
            log.batch(10, 500, 1_000);
        }
        log.seal(behind, 0, 30, SealedState.NONE);
        log.seal(behind, 20, 60, SealedState.NONE);
        PartitionSegments segments = segments();
        long first = 3 * 561 + 48;
        long second = 4 * 561 + 48;

        assertThat(segments.bytes(0, 60)).isEqualTo(first + second * 3 / 4);
        assertThat(segments.bytes(0, 40)).isEqualTo(first + second / 4);
        assertThat(segments.oldest(2, 0, 60))
                .extracting(SegmentSummary::sizeBytes)
                .containsExactly(first, second * 3 / 4);
        assertThat(segments.bytes(30, 60)).isEqualTo(second);
    }

    @Test
    void segmentsWithoutATimeAgeFromTheirWriting() throws InterruptedException {
        new Log().batch(10, 10, -1).batch(10, 10, 5_000).sealAll(behind, 1);

        assertThat(segments().oldest(3, 0, 20))
                .extracting(SegmentSummary::agesFromMillis)
                .containsExactly(Log.CREATED, 5_000L);
    }

    @Test
    void aSegmentThatIsDamagedDoesNotAge() throws InterruptedException {
        new Log().batch(10, 10, -1).sealAll(behind, 1);
        ObjectKey key = Log.name(0, 10, 0).segmentKey(Log.ROOT);
        ByteBuffer bytes = Log.object(behind, key);
        behind.delete(List.of(key));
        byte[] damaged = new byte[bytes.remaining()];
        bytes.get(damaged);
        damaged[20] ^= 1;
        damaged[30] ^= 1;
        behind.put(key, List.of(ByteBuffer.wrap(damaged)));

        assertThat(segments().oldest(1, 0, 10))
                .extracting(SegmentSummary::agesFromMillis)
                .containsExactly(Long.MAX_VALUE);
    }

    @Test
    void theLargestTimeIsThatOfWhatIsLive() throws InterruptedException {
        Log log = new Log();
        log.batch(10, 10, 5_000).batch(10, 10, 90_000).batch(10, 10, 70_000).batch(10, 10, 6_000);
        log.sealAll(behind, 1);
        PartitionSegments segments = segments();

        assertThat(segments.maxTimestamp(0, 40)).contains(90_000L);
        assertThat(segments.maxTimestamp(19, 40)).contains(90_000L);
        assertThat(segments.maxTimestamp(20, 40)).contains(70_000L);
        assertThat(segments.maxTimestamp(30, 40)).contains(6_000L);
        assertThat(segments.maxTimestamp(0, 10)).contains(5_000L);
        assertThat(segments.maxTimestamp(40, 40)).isEmpty();
    }

    /** Against a look at every batch, with times in any order, segments and blocks of any size, and from any offset. */
    @Property(tries = 300)
    void timesAreFoundAsALookAtEveryBatchFindsThem(@ForAll Random random) throws InterruptedException {
        MemoryObjectStore objects = new MemoryObjectStore(clock);
        Log log = new Log();
        int count = 1 + random.nextInt(40);
        for (int i = 0; i < count; i++) {
            log.batch(1 + random.nextInt(3), random.nextInt(20) == 0 ? 3 << 20 : 50, random.nextInt(30));
        }
        log.sealAll(objects, 1 + random.nextInt(4));
        PartitionSegments segments = new PartitionSegments(
                Log.TOPIC,
                Log.ID,
                Optional.empty(),
                new Segments(objects, Log.ROOT, clock, new SystemThreads(), CACHE_BYTES));
        long end = log.endOffset();
        for (int i = 0; i < 30; i++) {
            long from = random.nextLong(end);
            long timestamp = random.nextInt(35);
            Optional<RecordBatch> expected = log.batches().stream()
                    .filter(batch -> batch.nextOffset() > from && batch.maxTimestamp() >= timestamp)
                    .findFirst();

            Optional<Located> found = segments.firstBlockAtOrAfter(timestamp, from, end);
            while (found.isPresent() && !hasOne(log, found.get(), timestamp, from)) {
                found = segments.firstBlockAtOrAfter(timestamp, found.get().endOffset(), end);
            }
            assertThat(found.isPresent()).isEqualTo(expected.isPresent());
            if (expected.isPresent()) {
                long base = expected.get().baseOffset();
                assertThat(found)
                        .hasValueSatisfying(block -> assertThat(base)
                                .isGreaterThanOrEqualTo(block.baseOffset())
                                .isLessThan(block.endOffset()));
            }
        }
    }

    private static boolean hasOne(Log log, Located block, long timestamp, long from) {
        return log.batches().stream()
                .filter(batch -> batch.baseOffset() >= block.baseOffset() && batch.nextOffset() <= block.endOffset())
                .anyMatch(batch -> batch.nextOffset() > from && batch.maxTimestamp() >= timestamp);
    }

    @Test
    void missingAndDamagedIndexesAreMadeAnewInChain() throws InterruptedException {
        Log log = new Log();
        for (int i = 0; i < 8; i++) {
            log.epoch(i).batch(10, 500, 9_000 - i, i % 3, 0, i);
        }
        log.epoch(0);
        List<SegmentName> names = IntStream.range(0, 8)
                .mapToObj(i -> Log.name(10L * i, 10L * i + 10, i))
                .toList();
        SealedState before = SealedState.NONE;
        for (SegmentName name : names) {
            log.seal(behind, name, before);
            before = Log.state(behind, name);
        }
        List<ByteBuffer> good = names.stream()
                .map(name -> Log.object(behind, name.indexKey(Log.ROOT)))
                .toList();
        for (int i : new int[] {2, 3, 5}) {
            behind.delete(List.of(names.get(i).indexKey(Log.ROOT)));
        }
        ByteBuffer damaged = Log.object(behind, names.get(6).indexKey(Log.ROOT));
        damaged.put(damaged.limit() - 20, (byte) ~damaged.get(damaged.limit() - 20));
        behind.delete(List.of(names.get(6).indexKey(Log.ROOT)));
        behind.put(names.get(6).indexKey(Log.ROOT), List.of(damaged));

        PartitionSegments segments = segments();
        assertThat(segments.blockAt(65, 80).baseOffset()).isEqualTo(60);
        assertThat(segments.blockAt(35, 80).baseOffset()).isEqualTo(30);

        for (int i : new int[] {2, 3, 5}) {
            assertThat(Log.object(behind, names.get(i).indexKey(Log.ROOT)))
                    .as("index " + i)
                    .isEqualTo(good.get(i));
        }
        assertThat(Log.object(behind, names.get(6).indexKey(Log.ROOT))).isEqualTo(damaged);
        Segments all = new Segments(store, Log.ROOT, clock, new SystemThreads(), CACHE_BYTES);
        assertThat(all.state(names.get(6)).producers())
                .isEqualTo(IndexImage.parse(names.get(6), good.get(6)).state().producers());
        assertThat(all.state(names.get(6)).epochs()).hasSize(7);
    }

    @Test
    void aDamagedSegmentIsNotMadeAnIndexOf() {
        Log log = tens();
        SegmentIndex index = log.seal(behind, 0, 100, SealedState.NONE);
        ObjectKey key = index.name().segmentKey(Log.ROOT);
        ByteBuffer good = Log.object(behind, key);
        Random random = new Random(3);
        for (int i = 0; i < 300; i++) {
            ByteBuffer bad =
                    ByteBuffer.allocate(good.limit()).put(good.duplicate()).flip();
            int bit = i < 100 ? i * 4 : random.nextInt(good.limit() * 8);
            if (bit / 8 >= 20 && bit / 8 < 28) {
                continue; // the time at which it was made has no checksum
            }
            bad.put(bit / 8, (byte) (bad.get(bit / 8) ^ (1 << (bit % 8))));
            behind.delete(List.of(key));
            behind.put(key, List.of(bad));
            assertCorrupt(index.name());
        }
        for (int length : new int[] {0, 1, 47, 48, 49, 100, good.limit() - 1}) {
            behind.delete(List.of(key));
            behind.put(key, List.of(good.slice(0, length)));
            assertCorrupt(index.name());
        }
    }

    private void assertCorrupt(SegmentName name) {
        assertThatThrownBy(() -> SegmentScan.index(behind, Log.ROOT, name, SealedState.NONE))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
    }

    @Test
    void whatIsGoneIsNotFound() {
        Segments segments = new Segments(store, Log.ROOT, clock, new SystemThreads(), CACHE_BYTES);

        assertThatThrownBy(() -> segments.index(Log.name(0, 5, 0)))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
    }

    @Test
    void theNewestIndexIsReadWithoutItsSegment() throws InterruptedException {
        Log log = new Log().batch(5, 10, 77, 9, 1, 0);
        SegmentName name = log.seal(behind, 0, 5, SealedState.NONE).name();
        behind.delete(List.of(name.segmentKey(Log.ROOT)));
        Segments segments = new Segments(store, Log.ROOT, clock, new SystemThreads(), CACHE_BYTES);

        assertThat(segments.state(name).producers()).hasSize(1);
        assertThat(segments.state(name).maxTimestamp()).isEqualTo(77);
        assertThat(segments.index(name).blockCount()).isEqualTo(1);
    }

    /** Every read, and every list, of some look-ups fails or lies once: an answer is right or there is none. */
    @Test
    void whateverFailsAnAnswerIsRight() throws InterruptedException {
        tens().sealAll(behind, 2);
        behind.delete(List.of(Log.name(40, 60, 0).indexKey(Log.ROOT)));
        List<Fault> faults = List.of(
                new Fault.FailBefore(),
                new Fault.FailAfter(),
                new Fault.Truncate(),
                new Fault.Flip(77),
                new Fault.Flip(-300));
        FaultPlan dry = FaultPlan.none();
        lookUps(dry);
        for (Fault fault : faults) {
            for (long n = 1; n <= dry.calls(); n++) {
                behind.delete(List.of(Log.name(40, 60, 0).indexKey(Log.ROOT)));
                FaultPlan faulty = FaultPlan.none().failing(n, fault);
                try {
                    lookUps(faulty);
                } catch (StorageException e) {
                    assertThat(e.kind()).isIn(Kind.UNAVAILABLE, Kind.CORRUPT);
                }
                assertThat(faulty.happened()).hasSize(1);
            }
        }
    }

    private void lookUps(FaultPlan faults) throws InterruptedException {
        Segments all = new Segments(
                new FaultyObjectStore(behind, faults, clock), Log.ROOT, clock, new SystemThreads(), CACHE_BYTES);
        PartitionSegments segments = new PartitionSegments(Log.TOPIC, Log.ID, Optional.empty(), all);
        assertThat(segments.blockAt(47, 100).baseOffset()).isEqualTo(40);
        assertThat(segments.firstBlockAtOrAfter(6_500, 0, 100).orElseThrow().baseOffset())
                .isEqualTo(60);
        assertThat(segments.maxTimestamp(0, 100)).contains(10_000L);
        assertThat(segments.blockAt(5, 100).baseOffset()).isEqualTo(0);
        assertThat(all.state(Log.name(80, 100, 0)).maxTimestamp()).isEqualTo(10_000);
    }
}
