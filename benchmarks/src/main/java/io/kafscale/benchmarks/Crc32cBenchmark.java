// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The floor of the write path: the checksum that every produced byte passes through. One state per thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class Crc32cBenchmark {
    private static final long SEED = 1;

    /** Bytes in one batch. */
    @Param({"4096", "1048576"})
    public int batchBytes;

    private byte[] batch = new byte[0];

    /** Fills the batch with bytes that do not compress. */
    @Setup
    public void fill() {
        batch = new byte[batchBytes];
        new Random(SEED).nextBytes(batch);
    }

    /** Checksums one batch. */
    @Benchmark
    public long checksum() {
        CRC32C crc = new CRC32C();
        crc.update(batch, 0, batch.length);
        return crc.getValue();
    }
}
