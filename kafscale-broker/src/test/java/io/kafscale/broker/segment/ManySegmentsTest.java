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
        FaultyObjectStore store = new FaultyObjectStore(behind, plan, clock);
        return new PartitionSegments(Log.TOPIC, Log.ID, new Segments(store, Log.ROOT, clock, threads, cacheBytes));
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
