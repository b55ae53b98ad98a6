// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.cluster.ClusterGate.Verdict;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.FileMetadataStore;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Metadata that was restored to an older state than the bucket is noticed. */
@Timeout(60)
final class RestoreCounterTest {

    private static final ClusterKeys KEYS = new ClusterKeys("test");
    private static final ObjectKey ROOT = new ObjectKey("default/test");
    private static final RootNames NAMES = new RootNames(ROOT);

    @TempDir
    private Path directory;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final MetadataStore metadata = new MemoryMetadataStore(clock);
    private final ObjectStore objects = new MemoryObjectStore(clock);

    @BeforeEach
    void begin() {
        assertThat(gate(metadata, objects).ask()).isInstanceOf(Verdict.Open.class);
    }

    @AfterEach
    void close() {
        metadata.close();
        objects.close();
        threads.close();
    }

    private StoreGate gate(MetadataStore on, ObjectStore with) {
        return new StoreGate(
                new JanitorEnvironment(clock, threads, new Random(7), with, on, KEYS, ROOT),
                "Here",
                cause -> {},
                Optional::empty);
    }

    private RestoreCounter counter(MetadataStore on) {
        return counter(on, objects);
    }

    private RestoreCounter counter(MetadataStore on, ObjectStore with) {
        return gate(on, with).counter();
    }

    private List<ObjectKey> counters() {
        return objects.list(NAMES.counters(), "", 100).stream()
                .map(ObjectInfo::key)
                .toList();
    }

    private ByteString value() {
        return metadata.get(List.of(KEYS.cluster()))
                .find(KEYS.cluster())
                .map(KeyValue::value)
                .orElseThrow();
    }

    private static void set(MetadataStore on, ByteString value) {
        on.commit(Transaction.when().put(KEYS.cluster(), value).build());
    }

    @Test
    void eachRaiseLeavesOneObject() {
        RestoreCounter counter = counter(metadata);

        assertThat(counter.raise()).isEqualTo(2);
        assertThat(counter.raise()).isEqualTo(3);

        assertThat(counters()).containsExactly(NAMES.counter(3));
        assertThat(counter.check().counter()).isEqualTo(3);
        assertThat(counter.check().revision())
                .isEqualTo(metadata.get(List.of(KEYS.cluster())).revision());
    }

    @Test
    void aCounterThatWentBackIsNoticed() {
        ByteString older = value();
        RestoreCounter counter = counter(metadata);
        counter.raise();
        set(metadata, older);

        for (Runnable look : List.<Runnable>of(counter::check, counter::raise)) {
            assertThatThrownBy(look::run)
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContainingAll(
                            "restored to an older state",
                            "its counter is 1, but that of the bucket is 2",
                            NAMES.counter(2).value(),
                            "fsck restore");
        }
        assertThat(gate(metadata, objects).ask()).isInstanceOf(Verdict.Shut.class);
        assertThat(gate(metadata, objects).look()).isInstanceOf(Verdict.Shut.class);
        assertThat(value()).isEqualTo(older);
    }

    @Test
    void aRevisionThatWentBackIsNoticed() {
        for (int i = 0; i < 10; i++) {
            counter(metadata).raise();
        }
        try (MetadataStore other = new MemoryMetadataStore(clock)) {
            set(other, value());

            assertThatThrownBy(() -> counter(other).raise())
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("its revision is 1, but was 12 before");
        }
    }

    @Test
    void aCopyOfADirectoryThatIsBroughtBackIsNoticed() throws IOException {
        Path live = directory.resolve("live");
        try (ObjectStore with = new MemoryObjectStore(clock)) {
            try (MetadataStore on = FileMetadataStore.open(live, clock, threads)) {
                assertThat(gate(on, with).ask()).isInstanceOf(Verdict.Open.class);
            }
            Path file = live.resolve("metadata/metadata.log");
            byte[] copy = Files.readAllBytes(file);
            try (MetadataStore on = FileMetadataStore.open(live, clock, threads)) {
                assertThat(gate(on, with).ask()).isInstanceOf(Verdict.Open.class);
            }
            Files.write(file, copy);
            try (MetadataStore on = FileMetadataStore.open(live, clock, threads)) {
                assertThat(gate(on, with).ask()).isInstanceOf(Verdict.Shut.class);
            }
        }
    }

    @Test
    void twoCopiesInUseAtOnceAreNoticed() {
        try (MetadataStore copy = new MemoryMetadataStore(clock)) {
            for (int i = 0; i < 10; i++) {
                set(copy, value());
            }
            WatchedObjects between = new WatchedObjects(objects);
            between.beforePut = () -> {
                between.beforePut = () -> {};
                counter(copy).raise();
            };

            assertThatThrownBy(() -> counter(metadata, between).raise())
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("two copies of the metadata");
            assertThatThrownBy(() -> {
                        counter(copy).raise();
                        counter(metadata).raise();
                    })
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("restored to an older state");
        }
    }

    @Test
    void aBucketThatIsBehindIsNormal() {
        for (int i = 0; i < 3; i++) {
            ByteString now = value();
            counter(metadata).raise();
            assertThat(value()).isNotEqualTo(now);
        }
        objects.delete(counters());

        assertThat(counter(metadata).check()).isEqualTo(Mark.NONE);
        assertThat(counter(metadata).raise()).isEqualTo(5);
    }

    @Test
    void aFullBucketKeepsNobodyFromServing() {
        WatchedObjects full = new WatchedObjects(objects);
        full.beforePut = () -> {
            throw new StorageException(StorageException.Kind.FULL, "no space left");
        };

        assertThat(gate(metadata, full).ask()).isInstanceOf(Verdict.Open.class);
    }

    @Test
    void anObjectThatCannotBeReadStillSaysItsCounter() {
        assertThat(objects.put(NAMES.counter(9), List.of(ByteBuffer.allocate(5))))
                .isInstanceOf(PutResult.Created.class);

        assertThatThrownBy(() -> counter(metadata).check())
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("that of the bucket is 9");
    }
}
