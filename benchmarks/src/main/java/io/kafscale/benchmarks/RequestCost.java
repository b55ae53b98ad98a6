// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.LogSettings;
import io.kafscale.broker.log.OpenRequest;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.log.TimestampType;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * How many requests S3 and etcd are asked by the logs of one broker that takes 1 MB/s, for several numbers of partitions: the
 * real logs on stores in memory that count, in time that runs faster. Sealing, merging and retention are at work; what is not
 * referenced any more is removed, so that memory holds what the logs keep. Confined to one thread.
 *
 * <pre>
 *   java -Xmx8g -cp benchmarks/target/benchmarks.jar io.kafscale.benchmarks.RequestCost \
 *       [partitions, comma-separated] [minutes of scaled time] [factor]
 * </pre>
 */
public final class RequestCost {

    private static final UUID TOPIC = new UUID(1, 2);
    private static final ObjectKey ROOT = new ObjectKey("default/cost");
    private static final long BYTES_PER_SECOND = 1_000_000;
    private static final int TICKS_PER_SECOND = 10;
    private static final int BATCHES_PER_TICK = 100;
    private static final long RETENTION_MS = Duration.ofMinutes(12).toMillis();
    private static final int SEGMENT_BYTES = 4 << 20;
    private static final long SEGMENT_MS = Duration.ofMinutes(10).toMillis();
    private static final double DOLLARS_PER_WRITE = 0.005 / 1000;
    private static final double DOLLARS_PER_READ = 0.0004 / 1000;
    private static final double SECONDS_PER_MONTH = 30 * 86_400;

    private final int partitions;
    private final int factor;
    private final ScaledClock clock;
    private final SystemThreads threads = new SystemThreads();
    private final CountedObjects objects;
    private final MemoryObjectStore store;
    private final CountedMetadata metadata;
    private final ClusterKeys keys = new ClusterKeys("cost");
    private final Deque<AppendResult.Accepted> awaited = new ArrayDeque<>();

    private RequestCost(int partitions, int factor) {
        this.partitions = partitions;
        this.factor = factor;
        this.clock = new ScaledClock(factor);
        this.store = new MemoryObjectStore(clock);
        this.objects = new CountedObjects(store);
        this.metadata = new CountedMetadata(new MemoryMetadataStore(clock));
    }

    /** See the type. */
    public static void main(String[] arguments) throws InterruptedException {
        String[] counts = (arguments.length > 0 ? arguments[0] : "1,100,1000,10000").split(",", -1);
        int minutes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 120;
        int factor = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 20;
        System.out.println("| partitions | minutes | PUT/s | GET/s | LIST/s | etcd txn/s | etcd reads/s"
                + " | $/month | commit records | etcd keys | etcd KB | written / appended |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|---|");
        for (String count : counts) {
            new RequestCost(Integer.parseInt(count), factor).run(minutes);
        }
    }

    private void run(int minutes) throws InterruptedException {
        LogLimits limits = LogLimits.forHeap(1L << 30, Duration.ofMillis(100));
        LogEnvironment environment =
                new LogEnvironment(clock, threads, new SplittableRandom(1), objects, metadata, keys, ROOT);
        try (PartitionLogs logs = new PartitionLogs(environment, limits)) {
            logs.begin(register());
            List<PartitionLog> open = open(logs);
            produce(open, minutes);
        } finally {
            threads.close();
        }
    }

    private Token register() {
        String key = keys.broker(0);
        Lease lease = metadata.grantLease(Duration.ofDays(1000));
        ByteString registration =
                BrokerRegistration.newBuilder().setIncarnation("0-cost").build().toByteString();
        Transaction create = Transaction.when().put(key, registration, lease).build();
        if (!(metadata.commit(create) instanceof TransactionResult.Applied applied)) {
            throw new IllegalStateException("not registered");
        }
        return new Token(0, "0-cost", key, applied.revision(), lease);
    }

    private List<PartitionLog> open(PartitionLogs logs) {
        List<OpenRequest> requests = new ArrayList<>();
        LogSettings settings = new LogSettings(
                1 << 20,
                TimestampType.LOG_APPEND_TIME,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                new LogSettings.Keeping(RETENTION_MS, LogSettings.Keeping.NO_LIMIT, SEGMENT_BYTES, SEGMENT_MS));
        for (int p = 0; p < partitions; p++) {
            PartitionId id = new PartitionId(TOPIC, p);
            PartitionState state = PartitionState.getDefaultInstance();
            Transaction acquire = Transaction.when()
                    .put(keys.partitionOwner(id), ByteString.EMPTY)
                    .put(keys.partitionState(id), state.toByteString())
                    .build();
            if (!(metadata.commit(acquire) instanceof TransactionResult.Applied applied)) {
                throw new IllegalStateException("not acquired");
            }
            requests.add(new OpenRequest(id, "cost", state, applied.revision(), () -> settings));
        }
        logs.open(requests, served -> {});
        return requests.stream()
                .map(OpenRequest::id)
                .map(id -> logs.find(id).orElseThrow())
                .toList();
    }

