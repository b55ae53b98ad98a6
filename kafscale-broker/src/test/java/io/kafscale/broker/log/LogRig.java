// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Accepted;
import io.kafscale.broker.merge.MergeLimits;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.BatchDecompressor;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.PartitionState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Stores that outlive brokers, and the logs of one broker after the other on them, in hurried time. Confined to one thread,
 * except where a test says otherwise.
 */
public final class LogRig implements AutoCloseable {

    public static final UUID TOPIC = new UUID(0x8000_0000_0000_0000L, 7);
    public static final LogLimits LIMITS =
            new LogLimits(Duration.ofMillis(1), 64 * 1024, 4, 8 << 20, 8 << 20, 1 << 20, Duration.ofMinutes(30));

    /** The records of tests are from 1970. */
    public static final LogSettings KEEP_ALL =
            settings(LogSettings.Keeping.NO_LIMIT, LogSettings.Keeping.NO_LIMIT, 1 << 30);

    public final FastClock clock = new FastClock();
    public final SystemThreads threads = new SystemThreads();
    public final ClusterKeys keys = new ClusterKeys("test");
    public final MemoryObjectStore objects = new MemoryObjectStore(clock);
    public final MemoryMetadataStore metadata = new MemoryMetadataStore(clock);

    private final List<PartitionLogs> started = new ArrayList<>();
    private UnaryOperator<ObjectStore> aroundObjects = UnaryOperator.identity();
    private UnaryOperator<MetadataStore> aroundMetadata = UnaryOperator.identity();
    private LogLimits limits = LIMITS;
    private Optional<MergeLimits> merging = Optional.empty();
    private int incarnations;
    private int epoch;
    /** Volatile, because the logs look at it from threads of their own. */
    private volatile LogSettings settings = KEEP_ALL;

    public static PartitionId partition(int number) {
        return new PartitionId(TOPIC, number);
    }

    /** When brokers that start from now on merge. */
    public LogRig merging(MergeLimits changed) {
        merging = Optional.of(changed);
        return this;
    }

    public LogRig limits(LogLimits changed) {
        limits = changed;
        return this;
    }

    public static LogSettings settings(long retentionMs, long retentionBytes, int segmentBytes) {
        return new LogSettings(
                LogSettings.DEFAULTS.maxMessageBytes(),
                TimestampType.CREATE_TIME,
                Long.MAX_VALUE,
                LogSettings.DEFAULTS.timestampAfterMaxMs(),
                new LogSettings.Keeping(retentionMs, retentionBytes, segmentBytes, Long.MAX_VALUE));
    }

    /** What holds for the topic from now on, also in logs that are open. */
    public LogRig settings(LogSettings changed) {
        settings = changed;
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
        return registerAs(0);
    }

    /** The same for the broker of that id. */
    public Token registerAs(int brokerId) {
        String key = keys.broker(brokerId);
        metadata.commit(Transaction.when().delete(key).build());
        Lease lease = metadata.grantLease(Duration.ofDays(30));
        String incarnation = "incarnation-" + ++incarnations;
        metadata.commit(Transaction.when()
                .put(
                        key,
                        BrokerRegistration.newBuilder()
                                .setIncarnation(incarnation)
                                .build()
                                .toByteString(),
                        lease)
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
        PartitionLogs logs = new PartitionLogs(
                environment(),
                limits,
                merging.orElseGet(() -> MergeLimits.forHeap(limits.appendBytes() * 4)),
                BatchDecompressor.NONE);
        started.add(logs);
        logs.begin(registerAs(brokerId));
        return logs;
    }

    /** Has partitions served with the next epoch. */
    public List<PartitionId> open(PartitionLogs logs, int... partitions) {
        epoch++;
        List<OpenRequest> requests = new ArrayList<>();
        for (int number : partitions) {
            requests.add(acquire(number, epoch, () -> settings));
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

    /** A partition that nobody has acquired, and that can only be recovered and read. */
    public static OpenRequest request(int number, int epoch) {
        return request(number, epoch, 0, KEEP_ALL);
    }

    public static OpenRequest request(int number, int epoch, long logStart, LogSettings settings) {
        PartitionState state = PartitionState.newBuilder()
                .setLeaderEpoch(epoch)
                .setLogStart(logStart)
                .build();
        return new OpenRequest(partition(number), "topic", state, 0, () -> settings);
    }

    /** Makes a partition that of the broker, with the next epoch, whoever had it before. */
    public OpenRequest acquire(int number, int nextEpoch, LogSettings topicSettings) {
        return acquire(number, nextEpoch, () -> topicSettings);
    }

    private OpenRequest acquire(int number, int nextEpoch, Supplier<LogSettings> topicSettings) {
        String ownerKey = keys.partitionOwner(partition(number));
        PartitionState state =
                state(number).toBuilder().setLeaderEpoch(nextEpoch).build();
        metadata.commit(Transaction.when().delete(ownerKey).build());
        metadata.commit(Transaction.when()
                .put(ownerKey, ByteString.copyFromUtf8("owner"))
                .put(keys.partitionState(partition(number)), state.toByteString())
                .build());
        long revision = metadata.get(List.of(ownerKey))
                .find(ownerKey)
                .map(KeyValue::createRevision)
                .orElseThrow();
        return new OpenRequest(partition(number), "topic", state, revision, topicSettings);
    }

    /** What the metadata says of a partition. */
    public PartitionState state(int number) {
        String key = keys.partitionState(partition(number));
        return metadata.get(List.of(key)).find(key).map(LogRig::parsed).orElseGet(PartitionState::getDefaultInstance);
    }

    private static PartitionState parsed(KeyValue entry) {
        try {
            return PartitionState.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    public Deadline soon() {
        return Deadline.after(clock, Duration.ofMinutes(20));
    }

    public AppendResult append(PartitionLog log, TestBatch batch) throws InterruptedException {
        return log.append(batch.batch(), log.settings().timestampType(), soon());
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
