// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.HookedMetadata;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.OpenRequest;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.segment.SegmentWriter;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.ClusterIdentity;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.TopicConfig;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * A cluster on stores in memory that brokers come and go on, whose metadata can be lost or set back. Confined to one thread.
 */
final class FsckRig implements AutoCloseable {

    static final String TOPIC = "topic";
    static final String UUID = "AAAAAAAAQACAAAAAAAAAAQ";
    static final int PARTITIONS = 3;

    final LogRig rig = new LogRig();
    final MemoryObjectStore objects = rig.objects;
    final List<PartitionLogs> started = new ArrayList<>();
    MemoryMetadataStore metadata = new MemoryMetadataStore(rig.clock);
    private int incarnations;

    /** The hook of the broker that was started last. */
    HookedMetadata hooked = new HookedMetadata(metadata);

    FsckRig() {
        objects.put(
                key("cluster.json"),
                List.of(
                        bytes(
                                "{\"uuid\": \"" + UUID
                                        + "\", \"cluster_id\": \"test\", \"format_version\": 1, \"created\": \"2026-01-01T00:00:00Z\"}")));
        put(rig.keys.cluster(), identity(1));
        raiseInBucket(1);
        putTopic(TOPIC, LogRig.TOPIC, PARTITIONS);
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static ByteString identity(long counter) {
        return ClusterIdentity.newBuilder()
                .setUuid(UUID)
                .setCounter(counter)
                .setGroupShards(64)
                .setFormatVersion(1)
                .build()
                .toByteString();
    }

    ObjectKey key(String name) {
        return new ObjectKey("default/test/" + name);
    }

    void put(String key, ByteString value) {
        metadata.commit(Transaction.when().put(key, value).build());
    }

    void drop(String key) {
        metadata.commit(Transaction.when().delete(key).build());
    }

    void putTopic(String name, java.util.UUID id, int partitions) {
        put(
                rig.keys.topic(name),
                TopicConfig.newBuilder()
                        .setName(name)
                        .setTopicId(TopicIds.bytes(id))
                        .setPartitions(partitions)
                        .putConfigs("retention.ms", "1234")
                        .build()
                        .toByteString());
    }

    private void raiseInBucket(long counter) {
        IdentityCheck.history(environment()).raise(UUID, counter);
    }

    LogEnvironment environment() {
        return environment(metadata, objects);
    }

    LogEnvironment environment(MetadataStore ofMetadata, ObjectStore ofObjects) {
        return new LogEnvironment(
                rig.clock,
                rig.threads,
                new Random(7 + incarnations),
                ofObjects,
                ofMetadata,
                rig.keys,
                new ObjectKey("default/test"));
    }

    /** A broker registers, which ends the one before it; the counter goes up in both stores. */
    PartitionLogs start() {
        return start(real -> real);
    }

    PartitionLogs start(UnaryOperator<ObjectStore> around) {
        long counter = counter() + 1;
        put(rig.keys.cluster(), identity(counter));
        raiseInBucket(counter);
        stop();
        String incarnation = "incarnation-" + ++incarnations;
        Lease lease = metadata.grantLease(Duration.ofDays(30));
        String key = rig.keys.broker(0);
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
        hooked = new HookedMetadata(metadata);
        PartitionLogs logs = new PartitionLogs(environment(hooked, around.apply(objects)), LogRig.LIMITS);
        started.add(logs);
        logs.begin(new Token(0, incarnation, key, created, lease));
        return logs;
    }

    /** Nobody is registered any more. */
    void stop() {
        drop(rig.keys.broker(0));
    }

    long counter() {
        try {
            return ClusterIdentity.parseFrom(value(rig.keys.cluster())).getCounter();
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    ByteString value(String key) {
        return metadata.get(List.of(key)).find(key).map(KeyValue::value).orElse(ByteString.EMPTY);
    }

    PartitionState state(int partition) {
        try {
            return PartitionState.parseFrom(value(rig.keys.partitionState(LogRig.partition(partition))));
        } catch (com.google.protobuf.InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    void put(int partition, PartitionState state) {
        put(rig.keys.partitionState(LogRig.partition(partition)), state.toByteString());
    }

    /** The broker acquires a partition, with the next epoch. */
    PartitionLog open(PartitionLogs logs, int partition) {
        String key = rig.keys.partitionState(LogRig.partition(partition));
        boolean isFirst = metadata.get(List.of(key)).find(key).isEmpty();
        PartitionState last = state(partition);
        PartitionState next = isFirst
                ? last
                : last.toBuilder().setLeaderEpoch(last.getLeaderEpoch() + 1).build();
        put(partition, next);
        OpenRequest request = new OpenRequest(LogRig.partition(partition), TOPIC, next, 0, () -> LogRig.KEEP_ALL);
        logs.open(List.of(request), ConcurrentHashMap.newKeySet()::add);
        return logs.find(LogRig.partition(partition))
                .orElseThrow(() -> new AssertionError("partition " + partition + " does not open"));
    }

    long commit(PartitionLog log, TestBatch batch) throws InterruptedException {
        return rig.commit(log, batch);
    }

    /** Appends what is uploaded but never committed: the store refuses, until another broker has registered. */
    void appendInVain(PartitionLog log, TestBatch batch) throws InterruptedException {
        long before = sharedObjects().size();
        hooked.onCommit((transaction, real) -> {
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "for this test");
        });
        AppendResult result = rig.append(log, batch);
        if (!(result instanceof AppendResult.Accepted)) {
            throw new AssertionError(result);
        }
        for (int i = 0; i < 10_000 && sharedObjects().size() == before; i++) {
            rig.clock.sleep(Duration.ofMillis(20));
        }
        stop();
        hooked.onCommit((transaction, real) -> real.get());
        Outcome outcome = rig.outcome(result);
        if (outcome instanceof Outcome.Committed) {
            throw new AssertionError(outcome);
        }
    }

    List<ObjectInfo> sharedObjects() {
        return objects.list("default/test/shared/", "", 1000);
    }

    /** Seals a partition's records from where it is sealed to the end of the batch before an offset, as its owner does. */
    SegmentName seal(PartitionLog log, long end) throws InterruptedException {
        int partition = log.id().partition();
        SegmentName name = writeSegment(log, state(partition).getSealedThrough(), end);
        put(
                partition,
                state(partition).toBuilder()
                        .setSealedThrough(name.endOffset())
                        .setNewestSegment(name.toString())
                        .build());
        return name;
    }

    SegmentName writeSegment(PartitionLog log, long from, long end) throws InterruptedException {
        List<RecordBatch> batches = new ArrayList<>();
        long next = from;
        while (next < end) {
            io.kafscale.broker.read.ReadResult read = log.read(next, 1, true);
            for (ByteBuffer bytes : ((io.kafscale.broker.read.ReadResult.Records) read).batches()) {
                ByteBuffer copy = ByteBuffer.allocate(bytes.remaining())
                        .put(bytes.duplicate())
                        .flip();
                RecordBatch batch = RecordBatch.at(copy, 0);
                batches.add(batch);
                next = batch.nextOffset();
            }
        }
        SegmentName name = new SegmentName(TOPIC, log.id(), from, next - 1, log.leaderEpoch());
        try (SegmentWriter writer = new SegmentWriter(
                objects, new ObjectKey("default/test"), name, rig.clock.wallMillis(), SealedState.NONE)) {
            writer.add(new BatchRun(batches));
            writer.finish();
        }
        return name;
    }

    /** All records of a partition by offset, those of sealed segments read from these. */
    Map<Long, String> contents(PartitionLog log) throws InterruptedException {
        TreeMap<Long, String> contents = new TreeMap<>();
        PartitionState state = state(log.id().partition());
        List<SealedCheck.Part> parts = new ArrayList<>();
        new Listing(objects, SegmentName.folder(new ObjectKey("default/test"), TOPIC, log.id())).forEach(object -> {
            if (SegmentName.isSegment(object.key())) {
                SegmentName name = SegmentName.parse(new ObjectKey("default/test"), object.key())
                        .orElseThrow();
                parts.add(new SealedCheck.Part(name, Optional.of(object), Optional.empty()));
            }
        });
        for (SealedCheck.Part part : SealedCheck.tile(parts, state.getLogStart(), state.getSealedThrough())
                .picked()) {
            ObjectInfo object = part.segment().orElseThrow();
            ByteBuffer all = objects.readTail(object.key(), 1 << 20);
            for (int at = 32;
                    at < all.limit() - 16;
                    at += RecordBatch.at(all, at).sizeBytes()) {
                long offset = RecordBatch.at(all, at).baseOffset();
                for (String value : TestBatch.valuesOf(RecordBatch.at(all, at).bytes())) {
                    if (offset < state.getSealedThrough()) {
                        contents.putIfAbsent(offset, value);
                    }
                    offset++;
                }
            }
        }
        long start = Math.max(state.getLogStart(), state.getSealedThrough());
        for (String entry : LogRig.readAll(log, start, 1 << 20)) {
            int at = entry.indexOf('=');
            contents.put(Long.parseLong(entry.substring(0, at)), entry.substring(at + 1));
        }
        return contents;
    }

    /** The lasting metadata as it is now. */
    Map<String, ByteString> snapshot() {
        Map<String, ByteString> all = new TreeMap<>();
        metadata.range("/").all().stream()
                .filter(entry -> entry.leaseId() == Lease.NONE)
                .forEach(entry -> all.put(entry.key(), entry.value()));
        return all;
    }

    /** The metadata is lost, and an older state is there in its place; none for nothing at all. */
    void setBack(Map<String, ByteString> state) {
        metadata = new MemoryMetadataStore(rig.clock);
        state.forEach(this::put);
    }

    /** Changes one byte of an object. */
    void flip(ObjectKey key, int position) {
        ByteBuffer bytes = objects.readTail(key, 1 << 20);
        bytes.put(position, (byte) (bytes.get(position) ^ 0x55));
        replace(key, bytes);
    }

    void replace(ObjectKey key, ByteBuffer bytes) {
        objects.delete(List.of(key));
        objects.put(key, List.of(bytes));
    }

    TestReport check() throws InterruptedException {
        TestReport report = new TestReport();
        new Fsck(environment(), report).run(new Fsck.Mode.Check());
        return report;
    }

    TestReport repair() throws InterruptedException {
        return repair(Duration.ofHours(24));
    }

    /** A grace of hardly anything makes all that is there old. */
    TestReport repairAtOnce() throws InterruptedException {
        return repair(Duration.ofNanos(1));
    }

    private TestReport repair(Duration grace) throws InterruptedException {
        TestReport report = new TestReport();
        new Fsck(environment(), report).run(new Fsck.Mode.Repair(grace));
        return report;
    }

    TestReport restore() throws InterruptedException {
        stop();
        TestReport report = new TestReport();
        new Restore(environment(), report).run(false, false);
        return report;
    }

    TestReport restoreWithLoss() throws InterruptedException {
        stop();
        TestReport report = new TestReport();
        new Restore(environment(), report).acceptingLoss().run(false, false);
        return report;
    }

    PartitionId partition(int number) {
        return LogRig.partition(number);
    }

    Deadline soon() {
        return rig.soon();
    }

    @Override
    public void close() {
        started.forEach(PartitionLogs::close);
        rig.close();
    }
}
