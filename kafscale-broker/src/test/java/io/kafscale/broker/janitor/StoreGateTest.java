// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.ClusterGate.Verdict;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.FileMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.ClusterIdentity;
import io.kafscale.proto.metadata.Head;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A broker serves from stores that are whole and belong together, and refuses all others with the reason. */
@Timeout(60)
final class StoreGateTest {

    private static final ClusterKeys KEYS = new ClusterKeys("test");
    private static final ObjectKey ROOT = new ObjectKey("default/test");
    private static final RootNames NAMES = new RootNames(ROOT);
    private static final String PLACES = "The stores are in a test";

    @TempDir
    private Path directory;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final List<AutoCloseable> open = new ArrayList<>();
    private int folders;

    enum Kind {
        MEMORY,
        FILE
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable store : open.reversed()) {
            store.close();
        }
        threads.close();
    }

    private <T extends AutoCloseable> T opened(T store) {
        open.add(store);
        return store;
    }

    private MetadataStore metadata(Kind kind) {
        return opened(
                kind == Kind.MEMORY
                        ? new MemoryMetadataStore(clock)
                        : FileMetadataStore.open(directory.resolve("m" + folders++), clock, threads));
    }

    private ObjectStore objects(Kind kind) {
        return opened(
                kind == Kind.MEMORY
                        ? new MemoryObjectStore(clock)
                        : FileObjectStore.open(directory.resolve("o" + folders++)));
    }

    private StoreGate gate(MetadataStore metadata, ObjectStore objects) {
        return new StoreGate(
                new JanitorEnvironment(clock, threads, new Random(), objects, metadata, KEYS, ROOT),
                PLACES,
                cause -> {},
                Optional::empty);
    }

    private static String uuid(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Open.class);
        return ((Verdict.Open) verdict).identity().uuid();
    }

    private static void assertShut(Verdict verdict, String... words) {
        assertThat(verdict).isInstanceOf(Verdict.Shut.class);
        assertThat(((Verdict.Shut) verdict).reason()).contains(words).endsWith(PLACES);
    }

    private static ClusterIdentity identity(MetadataStore metadata) {
        return StoreGate.read(
                metadata.get(List.of(KEYS.cluster())).find(KEYS.cluster()).orElseThrow());
    }

    private static void put(MetadataStore metadata, ClusterIdentity identity) {
        assertThat(metadata.commit(Transaction.when()
                        .put(KEYS.cluster(), identity.toByteString())
                        .build()))
                .isInstanceOf(TransactionResult.Applied.class);
    }

    private static void put(ObjectStore objects, ObjectKey key, String text) {
        assertThat(objects.put(key, List.of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)))))
                .isInstanceOf(PutResult.Created.class);
    }

    private static void deleteAll(ObjectStore objects) {
        objects.delete(objects.list("", "", ObjectStore.MAX_LISTING).stream()
                .map(ObjectInfo::key)
                .toList());
    }

    private static String text(ObjectStore objects, ObjectKey key) {
        return StandardCharsets.UTF_8.decode(objects.readTail(key, 10_000)).toString();
    }

    private static ObjectStore readingDamaged(ObjectStore objects, int times) {
        AtomicInteger reads = new AtomicInteger();
        HookedObjects hooked = new HookedObjects(objects);
        hooked.onRead((key, real) -> {
            if (reads.getAndIncrement() < times) {
                throw new StorageException(StorageException.Kind.CORRUPT, "damaged: " + key);
            }
            return real.get();
        });
        return hooked;
    }

    @Test
    void whatIsDamagedOnItsWayIsReadAgain() {
        MetadataStore metadata = metadata(Kind.MEMORY);
        ObjectStore objects = objects(Kind.MEMORY);
        String uuid = uuid(gate(metadata, objects).ask());

        assertThat(uuid(gate(metadata, readingDamaged(objects, 5)).ask())).isEqualTo(uuid);
    }

    @Test
    void whatStaysDamagedIsToldAtOnce() {
        MetadataStore metadata = metadata(Kind.MEMORY);
        ObjectStore objects = objects(Kind.MEMORY);
        gate(metadata, objects).ask();

        Verdict verdict =
                gate(metadata, readingDamaged(objects, Integer.MAX_VALUE)).ask();
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Unclear.class, unclear -> {
            assertThat(unclear.mayPass()).isFalse();
            assertThat(unclear.cause()).hasMessageContaining("damaged: default/test/");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aNewClusterIsMadeOnceAndFoundAgain(Kind kind) {
        MetadataStore metadata = metadata(kind);
        ObjectStore objects = objects(kind);

        String uuid = uuid(gate(metadata, objects).ask());

        assertThat(uuid).hasSize(22);
        assertThat(text(objects, NAMES.identity())).isEqualTo("""
                        {
                          "uuid": "%s",
                          "cluster_id": "test",
                          "format_version": 1,
                          "created": "2023-11-14T22:13:20Z"
                        }
                        """.formatted(uuid));
        assertThat(identity(metadata).getUuid()).isEqualTo(uuid);
        assertThat(uuid(gate(metadata, objects).ask())).isEqualTo(uuid);
    }

    @ParameterizedTest
    @EnumSource
    void whatATriedOutBucketLeavesBehindIsNoStranger(Kind kind) {
        ObjectStore objects = objects(kind);
        put(objects, new ObjectKey(ROOT + "/probe/17/read"), "probe");
        put(objects, new ObjectKey("default/test2/shared/a"), "of another cluster");

        uuid(gate(metadata(kind), objects).ask());
    }

    @ParameterizedTest
    @EnumSource
    void aBucketWithoutItsMetadataIsRefused(Kind kind) {
        ObjectStore objects = objects(kind);
        String uuid = uuid(gate(metadata(kind), objects).ask());
        MetadataStore other = metadata(kind);

        assertShut(
                gate(other, objects).ask(),
                "the metadata of this cluster is missing",
                uuid,
                "default/test/cluster.json",
                "fsck restore");
        assertThat(other.range(KEYS.root()).all()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void metadataWithoutItsBucketIsRefused(Kind kind) {
        MetadataStore metadata = metadata(kind);
        String uuid = uuid(gate(metadata, objects(kind)).ask());
        ObjectStore other = objects(kind);

        assertShut(
                gate(metadata, other).ask(),
                "the objects of this cluster are missing",
                uuid,
                "default/test/cluster.json");
        assertThat(other.list("", "", 10)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aBucketThatWasEmptiedIsRefused(Kind kind) {
        MetadataStore metadata = metadata(kind);
        ObjectStore objects = objects(kind);
        uuid(gate(metadata, objects).ask());
        deleteAll(objects);

        assertShut(gate(metadata, objects).ask(), "the objects of this cluster are missing");
    }

    /** As a version that knew no identity would have left it. */
    @Test
    void metadataWithCommitsAndNoBucketIsRefusedWhateverItsCounter() {
        MetadataStore metadata = metadata(Kind.MEMORY);
        ObjectStore objects = objects(Kind.MEMORY);
        uuid(gate(metadata, objects).ask());
        put(metadata, identity(metadata).toBuilder().setCounter(0).build());
        metadata.commit(Transaction.when()
                .put(KEYS.head("0-a"), Head.newBuilder().setSequence(1).build().toByteString())
                .build());
        deleteAll(objects);

        assertShut(gate(metadata, objects).ask(), "the objects of this cluster are missing");
    }

    @ParameterizedTest
    @EnumSource
    void aStartGoesOnBehindACrashBetweenTheHalves(Kind kind) {
        MetadataStore metadata = metadata(kind);
        String uuid = uuid(gate(metadata, objects(kind)).ask());
        put(metadata, identity(metadata).toBuilder().setCounter(0).build());
        ObjectStore objects = objects(kind);

        assertThat(uuid(gate(metadata, objects).ask())).isEqualTo(uuid);
        assertThat(text(objects, NAMES.identity())).contains(uuid);
    }

    @ParameterizedTest
    @EnumSource
    void objectsOfNobodyAreRefused(Kind kind) {
        ObjectStore objects = objects(kind);
        put(objects, new ObjectKey(ROOT + "/topics/x"), "a stranger");
        MetadataStore metadata = metadata(kind);

        assertShut(gate(metadata, objects).ask(), "the identity of this cluster is missing", ROOT + "/topics/x");
        assertThat(metadata.range(KEYS.root()).all()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void twoClustersWithOneNameAreRefusedByTheSecond(Kind kind) {
        ObjectStore objects = objects(kind);
        MetadataStore metadata = metadata(kind);
        StoreGate firstGate = gate(metadata, objects);
        String first = uuid(firstGate.ask());
        MetadataStore other = metadata(kind);
        String second = uuid(gate(other, objects(kind)).ask());

        assertShut(gate(other, objects).ask(), "two clusters have the same name", first, second);
        assertThat(uuid(firstGate.ask())).isEqualTo(first);
    }

    @Test
    void anIdentityThatCannotBeReadIsRefused() {
        ObjectStore objects = objects(Kind.MEMORY);
        put(objects, NAMES.identity(), "{\"uuid\": ");

        assertShut(gate(metadata(Kind.MEMORY), objects).ask(), "default/test/cluster.json cannot be read");
    }

    @Test
    void aClusterOfANewerFormatIsRefused() {
        MetadataStore metadata = metadata(Kind.MEMORY);
        ObjectStore objects = objects(Kind.MEMORY);
        uuid(gate(metadata, objects).ask());
        put(metadata, identity(metadata).toBuilder().setFormatVersion(2).build());

        assertShut(gate(metadata, objects).ask(), "format version 2", "start a newer broker");
    }

    @Test
    void storesThatAreReplacedUnderABrokerAreNotMadeAnew() {
        MetadataStore metadata = metadata(Kind.MEMORY);
        ObjectStore objects = objects(Kind.MEMORY);
        StoreGate gate = gate(metadata, objects);
        String uuid = uuid(gate.ask());
        metadata.commit(Transaction.when().deletePrefix(KEYS.root()).build());
        deleteAll(objects);

        assertShut(gate.ask(), uuid, "is gone");
        assertThat(objects.list("", "", 10)).isEmpty();
        uuid(gate(metadata, objects).ask());
        assertShut(gate.ask(), uuid, "both stores were replaced");
    }

    @Test
    void brokersThatStartTogetherAgree() throws InterruptedException {
        for (int round = 0; round < 50; round++) {
            MetadataStore metadata = metadata(Kind.MEMORY);
            ObjectStore objects = objects(Kind.MEMORY);

            List<Verdict> verdicts = together(Stream.generate(() -> gate(metadata, objects))
                    .limit(4)
                    .<Supplier<Verdict>>map(gate -> gate::ask)
                    .toList());

            assertThat(verdicts.stream().map(StoreGateTest::uuid).distinct()).hasSize(1);
            assertThat(identity(metadata).getCounter()).isEqualTo(4);
        }
    }

    @Test
    void ofTwoClustersThatAreMadeTogetherOneWins() throws InterruptedException {
        for (int round = 0; round < 50; round++) {
            ObjectStore objects = objects(Kind.MEMORY);

            StoreGate one = gate(metadata(Kind.MEMORY), objects);
            StoreGate other = gate(metadata(Kind.MEMORY), objects);
            List<Verdict> verdicts = together(List.of(one::ask, other::ask));

            assertThat(verdicts).filteredOn(Verdict.Open.class::isInstance).hasSize(1);
            String winner = uuid(verdicts.stream()
                    .filter(Verdict.Open.class::isInstance)
                    .findFirst()
                    .orElseThrow());
            assertThat(text(objects, NAMES.identity())).contains(winner);
        }
    }

    /** Between any two puts of the first, a second cluster is made; its brokers find out at their next look. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aBucketThatIgnoresConditionsNeverHasTwoIdentitiesForLong(int put) {
        WatchedObjects objects = new WatchedObjects(objects(Kind.MEMORY));
        objects.ignoresConditions = true;
        StoreGate first = gate(metadata(Kind.MEMORY), objects);
        StoreGate second = gate(metadata(Kind.MEMORY), objects);
        AtomicInteger puts = new AtomicInteger();
        objects.beforePut = () -> {
            if (puts.incrementAndGet() == put) {
                second.ask();
            }
        };

        first.ask();
        first.ask();

        assertThat(puts.get()).isGreaterThanOrEqualTo(put);
        List<String> open = Stream.of(first.look(), second.look())
                .filter(Verdict.Open.class::isInstance)
                .map(StoreGateTest::uuid)
                .toList();
        assertThat(open).hasSizeLessThan(2);
        open.forEach(uuid -> assertThat(text(objects, NAMES.identity())).contains(uuid));
    }

    private List<Verdict> together(List<Supplier<Verdict>> asked) throws InterruptedException {
        CyclicBarrier barrier = new CyclicBarrier(asked.size());
        List<Verdict> verdicts = new CopyOnWriteArrayList<>();
        List<Thread> running = asked.stream()
                .map(ask -> threads.start("asks", () -> {
                    try {
                        barrier.await();
                        verdicts.add(ask.get());
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .toList();
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(verdicts).hasSize(asked.size());
        return verdicts;
    }
}
