// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Accepted;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Stores that outlive brokers, and the logs of one broker after the other on them, in hurried time. Confined to one thread,
 * except where a test says otherwise.
 */
public final class LogRig implements AutoCloseable {

    public static final UUID TOPIC = new UUID(0x8000_0000_0000_0000L, 7);
    public static final LogLimits LIMITS =
            new LogLimits(Duration.ofMillis(1), 64 * 1024, 4, 8 << 20, 8 << 20, 1 << 20, Duration.ofMinutes(30));

    public final Clock clock = new FastClock();
    public final SystemThreads threads = new SystemThreads();
    public final ClusterKeys keys = new ClusterKeys("test");
    public final MemoryObjectStore objects = new MemoryObjectStore(clock);
    public final MemoryMetadataStore metadata = new MemoryMetadataStore(clock);

    private final List<PartitionLogs> started = new ArrayList<>();
    private UnaryOperator<ObjectStore> aroundObjects = UnaryOperator.identity();
    private UnaryOperator<MetadataStore> aroundMetadata = UnaryOperator.identity();
    private LogLimits limits = LIMITS;
    private int incarnations;
    private int epoch;

    public static PartitionId partition(int number) {
        return new PartitionId(TOPIC, number);
    }

    public LogRig limits(LogLimits changed) {
        limits = changed;
        return this;
    }

    /** What stands between brokers that start from now on and the stores. */
    public LogRig around(UnaryOperator<ObjectStore> objectFaults, UnaryOperator<MetadataStore> metadataFaults) {
        aroundObjects = objectFaults;
        aroundMetadata = metadataFaults;
        return this;
    }

    public LogEnvironment environment() {
        return new LogEnvironment(
                clock,
                threads,
                new Random(42 + incarnations),
                WatchedObjectStore.around(aroundObjects.apply(objects), clock),
                aroundMetadata.apply(metadata),
                keys,
                new ObjectKey("default/test"));
    }

    /** The broker registers anew, which ends what was registered before. */
    public Token register() {
        return register(0);
    }

    private Token register(int brokerId) {
        String key = keys.broker(brokerId);
        metadata.commit(Transaction.when().delete(key).build());
        Lease lease = metadata.grantLease(Duration.ofDays(30));
        String incarnation = "incarnation-" + ++incarnations;
        metadata.commit(Transaction.when()
                .put(key, com.google.protobuf.ByteString.copyFromUtf8(incarnation), lease)
                .build());
        long created = metadata.get(List.of(key))
                .find(key)
                .map(KeyValue::createRevision)
                .orElseThrow();
        return new Token(brokerId, incarnation, key, created, lease);
    }

    /** A broker that has begun a new incarnation and serves nothing yet. */
    public PartitionLogs start() {
        return startAs(0);
    }

    /** The same for the broker of that id; the others go on. */
    public PartitionLogs startAs(int brokerId) {
        PartitionLogs logs = new PartitionLogs(environment(), limits);
        started.add(logs);
        logs.begin(register(brokerId));
        return logs;
    }

    /** Has partitions served with the next epoch. */
    public List<PartitionId> open(PartitionLogs logs, int... partitions) {
        epoch++;
        List<OpenRequest> requests = new ArrayList<>();
        for (int number : partitions) {
            requests.add(request(number, epoch));
        }
        return open(logs, requests);
    }

    /** Those that are served now, in the order in which they were asked for. */
    public static List<PartitionId> open(PartitionLogs logs, List<OpenRequest> requests) {
        Set<PartitionId> served = ConcurrentHashMap.newKeySet();
        logs.open(requests, served::add);
        return requests.stream().map(OpenRequest::id).filter(served::contains).toList();
    }

    /** A new broker that serves one partition. */
    public PartitionLog openOne(int number) {
        PartitionLogs logs = start();
        open(logs, number);
        return logs.find(partition(number)).orElseThrow();
    }

    public static OpenRequest request(int number, int epoch) {
        return new OpenRequest(partition(number), "topic", epoch, 0, 0, LogSettings.DEFAULTS);
    }

    public Deadline soon() {
        return Deadline.after(clock, Duration.ofMinutes(20));
    }

    public AppendResult append(PartitionLog log, TestBatch batch) throws InterruptedException {
        return log.append(batch.batch(), soon());
    }

    public Outcome outcome(AppendResult result) throws InterruptedException {
        return ((Accepted) result).outcome().await(clock, soon()).orElseThrow();
    }

    /** Appends, waits, and gives the base offset. */
    public long commit(PartitionLog log, TestBatch batch) throws InterruptedException {
        return ((Outcome.Committed) outcome(append(log, batch))).baseOffset();
    }

    /** Every value from an offset to the high watermark, with its offset in front, as {@code 3=value}. */
    public static List<String> readAll(PartitionLog log, long from, int maxBytes) throws InterruptedException {
        List<String> values = new ArrayList<>();
        long next = from;
        while (next < log.highWatermark()) {
            ReadResult result = log.read(next, maxBytes, true);
            if (!(result instanceof ReadResult.Records records)) {
                throw new AssertionError("read of offset " + next + ": " + result);
            }
            for (ByteBuffer batch : records.batches()) {
                long offset = batch.getLong(0);
                for (String value : TestBatch.valuesOf(batch)) {
                    if (offset >= next) {
                        values.add(offset + "=" + value);
                    }
                    offset++;
                }
                next = offset;
            }
        }
        return values;
    }

    @Override
    public void close() {
        started.forEach(PartitionLogs::close);
        threads.close();
        if (!threads.running().isEmpty()) {
            throw new AssertionError("threads are left: " + threads.running());
        }
    }
}
