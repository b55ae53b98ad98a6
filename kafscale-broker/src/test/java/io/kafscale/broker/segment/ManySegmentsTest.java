// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A partition of 10,000 segments: what a look-up costs in calls of the store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ManySegmentsTest {

    private static final int COUNT = 10_000;
    private static final int RECORDS = 10;
    private static final long END = (long) COUNT * RECORDS;

    /** Of 1,000 keys, two for each segment. */
    private static final int PAGES = COUNT * 2 / ObjectStore.MAX_LISTING;

    private final SystemClock clock = new SystemClock();
    private final SystemThreads threads = new SystemThreads();
    private final MemoryObjectStore behind = new MemoryObjectStore(clock);

    /** Times rise by a second; the third record comes from the future, and so does one in the middle. */
    @BeforeAll
    void seal() {
        Log log = new Log();
        for (int i = 0; i < COUNT; i++) {
            log.batch(RECORDS, 20, i == 3 ? 99_000_000 : i == 5_000 ? 88_000_000 : 1_000L * i);
        }
        log.sealAll(behind, 1);
    }

    private PartitionSegments segments(FaultPlan plan, long cacheBytes) {
        return segments(plan, Optional.empty(), cacheBytes);
    }

    private PartitionSegments segments(FaultPlan plan, Optional<SegmentName> newest, long cacheBytes) {
        FaultyObjectStore store = new FaultyObjectStore(behind, plan, clock);
        Segments segments = new Segments(store, Log.ROOT, clock, threads, cacheBytes);
        return new PartitionSegments(Log.TOPIC, Log.ID, newest, segments);
    }

    private static Optional<SegmentName> newest(long records) {
        return Optional.of(Log.name(END - records, END, 0));
    }

    @Test
    void aLookUpByOffsetReadsOneIndex() throws InterruptedException {
        for (long offset : new long[] {0, END / 2, END - 1}) {
            FaultPlan plan = FaultPlan.none();
            PartitionSegments segments = segments(plan, 8 << 20);

            assertThat(segments.blockAt(offset, END).baseOffset()).isEqualTo(offset / RECORDS * RECORDS);

            assertThat(plan.calls(StoreCall.OBJECT_LIST)).isBetween((long) PAGES, PAGES + 9L);
            assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isEqualTo(1);
            assertThat(plan.calls(StoreCall.OBJECT_READ)).isEqualTo(0);
        }
    }

    @Test
    void aLookUpByTimeReadsAboutTheLogarithmOfTheirNumber() throws InterruptedException {
        for (int i : new int[] {7_654, 9_999, 5_001}) {
            FaultPlan plan = FaultPlan.none();
            PartitionSegments segments = segments(plan, 8 << 20);

            assertThat(segments.firstBlockAtOrAfter(1_000L * i, 50_010, END)
                            .orElseThrow()
                            .baseOffset())
                    .isEqualTo((long) i * RECORDS);

            assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isLessThanOrEqualTo(15);
        }
    }

    @Test
    void aTimeFromTheFutureInWhatWasTrimmedDoesNotCostAScan() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        PartitionSegments segments = segments(plan, 8 << 20);

        assertThat(segments.firstBlockAtOrAfter(9_000_000, 40, END)
                        .orElseThrow()
                        .baseOffset())
                .isEqualTo(50_000);
        assertThat(segments.firstBlockAtOrAfter(9_000_000, 50_010, END)
                        .orElseThrow()
                        .baseOffset())
                .isEqualTo(90_000);
        assertThat(segments.firstBlockAtOrAfter(9_999_001, 50_010, END)).isEmpty();
        assertThat(segments.firstBlockAtOrAfter(88_000_001, 40, END)).isEmpty();
        assertThat(segments.maxTimestamp(0, END)).contains(99_000_000L);
        assertThat(segments.maxTimestamp(40, END)).contains(88_000_000L);
        assertThat(segments.maxTimestamp(50_010, END)).contains(9_999_000L);

        assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isLessThanOrEqualTo(35);
    }

    @Test
    void aLookUpByOffsetListsAPartWhenTheNewestSegmentIsKnown() throws InterruptedException {
        for (long offset : new long[] {0, 7, END / 2, END / 2 + 319, END - 1}) {
            FaultPlan plan = FaultPlan.none();
            PartitionSegments segments = segments(plan, newest(RECORDS), 8 << 20);

            assertThat(segments.blockAt(offset, END).baseOffset()).isEqualTo(offset / RECORDS * RECORDS);
            assertThat(segments.blockAt(offset, END).baseOffset()).isEqualTo(offset / RECORDS * RECORDS);

            assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(1);
            assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isEqualTo(1);
        }
    }

    @Test
    void aNewestSegmentOfAnotherSizeCostsFewListings() throws InterruptedException {
        for (long records : new long[] {1, 50, 199}) {
            FaultPlan plan = FaultPlan.none();
            PartitionSegments segments = segments(plan, newest(records), 8 << 20);

            assertThat(segments.blockAt(77_777, END).baseOffset()).isEqualTo(77_770);

            assertThat(plan.calls(StoreCall.OBJECT_LIST))
                    .as("newest of %s", records)
                    .isLessThanOrEqualTo(3);
        }
    }

    @Test
    void aLookUpByTimeListsFewPartsWhenTheNewestSegmentIsKnown() throws InterruptedException {
        for (int i : new int[] {7_654, 9_999, 5_001}) {
            FaultPlan plan = FaultPlan.none();
            PartitionSegments segments = segments(plan, newest(RECORDS), 8 << 20);

            assertThat(segments.firstBlockAtOrAfter(1_000L * i, 50_010, END)
                            .orElseThrow()
                            .baseOffset())
                    .isEqualTo((long) i * RECORDS);

            assertThat(plan.calls(StoreCall.OBJECT_LIST)).isLessThanOrEqualTo(4);
            assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isLessThanOrEqualTo(6);
        }
    }

    @Test
    void whoGoesThroughAllHasThemListedOnce() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        PartitionSegments segments = segments(plan, newest(RECORDS), 8 << 20);
        long lists = 0;
        for (long offset = 0; offset < END; offset += RECORDS) {
            assertThat(segments.blockAt(offset, END).baseOffset()).isEqualTo(offset);
            if (offset == END / 2) {
                while (plan.calls(StoreCall.OBJECT_LIST) < PAGES) {
                    Thread.onSpinWait();
                }
                segments.bytes(0, END); // waits until all are listed
                lists = plan.calls(StoreCall.OBJECT_LIST);
            }
        }

        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(lists);
        assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isEqualTo(COUNT);
    }

    /** Segments of one to forty batches, times in any order. */
    @Test
    void partsOfAnUnevenPartitionTellTheSameAsAllOfIt() throws InterruptedException {
        Random random = new Random(11);
        MemoryObjectStore objects = new MemoryObjectStore(clock);
        Log log = new Log();
        SealedState before = SealedState.NONE;
        SegmentIndex newest = log.batch(1, 50, 0).seal(objects, 0, 1, before);
        before = Log.state(objects, newest.name());
        for (int i = 0; i < 1_500; i++) {
            long base = log.endOffset();
            int batches = random.nextInt(10) == 0 ? 1 + random.nextInt(40) : 1 + i / 500;
            for (int batch = 0; batch < batches; batch++) {
                log.batch(1 + random.nextInt(3), 50, random.nextInt(50) * 100 + i);
            }
            newest = log.seal(objects, base, log.endOffset(), before);
            before = Log.state(objects, newest.name());
        }
        long end = log.endOffset();
        PartitionSegments whole = new PartitionSegments(
                Log.TOPIC, Log.ID, Optional.empty(), new Segments(objects, Log.ROOT, clock, threads, 8 << 20));
        for (int i = 0; i < 300; i++) {
            Optional<SegmentName> name = i % 3 == 0
                    ? Optional.of(newest.name())
                    : Optional.of(Log.name(end - 1 - random.nextInt(6), end, 0));
            PartitionSegments parts = new PartitionSegments(
                    Log.TOPIC, Log.ID, name, new Segments(objects, Log.ROOT, clock, threads, 8 << 20));
            long offset = random.nextLong(end);
            long timestamp = random.nextInt(7_000);

            assertThat(parts.blockAt(offset, end)).isEqualTo(whole.blockAt(offset, end));
            assertThat(parts.firstBlockAtOrAfter(timestamp, offset, end))
                    .isEqualTo(whole.firstBlockAtOrAfter(timestamp, offset, end));
            assertThat(parts.maxTimestamp(offset, end)).isEqualTo(whole.maxTimestamp(offset, end));
        }
    }

    @Test
    void retentionReadsTheIndexesThatItIsToldOf() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        PartitionSegments segments = segments(plan, 8 << 20);

        assertThat(segments.bytes(END / 2, END)).isEqualTo(COUNT / 2 * (32 + 81 + 16));
        assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isEqualTo(0);
        assertThat(segments.oldest(3, 15, END))
                .extracting(SegmentSummary::endOffset)
                .containsExactly(20L, 30L, 40L);
        assertThat(plan.calls(StoreCall.OBJECT_READ_TAIL)).isEqualTo(3);
    }

    @Test
    void theCacheIsBoundedInBytes() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        Segments small = new Segments(new FaultyObjectStore(behind, plan, clock), Log.ROOT, clock, threads, 30_000);
        List<SegmentName> names = IntStream.range(6_000, 6_200)
                .mapToObj(i -> Log.name((long) i * RECORDS, (long) (i + 1) * RECORDS, 0))
                .toList();
        long weight = small.index(names.getFirst()).sizeBytes();
        int room = (int) (20_000 / weight);
        assertThat(room).isBetween(5, 100);

        for (int i = 0; i < 2 * room; i++) {
            small.index(names.get(i));
        }
        long reads = plan.calls();
        for (int i = 2 * room - 1; i >= room; i--) {
            small.index(names.get(i));
        }
        assertThat(plan.calls()).isEqualTo(reads);
        small.index(names.get(room - 1));
        assertThat(plan.calls()).isEqualTo(reads + 1);
    }

    @Test
    void aCatalogueThatDoesNotFitTheCacheIsListedEachTimeAndRight() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        PartitionSegments segments = segments(plan, 100_000);

        assertThat(segments.blockAt(77_777, END).baseOffset()).isEqualTo(77_770);
        long lists = plan.calls(StoreCall.OBJECT_LIST);
        assertThat(segments.blockAt(12_345, END).baseOffset()).isEqualTo(12_340);

        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isEqualTo(2 * lists);
    }

    @Test
    void offsetsThatAreSpreadUnevenlyAreListedWhole() throws InterruptedException {
        SegmentListing listing = new SegmentListing(behind, threads, Log.ROOT, Log.TOPIC, Log.ID);

        for (long through : new long[] {0, 5_000, 50_000, 100 * END, Long.MAX_VALUE}) {
            Catalogue all = listing.all(through);
            assertThat(all.count()).isEqualTo(COUNT);
            assertThat(all.endOffset()).isEqualTo(END);
            assertThat(all.lastKey())
                    .isEqualTo(
                            Log.name(END - RECORDS, END, 0).segmentKey(Log.ROOT).value());
        }
    }
}
