// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdMember;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Three etcd servers, of which some are killed or stand still. */
final class EtcdQuorumTest extends EtcdFixture {

    private EtcdCluster etcd;
    private MetadataStore store;

    @BeforeEach
    void startEtcd() throws InterruptedException {
        etcd = closedLater(EtcdCluster.started(folder, 3, EtcdOptions.PLAIN));
        store = open(TestEtcd.settings(etcd));
    }

    /** The first of the endpoints, to which a store speaks as long as it answers. */
    private EtcdMember spokenTo() {
        return etcd.member();
    }

    @Test
    void losingTheLeaderLosesNothingAndNoWatch() throws InterruptedException {
        Watch watch = store.watch("w/", store.get(List.of()).revision() + 1);
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            EtcdMember leader = etcd.leader();
            for (int i = 0; i < 20; i++) {
                if (i == 5) {
                    leader.kill();
                }
                String key = "w/" + round + "/" + i;
                create(store, key);
                expected.add(key);
            }
            etcd.start(leader);
            etcd.awaitHealthy();
        }

        assertThat(follow(watch, expected.size())).isEqualTo(expected);
        assertThat(store.range("w/").all()).hasSize(expected.size());
    }

    @Test
    void aMemberThatStandsStillIsLeftForAnother() throws InterruptedException {
        Lease lease = store.grantLease(Duration.ofSeconds(5));
        assertThat(store.commit(
                        Transaction.when().put("mine", value("1"), lease).build()))
                .isInstanceOf(Applied.class);
        Watch watch = store.watch("w/", store.get(List.of()).revision() + 1);
        create(store, "w/1");
        assertThat(follow(watch, 1)).containsExactly("w/1");

        spokenTo().pause();
        assertThat(store.keepAlive(lease)).isTrue();
        create(store, "w/2");
        assertThat(follow(watch, 1)).containsExactly("w/2");
        assertThat(store.keepAlive(lease)).isTrue();
        assertThat(store.get(List.of("mine")).find("mine")).isPresent();
        spokenTo().resume();
    }

    @Test
    void aTransactionToAMemberThatStandsStillIsNeverSaidNotToHaveBeenApplied() {
        spokenTo().pause();

        TransactionResult result = store.commit(creation("a"));
        spokenTo().resume();

        assertThat(result).isInstanceOf(TransactionResult.Unknown.class);
        create(store, "b");
    }

    @Test
    void aLeaseEndsWhileItsHolderIsCutOff() throws InterruptedException {
        Lease lease = store.grantLease(Duration.ofSeconds(2));
        assertThat(store.commit(
                        Transaction.when().put("mine", value("1"), lease).build()))
                .isInstanceOf(Applied.class);
        long written = store.get(List.of()).revision();
        etcd.leader().pause();

        Patience.until("the lease has ended", () -> {
            try {
                return store.get(List.of("mine")).all().isEmpty();
            } catch (MetadataException e) {
                return false;
            }
        });

        assertThat(follow(store.watch("mine", written + 1), 1)).containsExactly("mine");
        assertThat(store.keepAlive(lease)).isFalse();
        assertThatThrownBy(() -> store.commit(
                        Transaction.when().put("mine", value("2"), lease).build()))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.LEASE_NOT_FOUND));
        etcd.members().forEach(EtcdMember::resume);
    }

    @Test
    void losingTheQuorumFailsCallsUntilItIsBack() {
        create(store, "a");
        EtcdMember second = etcd.members().get(1);
        EtcdMember third = etcd.members().get(2);
        second.kill();
        third.kill();

        assertThatThrownBy(() -> store.get(List.of("a")))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE));
        AtomicBoolean applied = new AtomicBoolean();
        try {
            applied.set(store.commit(creation("b")) instanceof Applied);
        } catch (MetadataException e) {
            assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE);
        }
        assertThat(applied).isFalse();

        etcd.start(second);
        etcd.start(third);
        create(store, "c");
        assertThat(store.get(List.of("a", "c")).all()).hasSize(2);
    }

    /** Every increment that was answered is there, every one that was refused is not, whatever became of members. */
    @Test
    void aCounterCountsRightWhileMembersComeAndGo() throws InterruptedException {
        create(store, "counter");
        AtomicBoolean over = new AtomicBoolean();
        Count count = new Count();
        try (SystemThreads threads = new SystemThreads()) {
            Thread counting = threads.start("counting", () -> {
                while (!over.get()) {
                    count.once(store);
                }
            });
            for (int round = 0; round < 4; round++) {
                EtcdMember member =
                        round % 2 == 0 ? etcd.leader() : etcd.members().get(round % 3);
                if (round < 2) {
                    member.pause();
                } else {
                    member.kill();
                }
                long next = count.applied() + 50;
                Patience.until("counting goes on", () -> count.applied() >= next);
                if (round < 2) {
                    member.resume();
                } else {
                    etcd.start(member);
                }
                etcd.awaitHealthy();
            }
            over.set(true);
            counting.join();
        }

        long counted = Long.parseLong(store.get(List.of("counter"))
                .find("counter")
                .orElseThrow()
                .value()
                .toStringUtf8()
                .replace("counter", "0"));
        assertThat(counted).isBetween(count.applied(), count.applied() + count.unknown());
    }
}
