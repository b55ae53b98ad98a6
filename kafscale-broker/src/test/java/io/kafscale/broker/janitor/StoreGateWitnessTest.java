// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.cluster.ClusterGate.Verdict;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.Witness;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.ClusterIdentity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A broker that has seen more applied than the metadata shows goes no further, and lets nobody else. */
final class StoreGateWitnessTest {

    private static final ClusterKeys KEYS = new ClusterKeys("test");
    private static final ObjectKey ROOT = new ObjectKey("default/test");
    private static final RootNames NAMES = new RootNames(ROOT);

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final MetadataStore metadata = opened(new MemoryMetadataStore(clock));
    private final ObjectStore objects = opened(new MemoryObjectStore(clock));

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable store : open) {
            store.close();
        }
        threads.close();
    }

    private <T extends AutoCloseable> T opened(T store) {
        open.add(store);
        return store;
    }

    private StoreGate gate(MetadataStore on, Supplier<Optional<Witness>> witness) {
        return new StoreGate(
                new JanitorEnvironment(clock, threads, new Random(), objects, on, KEYS, ROOT),
                "Here",
                cause -> {},
                witness);
    }

    private static void assertOpen(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Open.class);
    }

    private static void assertShut(Verdict verdict, String... words) {
        assertThat(verdict).isInstanceOf(Verdict.Shut.class);
        assertThat(((Verdict.Shut) verdict).reason()).contains(words);
    }

    private void restored(long counter) {
        ClusterIdentity identity = StoreGate.read(
                metadata.get(List.of(KEYS.cluster())).find(KEYS.cluster()).orElseThrow());
        metadata.commit(Transaction.when()
                .put(
                        KEYS.cluster(),
                        identity.toBuilder()
                                .setCounter(counter)
                                .setRestored(counter)
                                .build()
                                .toByteString())
                .build());
    }

    /** A copy of what there was at a time, in a store whose revision was bumped: neither that nor the counter tells. */
    private MetadataStore setBack(List<KeyValue> entries, long bump) {
        MetadataStore copy = opened(new MemoryMetadataStore(clock));
        for (KeyValue entry : entries) {
            copy.commit(Transaction.when().put(entry.key(), entry.value()).build());
        }
        for (long revision = 0; revision < bump; revision++) {
            copy.commit(Transaction.when().put("bump", ByteString.EMPTY).build());
        }
        return copy;
    }

    private List<ObjectKey> counters() {
        return objects.list(NAMES.counters(), "", 100).stream()
                .map(ObjectInfo::key)
                .toList();
    }

    @Test
    void whoRemembersMoreThanTheMetadataHasKeepsEverybodyFromServing() {
        assertOpen(gate(metadata, Optional::empty).ask());
        List<KeyValue> then = metadata.range("/").all();
        for (int revision = 0; revision < 10; revision++) {
            metadata.commit(
                    Transaction.when().put(KEYS.head("mine"), ByteString.EMPTY).build());
        }
        Witness witness = new Witness(KEYS.head("mine"), 12);
        assertOpen(gate(metadata, () -> Optional.of(witness)).look());
        MetadataStore old = setBack(then, 20);
        assertOpen(gate(old, Optional::empty).look());

        assertShut(
                gate(old, () -> Optional.of(witness)).look(),
                "restored to an older state",
                KEYS.head("mine"),
                "committed at revision 12",
                "fsck restore");

        assertThat(counters()).contains(NAMES.counter(2));
        assertShut(gate(old, Optional::empty).ask(), "restored to an older state", "that of the bucket is 2");
        assertShut(gate(old, Optional::empty).look(), "restored to an older state", "that of the bucket is 2");
    }

    @Test
    void whoComesBackInTheMiddleOfARestoreOnlyEnds() {
        assertOpen(gate(metadata, Optional::empty).ask());
        metadata.commit(
                Transaction.when().put(KEYS.restoring(), ByteString.EMPTY).build());
        List<ObjectKey> before = counters();

        assertShut(
                gate(metadata, () -> Optional.of(new Witness(KEYS.head("mine"), 1)))
                        .look(),
                "is being restored");

        assertThat(counters()).isEqualTo(before);
    }

    @Test
    void aHeadThatWasRemovedSinceProvesNothing() {
        assertOpen(gate(metadata, Optional::empty).ask());
        metadata.commit(
                Transaction.when().put(KEYS.head("mine"), ByteString.EMPTY).build());
        StoreGate gate = gate(metadata, () -> Optional.of(new Witness(KEYS.head("mine"), 3)));
        metadata.commit(Transaction.when()
                .delete(KEYS.head("mine"))
                .put(KEYS.ended(), ByteString.EMPTY)
                .build());

        assertOpen(gate.look());
        assertOpen(gate.ask());
    }

    @Test
    void aHeadThatWasRemovedBeforeDoesNotHideALoss() {
        assertOpen(gate(metadata, Optional::empty).ask());
        metadata.commit(Transaction.when().put(KEYS.ended(), ByteString.EMPTY).build());

        assertShut(
                gate(metadata, () -> Optional.of(new Witness(KEYS.head("mine"), 100)))
                        .look(),
                "restored to an older state");
    }

    @Test
    void whoComesBackBehindARestoreMustStartAnew() {
        assertOpen(gate(metadata, Optional::empty).ask());
        metadata.commit(
                Transaction.when().put(KEYS.head("mine"), ByteString.EMPTY).build());
        StoreGate gate = gate(metadata, () -> Optional.of(new Witness(KEYS.head("mine"), 3)));
        assertOpen(gate.ask());
        metadata.commit(Transaction.when().delete(KEYS.head("mine")).build());
        restored(9);
        List<ObjectKey> before = counters();

        assertShut(gate.look(), "was restored since this broker started", "Restart it");

        assertThat(counters()).isEqualTo(before);
        assertOpen(gate(metadata, Optional::empty).ask());
    }
}