    private void produce(List<PartitionLog> logs, int minutes) throws InterruptedException {
        int batches = Math.min(partitions, BATCHES_PER_TICK);
        byte[] template = Batches.plain(1, (int) (BYTES_PER_SECOND / TICKS_PER_SECOND / batches) - 80)
                .array();
        long tickNanos = 1_000_000_000L / TICKS_PER_SECOND;
        long begin = clock.monotonicNanos();
        int next = 0;
        Counts since = counts();
        int reportEvery = Math.max(1, minutes / 4);
        for (long tick = 1; tick <= (long) minutes * 60 * TICKS_PER_SECOND; tick++) {
            for (int i = 0; i < batches; i++) {
                append(logs.get(next), template.clone());
                next = (next + 1) % partitions;
            }
            settle();
            long due = begin + tick * tickNanos;
            clock.sleep(Duration.ofNanos(Math.max(0, due - clock.monotonicNanos())));
            if (tick % (60L * TICKS_PER_SECOND) == 0) {
                removeUnreferenced();
                removeTrimmed(logs);
                long minute = tick / (60L * TICKS_PER_SECOND);
                if (minute % reportEvery == 0) {
                    Counts now = counts();
                    report(minute, since, now, batches * (long) template.length * reportEvery * 60 * TICKS_PER_SECOND);
                    since = counts();
                }
            }
        }
    }

    private void append(PartitionLog log, byte[] batch) throws InterruptedException {
        AppendResult result =
                log.append(RecordBatch.at(ByteBuffer.wrap(batch), 0), TimestampType.LOG_APPEND_TIME, Deadline.NEVER);
        if (!(result instanceof AppendResult.Accepted accepted)) {
            throw new IllegalStateException("not appended: " + result);
        }
        awaited.addLast(accepted);
    }

    /** Waits for what was appended so long ago that it should be committed. */
    private void settle() throws InterruptedException {
        while (awaited.size() > 20_000) {
            awaited.removeFirst().outcome().await(clock, Deadline.NEVER);
        }
    }

    /** As garbage collection would after its grace; the requests of it are not counted. */
    private void removeUnreferenced() {
        String shared = "default/cost/shared/";
        List<ObjectKey> there = new ArrayList<>();
        for (List<ObjectInfo> page = store.list(shared, "", 1000); !page.isEmpty(); ) {
            page.forEach(info -> there.add(info.key()));
            page = store.list(shared, page.getLast().key().value(), 1000);
        }
        Set<String> named = new HashSet<>();
        for (KeyValue entry : records()) {
            named.add(parsed(entry).getKey());
        }
        long young = clock.wallMillis() - Duration.ofMinutes(5).toMillis();
        store.delete(there.stream()
                .filter(key -> !named.contains(key.value()))
                .filter(key -> modified(key) < young)
                .toList());
    }

    private void removeTrimmed(List<PartitionLog> logs) {
        String topics = "default/cost/topics/";
        List<ObjectKey> trimmed = new ArrayList<>();
        for (List<ObjectInfo> page = store.list(topics, "", 1000); !page.isEmpty(); ) {
            for (ObjectInfo info : page) {
                SegmentName.parse(ROOT, info.key())
                        .filter(name -> SegmentName.isSegment(info.key()))
                        .filter(name -> name.endOffset()
                                <= logs.get(name.id().partition()).logStartOffset())
                        .ifPresent(name -> trimmed.add(info.key()));
            }
            page = store.list(topics, page.getLast().key().value(), 1000);
        }
        store.delete(trimmed);
    }

    private long modified(ObjectKey key) {
        return store.list(key.value(), "", 1).getFirst().lastModifiedMillis();
    }

    private List<KeyValue> records() {
        return metadata.range(keys.commits()).all();
    }

    private static SharedObject parsed(KeyValue entry) {
        try {
            return SharedObject.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Counts(long nanos, long puts, long gets, long lists, long written, long transactions, long reads) {}

    private Counts counts() {
        return new Counts(
                clock.monotonicNanos(),
                objects.puts.sum(),
                objects.gets.sum(),
                objects.lists.sum(),
                objects.bytesIn.sum(),
                metadata.transactions.sum(),
                metadata.reads.sum());
    }

    private void report(long minute, Counts from, Counts to, long appended) {
        double seconds = (to.nanos - from.nanos) / 1e9;
        double puts = (to.puts - from.puts) / seconds;
        double gets = (to.gets - from.gets) / seconds;
        double lists = (to.lists - from.lists) / seconds;
        double dollars = ((puts + lists) * DOLLARS_PER_WRITE + gets * DOLLARS_PER_READ) * SECONDS_PER_MONTH;
        List<KeyValue> all = metadata.range(keys.root()).all();
        long bytes = all.stream()
                .mapToLong(entry -> entry.key().length() + entry.value().size())
                .sum();
        System.out.printf(
                Locale.ROOT,
                "| %d | %d | %.2f | %.2f | %.3f | %.2f | %.3f | %.0f | %d | %d | %d | %.2f |%n",
                partitions,
                minute,
                puts,
                gets,
                lists,
                (to.transactions - from.transactions) / seconds,
                (to.reads - from.reads) / seconds,
                dollars,
                records().size(),
                all.size(),
                bytes / 1000,
                (to.written - from.written) / (double) appended);
        if (seconds > 1.2 * 60 * Math.max(1, minute)) {
            System.out.println("the machine was too slow for factor " + factor);
        }
    }
}
