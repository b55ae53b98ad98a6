// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The policy over a day of virtual time, from an empty broker on, with 1 MB/s in ten flushes a second. */
final class MergeSimulationTest {

    private static final int DAY = 24 * 3600;
    private static final MergeLimits LIMITS = MergeLimits.forHeap(1L << 30);

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 1_000, 10_000})
    void aDayOfSteadyLoadStaysWithinItsBounds(int partitions) {
        SimulatedLoad load = new SimulatedLoad(partitions, LIMITS, new Random(7), DAY);
        load.run(DAY);

        String found =
                "%,d partitions: at most %d records, %.2f puts/s (%.2f in the worst ten minutes), bytes written %.2f times, %d merges, %d reliefs, pauses at most %.2f times as long"
                        .formatted(
                                partitions,
                                load.mostRecords,
                                (double) load.puts / DAY,
                                load.mostPutsPerSecond,
                                1 + load.mergedBytes / load.flushedBytes,
                                load.merges,
                                load.reliefs,
                                load.longestStretch);
        assertThat(load.mostRecords).as(found).isLessThan(LIMITS.cap());
        assertThat(load.mostPutsPerSecond).as(found).isLessThan(12);
        assertThat(load.mergedBytes / load.flushedBytes).as(found).isLessThan(4);
    }
}
