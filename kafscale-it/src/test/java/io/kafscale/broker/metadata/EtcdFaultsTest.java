// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.metadata.TransactionResult.Unknown;
import io.kafscale.broker.metadata.Watch.Event.Changed;
import io.kafscale.broker.metadata.Watch.Event.Ended;
import io.kafscale.broker.time.Deadline;
import io.kafscale.it.etcd.CuttingProxy;
import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One etcd server that goes away, fills up, forgets, or whose answers are lost on the way. */
final class EtcdFaultsTest extends EtcdFixture {

    private EtcdCluster startEtcd(String... flags) {
        return closedLater(EtcdCluster.started(folder, 1, EtcdOptions.PLAIN.with(flags)));
    }

    // Lost answers

    @Test
    void aTransactionWhoseAnswerIsLostIsUnknownAndIsNotSentAgain() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        CuttingProxy proxy = closedLater(CuttingProxy.to(etcd.member().clientPort()));
        MetadataStore store = open(TestEtcd.on(proxy.port()));
        MetadataStore direct = open(TestEtcd.settings(etcd));
        for (int i = 0; i < 20; i++) {
            String key = "key/" + i;
            long before = direct.get(List.of()).revision();
            proxy.cutInsteadOfNextAnswer();

            TransactionResult result =
                    store.commit(Transaction.when().put(key, value("1")).build());

            assertThat(result).isInstanceOf(Unknown.class);
            assertThat(direct.get(List.of(key)).find(key).orElseThrow().createRevision())
                    .isEqualTo(before + 1);
            assertThat(direct.get(List.of()).revision()).isEqualTo(before + 1);
            assertThat(store.get(List.of(key)).find(key)).isPresent();
        }
        assertThat(proxy.cuts()).isEqualTo(20);
    }

    @Test
    void aReadAndALeaseAreAskedForAgain() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        CuttingProxy proxy = closedLater(CuttingProxy.to(etcd.member().clientPort()));
        MetadataStore store = open(TestEtcd.on(proxy.port()));
        create(store, "a");

        proxy.cutInsteadOfNextAnswer();
        assertThat(store.get(List.of("a")).find("a")).isPresent();
        proxy.cutInsteadOfNextAnswer();
        assertThat(store.range("a").find("a")).isPresent();
        proxy.cutInsteadOfNextAnswer();
        Lease lease = store.grantLease(Duration.ofMinutes(1));
        proxy.cutInsteadOfNextAnswer();
        assertThat(store.keepAlive(lease)).isTrue();
        proxy.cutInsteadOfNextAnswer();
        store.revoke(lease);

        assertThat(proxy.cuts()).isEqualTo(5);
        assertThat(store.keepAlive(lease)).isFalse();
    }

    @Test
    void aWatchThatIsCutTellsEveryChangeOnce() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        CuttingProxy proxy = closedLater(CuttingProxy.to(etcd.member().clientPort()));
        MetadataStore direct = open(TestEtcd.settings(etcd));
        Watch watch = open(TestEtcd.on(proxy.port()))
                .watch("w/", direct.get(List.of()).revision() + 1);
        List<String> expected = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < 10; i++) {
                String key = "w/" + round + "/" + i;
                create(direct, key);
                expected.add(key);
            }
            if (round % 2 == 0) {
                proxy.cutInsteadOfNextAnswer();
            } else {
                proxy.cut();
            }
            seen.addAll(follow(watch, 10));
        }

        assertThat(seen).isEqualTo(expected);
        assertThat(proxy.cuts()).isEqualTo(20);
    }

    // Gone and back

    @Test
    void aTransactionThatReachesNobodyIsCertainlyNotApplied() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        MetadataStore store = open(TestEtcd.settings(etcd));
        create(store, "a");
        etcd.member().kill();

        AtomicInteger tries = new AtomicInteger();
        Patience.until("it is certain that nobody is there", () -> {
            try {
                store.commit(creation("b/" + tries.incrementAndGet()));
                return false;
            } catch (MetadataException e) {
                return e.kind() == Kind.UNAVAILABLE;
            }
        });
        etcd.start(etcd.member());
        create(store, "c");

        assertThat(store.get(List.of("b/" + tries.get())).all()).isEmpty();
        assertThat(store.get(List.of("a", "c")).all()).hasSize(2);
    }

    @Test
    void aWatchOutlivesARestart() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        MetadataStore store = open(TestEtcd.settings(etcd));
        Watch watch = store.watch("w/", store.get(List.of()).revision() + 1);
        create(store, "w/1");
        assertThat(follow(watch, 1)).containsExactly("w/1");

        etcd.member().kill();
        etcd.start(etcd.member());
        create(store, "w/2");

        assertThat(follow(watch, 1)).containsExactly("w/2");
    }

    // Compaction

    @Test
    void aWatchWhosePlaceIsCompactedWhileItIsCutOffEnds() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        CuttingProxy proxy = closedLater(CuttingProxy.to(etcd.member().clientPort()));
        MetadataStore direct = open(TestEtcd.settings(etcd));
        MetadataStore store = open(TestEtcd.on(proxy.port()));
        Watch watch = store.watch("w/", direct.get(List.of()).revision() + 1);
        create(direct, "w/1");
        assertThat(follow(watch, 1)).containsExactly("w/1");

        proxy.cut();
        create(direct, "w/2");
        create(direct, "w/3");
        etcd.control("compact", Long.toString(direct.get(List.of()).revision()));

        assertThat(watch.next(Deadline.NEVER)).isEqualTo(new Ended());
        Snapshot list = store.range("w/");
        assertThat(list.all()).hasSize(3);
        create(direct, "w/4");
        assertThat(follow(store.watch("w/", list.revision() + 1), 1)).containsExactly("w/4");
    }

    @Test
    void aRangeWhoseRevisionIsCompactedBetweenItsPagesBeginsAgain() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        CuttingProxy proxy = closedLater(CuttingProxy.to(etcd.member().clientPort()));
        MetadataStore direct = open(TestEtcd.settings(etcd));
        MetadataStore store = open(TestEtcd.on(proxy.port()));
        for (int block = 0; block < 25; block++) {
            Transaction.Builder builder = Transaction.when();
            for (int i = 0; i < 100; i++) {
                builder.put("many/%02d/%02d".formatted(block, i), value("x"));
            }
            assertThat(direct.commit(builder.build())).isInstanceOf(Applied.class);
        }
        proxy.beforeNextAnswer(() -> {
            create(direct, "many/new");
            etcd.control("compact", Long.toString(direct.get(List.of()).revision()));
        });

        assertThat(store.range("many/").all()).hasSize(2501);
    }

    // Full

    @Test
    void aFullDatabaseIsSaidToBeFullUntilThereIsRoomAgain() throws InterruptedException {
        EtcdCluster etcd = startEtcd("--quota-backend-bytes=" + 16 * 1024 * 1024);
        MetadataStore store = open(TestEtcd.settings(etcd));
        Lease lease = store.grantLease(Duration.ofMinutes(5));
        create(store, "a");
        Transaction large = Transaction.when()
                .put("large", ByteString.copyFrom(new byte[1000 * 1000]))
                .build();

        Patience.until("etcd is full", () -> {
            try {
                return !(store.commit(large) instanceof Applied);
            } catch (MetadataException e) {
                return e.kind() == Kind.FULL;
            }
        });

        assertThatThrownBy(() -> store.commit(creation("b")))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.FULL));
        assertThatThrownBy(() -> store.grantLease(Duration.ofSeconds(5)))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.FULL));
        assertThat(store.get(List.of("a")).find("a")).isPresent();
        assertThat(store.keepAlive(lease)).isTrue();
        assertThat(store.commit(Transaction.when().delete("large").build())).isInstanceOf(Applied.class);

        etcd.control("compact", Long.toString(store.get(List.of()).revision()));
        etcd.control("defrag");
        etcd.control("alarm", "disarm");
        create(store, "b");

        assertThat(store.get(List.of("a", "b", "large")).all()).hasSize(2);
    }

    // Others beside us

    @Test
    void revisionsOfOthersAreNoChangesOfOurs() throws InterruptedException {
        EtcdCluster etcd = startEtcd();
        MetadataStore store = open(TestEtcd.settings(etcd));
        Snapshot start = store.range("w/");
        Watch watch = store.watch("w/", start.revision() + 1);
        create(store, "w/1");
        etcd.control("put", "other", "1");
        etcd.control("put", "other", "2");
        create(store, "w/2");

        assertThat(watch.next(Deadline.NEVER)).isInstanceOf(Changed.class);
        assertThat(watch.next(Deadline.NEVER))
                .isInstanceOfSatisfying(
                        Changed.class, changed -> assertThat(changed.revision()).isEqualTo(start.revision() + 4));
    }
}
