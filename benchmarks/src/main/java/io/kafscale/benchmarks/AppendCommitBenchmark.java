// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.LogSettings;
import io.kafscale.broker.log.OpenRequest;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.UploadInfo;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.PartitionState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From an append until its commit, on stores in memory: batches of sixteen partitions go in together and the last of
 * them is waited for. Objects are dropped once they are written, so that memory holds only what the logs keep; the heap
 * has a fixed size and is paged in beforehand, or its growth would be what is measured. One state per thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch"})
public class AppendCommitBenchmark {

    private static final int PARTITIONS = 16;
    private static final UUID TOPIC = new UUID(1, 2);

    /** Records of 1 KiB in each batch. */
    @Param({"1", "15", "1000"})
    public int records;

    private final Clock clock = new SystemClock();
    private final SystemThreads threads = new SystemThreads();
    private final MetadataStore metadata = new MemoryMetadataStore(clock);
    private final ClusterKeys keys = new ClusterKeys("benchmark");
    private final PartitionLogs logs = new PartitionLogs(
            new LogEnvironment(
                    clock,
                    threads,
                    new SplittableRandom(1),
                    new DroppingObjectStore(clock),
                    metadata,
                    keys,
                    new ObjectKey("benchmark")),
            LogLimits.forHeap(Runtime.getRuntime().maxMemory(), Duration.ZERO));
    private List<PartitionLog> partitions = List.of();
    private ByteBuffer template = ByteBuffer.allocate(0);

    @Setup
    public void open() {
        template = Batches.plain(records, 1024);
        Token token = register();
        logs.begin(token);
        List<OpenRequest> requests = IntStream.range(0, PARTITIONS)
                .mapToObj(p -> new OpenRequest(
                        new PartitionId(TOPIC, p),
                        "benchmark",
                        PartitionState.getDefaultInstance(),
                        0,
                        () -> LogSettings.DEFAULTS))
                .toList();
        logs.open(requests, served -> {});
        partitions = requests.stream()
                .map(OpenRequest::id)
                .map(id -> logs.find(id).orElseThrow())
                .toList();
        if (partitions.size() != PARTITIONS) {
            throw new IllegalStateException(partitions.size() + " partitions are open");
        }
    }

    private Token register() {
        String key = keys.broker(0);
        Transaction create =
                Transaction.when(Compare.absent(key)).put(key, ByteString.EMPTY).build();
        if (!(metadata.commit(create) instanceof TransactionResult.Applied applied)) {
            throw new IllegalStateException("not registered");
        }
        return new Token(0, "0-benchmark", key, applied.revision(), new Lease(1, Duration.ofHours(1)));
    }

    @TearDown
    public void close() {
        logs.close();
        metadata.close();
        threads.close();
    }

    @Benchmark
    @OperationsPerInvocation(PARTITIONS)
    public void appendAndCommit() throws InterruptedException {
        List<AppendResult> results = new ArrayList<>(PARTITIONS);
        for (PartitionLog log : partitions) {
            // The log writes the base offset into the batch and keeps it, so each append has bytes of its own.
            ByteBuffer batch = ByteBuffer.wrap(template.array().clone());
            results.add(log.append(RecordBatch.at(batch, 0), LogSettings.DEFAULTS.timestampType(), Deadline.NEVER));
        }
        for (AppendResult result : results) {
            if (!(result instanceof AppendResult.Accepted accepted)
                    || !(accepted.outcome().await(clock, Deadline.NEVER).orElseThrow() instanceof Outcome.Committed)) {
                throw new IllegalStateException("not committed: " + result);
            }
        }
    }

    /** Takes every object and keeps none: reads are not part of the measurement. Thread-safe. */
    private static final class DroppingObjectStore implements ObjectStore {
        private final ObjectStore empty;

        DroppingObjectStore(Clock clock) {
            this.empty = new MemoryObjectStore(clock);
        }

        @Override
        public PutResult put(ObjectKey key, List<ByteBuffer> body) {
            return new PutResult.Created();
        }

        @Override
        public ByteBuffer read(ObjectKey key, long position, int length) {
            return empty.read(key, position, length);
        }

        @Override
        public ByteBuffer readTail(ObjectKey key, int length) {
            return empty.readTail(key, length);
        }

        @Override
        public List<ObjectInfo> list(String prefix, String after, int max) {
            return empty.list(prefix, after, max);
        }

        @Override
        public void delete(Collection<ObjectKey> keys) {
            empty.delete(keys);
        }

        @Override
        public ObjectUpload upload(ObjectKey key) {
            return empty.upload(key);
        }

        @Override
        public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
            return empty.listUploads(prefix, startedBeforeMillis);
        }

        @Override
        public void abortUploads(Collection<UploadInfo> uploads) {
            empty.abortUploads(uploads);
        }

        @Override
        public void close() {
            empty.close();
        }
    }
}
