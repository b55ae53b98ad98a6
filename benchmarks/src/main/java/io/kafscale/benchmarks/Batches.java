// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Batches as a stock producer sends them, with values that do not compress. Immutable. */
final class Batches {

    private static final long SEED = 1;
    private static final long TIME = 1_700_000_000_000L;

    private Batches() {}

    /** One batch without a producer id, so that it may be appended any number of times. */
    static ByteBuffer plain(int records, int valueBytes) {
        Random random = new Random(SEED);
        SimpleRecord[] values = IntStream.range(0, records)
                .mapToObj(i -> {
                    byte[] value = new byte[valueBytes];
                    random.nextBytes(value);
                    return new SimpleRecord(TIME + i, value);
                })
                .toArray(SimpleRecord[]::new);
        return MemoryRecords.withRecords(Compression.NONE, values).buffer();
    }
}
