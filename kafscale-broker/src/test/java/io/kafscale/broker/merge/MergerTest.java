// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.log.HookedMetadata;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.OpenRequest;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.merge.MergeRig.Broker;
import io.kafscale.broker.merge.Merger.Done;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.PartitionState;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MergerTest {

    private final MergeRig rig = new MergeRig();

    @AfterEach
    void stop() {
        rig.close();
    }

    private Merger merger(Broker broker) {
        return merger(broker, rig.environment());
    }

    private Merger merger(Broker broker, LogEnvironment environment) {
        String incarnation = broker.token().incarnation();
        return new Merger(
                environment, broker.token(), incarnation, rig.registry(incarnation), rig.merging(environment));
    }

    private static Done mergeAll(Merger merger) throws InterruptedException {
        Done done = Done.SOMETHING;
        while (done == Done.SOMETHING) {
            done = merger.step();
        }
        return done;
    }

    private List<CommitRecord> records(Broker broker) {
        return rig.records(broker.token().incarnation());
    }

    @Test
    void whatIsMergedReadsTheSame() throws Exception {
        Broker broker = rig.start();
        for (int i = 0; i < 5; i++) {
            rig.produce(broker, 8);
            assertThat(mergeAll(merger(broker))).isEqualTo(Done.NOTHING);
        }
        List<List<String>> before = rig.content(broker);

        assertThat(records(broker)).hasSizeBetween(2, 8);
        assertThat(records(broker).getFirst().tier()).isGreaterThan(1);
        assertThat(records(broker).getLast().tier()).isZero();
        rig.collectGarbage();
        Broker next = rig.start();
        assertThat(rig.content(next)).isEqualTo(before);
        rig.checkProducers(next);
    }

    @Test
    void recordsSayWhichSequencesTheyCover() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        mergeAll(merger(broker));

        assertThat(records(broker))
                .extracting(CommitRecord::firstSequence, CommitRecord::lastSequence, CommitRecord::tier)
                .containsExactly(tuple(1L, 8L, 1), tuple(9L, 9L, 0));
        assertThat(rig.keys(broker.token().incarnation()).getFirst().key()).endsWith("00000000000000000001");
        assertThat(records(broker).getFirst().object().value())
                .startsWith("default/test/shared/" + broker.token().incarnation() + "/00000000000000000001-");
    }

    @Test
    void thoseWhoReadAreToldOfTheNewPlaces() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 5);
        merger(broker).step();

        assertThat(rig.moves.moved)
                .isNotEmpty()
                .allSatisfy(moved -> assertThat(moved.object())
                        .isEqualTo(records(broker).getFirst().object()));
        assertThat(rig.moves.moved.stream()
                        .mapToLong(moved ->
                                moved.chunk().endOffset() - moved.chunk().baseOffset())
                        .sum())
                .isEqualTo(8);
    }

    @Test
    void anotherRangeBetweenTwoChunksStaysWhereItIs() throws Exception {
        Broker first = rig.start();
        rig.produce(first, 4);
        Broker second = rig.start();
        rig.produce(second, 7);
        Broker third = rig.start();
        rig.produce(third, 5);
        List<List<String>> before = rig.content(third);
        mergeAll(merger(third));

        DeadRecords dead = new DeadRecords(rig.environment(), rig.merging(rig.environment()));
        for (Broker gone : List.of(first, second)) {
            String name = gone.token().incarnation();
            assertThat(dead.tend(third.token(), rig.head(name), rig.keys(name))).isEqualTo(DeadRecords.Outcome.DONE);
        }

        assertThat(records(first)).hasSize(2);
        assertThat(records(second)).hasSize(2);
        rig.collectGarbage();
        assertThat(rig.content(rig.start())).isEqualTo(before);
    }

    @Test
    void recordsOfDeadChunksAreDroppedButForTheLast() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 12);
        rig.liveness = chunk -> false;
        MergeLimits eager = new MergeLimits(100, 4, 3, 100_000, 2_000, 1 << 20, Duration.ofNanos(1));
        String incarnation = broker.token().incarnation();
        Merger merger = new Merger(
                rig.environment(),
                broker.token(),
                incarnation,
                rig.registry(incarnation),
                rig.merging(rig.environment(), eager));

        assertThat(mergeAll(merger)).isEqualTo(Done.NOTHING);

        assertThat(records(broker)).hasSize(1);
        assertThat(records(broker).getFirst().lastSequence()).isEqualTo(12);
    }

    @Test
    void deadChunksAreLeftOut() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        rig.liveness = chunk -> !chunk.id().equals(LogRig.partition(1));
        mergeAll(merger(broker));

        assertThat(rig.moves.moved).extracting(moved -> moved.chunk().id()).doesNotContain(LogRig.partition(1));
        assertThat(records(broker)).hasSize(2);
    }

    @Test
    void aRunWithoutAnythingAliveIsDropped() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 6);
        rig.liveness = chunk -> false;

        merger(broker).step();

        assertThat(records(broker)).hasSize(1);
        assertThat(rig.moves.moved).isEmpty();
    }

    @Test
    void whoHasLostTheTokenChangesNothing() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        Merger merger = merger(broker);
        rig.rig.register();

        assertThat(merger.step()).isEqualTo(Done.OVERTAKEN);
        assertThat(records(broker)).hasSize(9);
        assertThat(rig.moves.moved).isEmpty();
    }

    @Test
    void recordsThatSomebodyElseChangedAreLearnt() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        Merger first = merger(broker);
        Merger second = merger(broker);
        assertThat(first.step()).isEqualTo(Done.SOMETHING);

        assertThat(second.step()).isEqualTo(Done.CHANGED);
        assertThat(second.step()).isEqualTo(Done.NOTHING);
        assertThat(records(broker)).hasSize(2);
    }

    @Test
    void aLostAnswerIsLookedUp() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 5);
        HookedMetadata metadata = new HookedMetadata(rig.rig.metadata);
        AtomicInteger transactions = new AtomicInteger();
        metadata.onCommit((transaction, real) -> {
            transactions.incrementAndGet();
            assertThat(real.get()).isInstanceOf(TransactionResult.Applied.class);
            return new TransactionResult.Unknown(
                    new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test"));
        });
        rig.rig.around(real -> real, real -> metadata);

        assertThat(mergeAll(merger(broker))).isEqualTo(Done.NOTHING);

        assertThat(transactions).hasValue(1);
        assertThat(records(broker)).hasSize(2);
        assertThat(rig.moves.moved).isNotEmpty();
    }

    @Test
    void aDamagedObjectIsLeftAloneAndDoesNotHoldUpTheOthers() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 12);
        ObjectKey damaged = records(broker).get(1).object();
        HookedObjects objects = new HookedObjects(rig.rig.objects);
        objects.onRead((key, real) -> {
            ByteBuffer bytes = real.get();
            if (key.equals(damaged)) {
                bytes.put(40, (byte) (bytes.get(40) ^ 1));
            }
            return bytes;
        });
        rig.rig.around(real -> objects, real -> real);
        Merger merger = merger(broker);

        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(merger::step)
                    .isInstanceOf(StorageException.class)
                    .hasMessageContaining(damaged.value());
        }
        mergeAll(merger);

        assertThat(records(broker)).extracting(CommitRecord::firstSequence).containsExactly(1L, 2L, 3L, 12L);
        assertThat(records(broker).get(1).object()).isEqualTo(damaged);
        rig.collectGarbage();
        assertThat(rig.rig.objects.list("", "", 100)).hasSize(4);
    }

    @Test
    void theOldestIsRelievedOnceInAWhileWhenThereAreTooMany() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 8);
        MergeLimits tight = new MergeLimits(8, 64, 64, 1, 2_000, 1 << 20, Duration.ofHours(10));
        String incarnation = broker.token().incarnation();
        Merger merger = new Merger(
                rig.environment(),
                broker.token(),
                incarnation,
                rig.registry(incarnation),
                rig.merging(rig.environment(), tight));

        assertThat(merger.step()).isEqualTo(Done.NOTHING);
        assertThat(merger.step()).isEqualTo(Done.NOTHING);

        assertThat(rig.moves.relieved).containsExactly(LogRig.partition(0));
        assertThat(records(broker)).hasSize(8);
    }

    @Test
    void reliefNamesThePartitionsThatMakeUpMostOfAnObject() {
        Chunk large = chunk(1, 600);
        Chunk middle = chunk(2, 250);
        Chunk small = chunk(3, 150);

        assertThat(Relief.of(List.of(small, large, middle))).containsExactly(LogRig.partition(1), LogRig.partition(2));
    }

    private static Chunk chunk(int partition, int length) {
        return new Chunk(LogRig.partition(partition), 1, 0, 0, 0, new Chunk.Extent(0, length, 0));
    }

    @Test
    void aLogMayBeginInsideOfAMergedChunk() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 12);
        mergeAll(merger(broker));
        rig.collectGarbage();
        PartitionLogs logs = rig.rig.start();
        OpenRequest request = LogRig.request(0, 9);
        LogRig.open(
                logs,
                List.of(new OpenRequest(
                        request.id(),
                        request.topic(),
                        PartitionState.newBuilder()
                                .setLeaderEpoch(9)
                                .setLogStart(3)
                                .setSealedThrough(5)
                                .build(),
                        0,
                        request.settings())));
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();

        assertThat(log.highWatermark()).isEqualTo(8);
        assertThat(LogRig.readAll(log, 5, 1_000)).containsExactly("5=w4", "6=v6", "7=w6");
    }

    @Test
    void aMergeThatOvertakesARecoveryIsReadAnew() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 12);
        List<List<String>> before = rig.content(broker);
        HookedObjects objects = new HookedObjects(rig.rig.objects);
        AtomicInteger reads = new AtomicInteger();
        Pending<Boolean> merged = new Pending<>();
        objects.onRead((key, real) -> {
            if (reads.incrementAndGet() == 1) {
                mergeBehindTheBack(broker);
                merged.complete(true);
            }
            awaitIt(merged);
            return real.get();
        });
        rig.rig.around(real -> objects, real -> real);

        assertThat(rig.content(rig.start())).isEqualTo(before);
        assertThat(records(broker)).hasSize(2);
    }

    /** Merges what an earlier broker has left, and removes the old objects at once. */
    private void mergeBehindTheBack(Broker broker) {
        rig.rig.around(real -> real, real -> real);
        String key = rig.rig.keys.broker(0);
        long created =
                rig.rig.metadata.get(List.of(key)).find(key).orElseThrow().createRevision();
        Token acting = new Token(0, "janitor", key, created, broker.token().lease());
        String name = broker.token().incarnation();
        LogEnvironment environment = rig.environment();
        try {
            mergeAll(new Merger(environment, acting, name, rig.registry(name), rig.merging(environment)));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        rig.collectGarbage();
    }

    private void awaitIt(Pending<Boolean> merged) {
        try {
            assertThat(merged.await(rig.rig.clock, rig.rig.soon())).isPresent();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aLivingIncarnationIsNobodyElsesBusiness() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        String name = broker.token().incarnation();
        rig.rig.metadata.commit(Transaction.when()
                .put(
                        rig.rig.keys.broker(7),
                        BrokerRegistration.newBuilder()
                                .setIncarnation(name)
                                .build()
                                .toByteString())
                .build());
        Broker other = rig.start();
        DeadRecords dead = new DeadRecords(rig.environment(), rig.merging(rig.environment()));

        assertThat(dead.tend(other.token(), rig.head(name), rig.keys(name))).isEqualTo(DeadRecords.Outcome.LIVING);
        assertThat(records(broker)).hasSize(9);
    }

    @Test
    void damagedRecordsOfTheDeadStayAsTheyAre() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        String name = broker.token().incarnation();
        rig.rig.metadata.commit(Transaction.when()
                .put(rig.keys(name).get(3).key(), ByteString.copyFromUtf8("\u00ff no message"))
                .build());
        Broker other = rig.start(3);
        DeadRecords dead = new DeadRecords(rig.environment(), rig.merging(rig.environment()));

        assertThat(dead.tend(other.token(), rig.head(name), rig.keys(name))).isEqualTo(DeadRecords.Outcome.DAMAGED);
        assertThat(rig.keys(name)).hasSize(9);
    }

    @Test
    void whoTendsTheDeadMustHaveATokenThatHolds() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        Broker other = rig.start();
        rig.rig.register();
        String name = broker.token().incarnation();
        DeadRecords dead = new DeadRecords(rig.environment(), rig.merging(rig.environment()));

        assertThat(dead.tend(other.token(), rig.head(name), rig.keys(name))).isEqualTo(DeadRecords.Outcome.OVERTAKEN);
        assertThat(records(broker)).hasSize(9);
    }

    private DeadRecords.Outcome tend(Broker acting, String name, Liveness liveness) throws InterruptedException {
        rig.liveness = liveness;
        DeadRecords dead = new DeadRecords(rig.environment(), rig.merging(rig.environment()));
        return dead.tend(acting.token(), rig.head(name), rig.keys(name));
    }

    private List<String> left(String name) {
        return rig.rig.metadata.range(rig.rig.keys.root()).all().stream()
                .map(KeyValue::key)
                .filter(key -> key.contains(name))
                .toList();
    }

    @Test
    void ofADeadIncarnationOfWhichNothingIsNeededNothingIsLeft() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        String name = broker.token().incarnation();
        Broker other = rig.start();

        assertThat(tend(other, name, chunk -> false)).isEqualTo(DeadRecords.Outcome.DONE);

        assertThat(left(name)).isEmpty();
    }

    @Test
    void theHeadStaysWithTheLastRecordThatIsNeeded() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        String name = broker.token().incarnation();
        Broker other = rig.start();

        tend(other, name, chunk -> chunk.id().partition() == 2);

        assertThat(rig.records(name))
                .last()
                .satisfies(record -> assertThat(record.lastSequence()).isEqualTo(9));
        assertThat(rig.head(name).key()).isNotEmpty();
    }

    @Test
    void aHeadThatItsRecordsDoNotReachStays() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 9);
        String name = broker.token().incarnation();
        rig.rig.metadata.commit(
                Transaction.when().delete(rig.keys(name).getLast().key()).build());
        Broker other = rig.start(3);

        tend(other, name, chunk -> false);

        assertThat(rig.records(name)).hasSize(1);
        assertThat(rig.head(name).key()).isNotEmpty();
    }

    @Test
    void whatCameBehindTheLookKeepsTheHead() throws Exception {
        Broker broker = rig.start();
        rig.produce(broker, 3);
        String name = broker.token().incarnation();
        KeyValue before = rig.head(name);
        List<KeyValue> records = rig.keys(name);
        rig.produce(broker, 1);
        Broker other = rig.start();
        rig.liveness = chunk -> false;
        DeadRecords dead = new DeadRecords(rig.environment(), rig.merging(rig.environment()));

        assertThat(dead.tend(other.token(), before, records)).isEqualTo(DeadRecords.Outcome.OVERTAKEN);

        assertThat(rig.records(name).getLast().lastSequence()).isEqualTo(4);
        assertThat(rig.head(name).key()).isNotEmpty();
    }
}
