// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.record.BatchLimits;
import io.kafscale.broker.record.BatchValidator;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
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

/** What the broker checks before it takes a batch: header, counts, CRC. One state per thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BatchValidationBenchmark {

    /** Records of 1 KiB in the batch: one alone, a default batch of 16 KiB, a full one. */
    @Param({"1", "15", "1000"})
    public int records;

    private ByteBuffer batch = ByteBuffer.allocate(0);
    private final BatchLimits limits = BatchLimits.anyTime(2 * 1024 * 1024);

    @Setup
    public void fill() {
        batch = Batches.plain(records, 1024);
        if (!(validate() instanceof BatchValidator.Validation.Valid)) {
            throw new IllegalStateException("the batch is not valid: " + validate());
        }
    }

    @Benchmark
    public BatchValidator.Validation validate() {
        return BatchValidator.validate(batch, limits);
    }
}
