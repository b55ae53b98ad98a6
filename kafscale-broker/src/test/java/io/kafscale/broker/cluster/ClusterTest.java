// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ClusterTest {

    private final ManualClock clock = new ManualClock();
    private final MetadataStore store = new MemoryMetadataStore(clock);

    @AfterEach
    void closeStore() {
        store.close();
    }

    private TestBroker broker(int id) {
        return new TestBroker(store, clock, id);
    }

    @Test
    void restartKeepsTopicIdsAndRaisesEpochs() throws InterruptedException {
        Topic topic;
        String uuid;
        String firstIncarnation;
        try (TestBroker first = broker(0).start()) {
            topic = first.create("orders", 3);
            uuid = first.cluster.membership().clusterUuid();
            firstIncarnation = first.cluster.ownership().token().incarnation();
            assertThat(first.cluster.ownership().leaderOf(topic.partition(2))).isEqualTo(new Leadership(0, 0));
        }
        try (TestBroker second = broker(0).start()) {
            assertThat(second.cluster.catalog().find("orders")).contains(topic);
            assertThat(second.cluster.catalog().find(topic.id())).contains(topic);
            assertThat(second.cluster.membership().clusterUuid())
                    .isEqualTo(uuid)
                    .hasSize(22);
            assertThat(second.cluster.ownership().leaderOf(topic.partition(2))).isEqualTo(new Leadership(0, 1));
            assertThat(second.host.served.values())
                    .extracting(AcquiredPartition::leaderEpoch)
                    .containsOnly(1);
            assertThat(second.cluster.ownership().token().incarnation())
                    .isNotEqualTo(firstIncarnation)
                    .matches("0-[0-9a-f]{16}");
        }
    }

    @Test
    void everythingIsServedWhenStartReturns() throws InterruptedException {
        Topic topic;
        try (TestBroker first = broker(0).start()) {
            topic = first.create("orders", 200);
        }
        try (TestBroker second = broker(0).start()) {
            assertThat(second.host.served.keySet())
                    .containsExactlyInAnyOrderElementsOf(topic.allPartitions().toList());
            assertThat(second.cluster.ownership().ownsGroupShard(0)).isTrue();
            assertThat(second.cluster.ownership().ownsGroupShard(63)).isTrue();
            assertThat(second.cluster.ownership().ownsGroupShard(64)).isFalse();
        }
    }

    @Test
    void ownerKeysVanishWithTheBrokerAndPartitionsStay() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            Topic topic = broker.create("orders", 2);
            broker.cluster.close();

            assertThat(broker.host.released)
                    .containsExactlyInAnyOrderElementsOf(topic.allPartitions().toList());
        }
        assertThat(store.range(TestBroker.KEYS.partitionOwners()).all()).isEmpty();
        assertThat(store.range(TestBroker.KEYS.groupShardOwners()).all()).isEmpty();
        assertThat(store.range(TestBroker.KEYS.brokers()).all()).isEmpty();
        assertThat(store.range(TestBroker.KEYS.partitionStates()).all()).hasSize(2);
    }

    @Test
    void aSecondBrokerWithTheSameIdIsRefusedAfterTwiceTheTimeToLive() throws InterruptedException {
        try (TestBroker first = broker(7).start();
                TestBroker second = broker(7)) {
            Pending<Throwable> failure = new Pending<>();
            second.threads.start("start", () -> {
                try {
                    second.start();
                } catch (ClusterStartException | InterruptedException e) {
                    failure.complete(e);
                }
            });
            for (int halfSeconds = 0; halfSeconds < 19; halfSeconds++) {
                clock.awaitWaiting(TestBroker.THREADS_AT_REST + 1);
                clock.advance(Duration.ofMillis(500));
            }
            clock.awaitWaiting(TestBroker.THREADS_AT_REST + 1);
            assertThat(failure.poll()).isEmpty();
            clock.advance(Duration.ofMillis(700));

            assertThat(failure.await(clock, Deadline.NEVER).orElseThrow())
                    .isInstanceOf(ClusterStartException.class)
                    .hasMessageContaining("broker id 7")
                    .hasMessageContaining("host-7:9099")
                    .hasMessageContaining(first.cluster.ownership().token().incarnation());
            assertThat(first.cluster.ownership().isCertain()).isTrue();
        }
    }

    @Test
    void aBrokerThatDiedIsWaitedFor() throws InterruptedException {
        TestBroker dead = broker(0).start();
        Topic topic = dead.create("orders", 1);
        dead.kill();
        try (TestBroker next = broker(0)) {
            Pending<Boolean> started = new Pending<>();
            next.threads.start("start", () -> {
                try {
                    next.start();
                    started.complete(true);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            while (!isRegisteredAfter(dead)) {
                clock.awaitWaiting(1);
                clock.advance(Duration.ofMillis(200));
            }
            // From here on nothing waits for time, and time would only end the new lease.
            assertThat(started.await(clock, Deadline.NEVER)).contains(true);
            assertThat(next.cluster.ownership().leaderOf(topic.partition(0))).isEqualTo(new Leadership(0, 1));
            assertThat(next.host.prepared.take()).isTrue();
            assertThat(next.host.prepared).as("prepared once more").isEmpty();
        }
    }

    private boolean isRegisteredAfter(TestBroker before) {
        String key = TestBroker.KEYS.broker(0);
        long earlier = before.cluster.ownership().token().createRevision();
        return store.get(List.of(key))
                .find(key)
                .filter(entry -> entry.createRevision() != earlier)
                .isPresent();
    }

    @Test
    void losingTheLeaseBeginsANewIncarnationWithHigherEpochs() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            Topic topic = broker.create("orders", 1);
            Token lost = broker.host.begun.take();

            store.revoke(lost.lease());
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            Token next = broker.host.begun.take();
            broker.awaitServed(topic);

            assertThat(next.incarnation()).isNotEqualTo(lost.incarnation());
            assertThat(next.createRevision()).isGreaterThan(lost.createRevision());
            assertThat(broker.cluster.ownership().token()).isEqualTo(next);
            assertThat(broker.cluster.ownership().leaderOf(topic.partition(0))).isEqualTo(new Leadership(0, 1));
        }
    }

    @Test
    void abdicatingRevokesTheLeaseAndBeginsANewIncarnation() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            Topic topic = broker.create("orders", 1);
            Token given = broker.host.begun.take();

            broker.cluster.abdicate(given, "a test wants it");
            Token next = broker.host.begun.take();
            broker.awaitServed(topic);

            assertThat(next.createRevision()).isGreaterThan(given.createRevision());
            assertThat(store.keepAlive(given.lease())).isFalse();
            assertThat(broker.cluster.ownership().isCertain()).isTrue();
        }
    }

    @Test
    void abdicatingFromAnIncarnationThatIsOverDoesNothing() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            Token first = broker.host.begun.take();
            broker.cluster.abdicate(first, "a test wants it");
            Token second = broker.host.begun.take();

            broker.cluster.abdicate(first, "late news");

            assertThat(broker.cluster.ownership().isCertain()).isTrue();
            assertThat(broker.cluster.ownership().token()).isEqualTo(second);
        }
    }

    @Test
    void anAbdicationThatComesWhileTheLeaseIsLostAnywayEndsNoSecondIncarnation() throws InterruptedException {
        CountingStore counting = new CountingStore(store);
        try (TestBroker broker = new TestBroker(counting, clock, 0).start()) {
            Token lost = broker.host.begun.take();
            counting.beforeKeepAlive = () -> {
                counting.beforeKeepAlive = () -> {};
                store.revoke(lost.lease());
                broker.cluster.abdicate(lost, "late news");
            };
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            Token next = broker.host.begun.take();
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);

            assertThat(broker.cluster.ownership().token()).isEqualTo(next);
            assertThat(broker.cluster.ownership().isCertain()).isTrue();
            assertThat(store.keepAlive(next.lease())).isTrue();
        }
    }

    @Test
    void aPartitionThatCannotBeRecoveredIsTriedAgainAndHoldsUpNoOther() throws InterruptedException {
        Topic topic;
        try (TestBroker first = broker(0).start()) {
            topic = first.create("orders", 2);
        }
        PartitionId broken = topic.partition(0);
        try (TestBroker second = broker(0)) {
            second.host.unrecoverable.add(broken);
            second.start();
            assertThat(second.cluster.ownership().leaderOf(topic.partition(1))).isEqualTo(new Leadership(0, 1));
            assertThat(second.cluster.ownership().leaderOf(broken)).isEqualTo(new Leadership(-1, 1));
            assertThat(second.cluster.ownership().awaitOwned(List.of(broken), Deadline.after(clock, Duration.ZERO)))
                    .isFalse();

            second.host.unrecoverable.clear();
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));
            second.awaitServed(topic);

            assertThat(second.cluster.ownership().leaderOf(broken)).isEqualTo(new Leadership(0, 1));
        }
    }

    @Test
    void aPartitionThatCannotBeRecoveredIsAskedForLessAndLess() throws InterruptedException {
        Topic topic;
        try (TestBroker first = broker(0).start()) {
            topic = first.create("orders", 2);
        }
        try (TestBroker second = broker(0)) {
            second.host.unrecoverable.add(topic.partition(0));
            second.start();
            for (int seconds = 0; seconds < 60; seconds++) {
                clock.awaitWaiting(TestBroker.THREADS_AT_REST);
                clock.advance(Duration.ofSeconds(1));
            }
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);

            assertThat(second.host.asked).hasSizeBetween(5, 20);
        }
    }

    @Test
    void aPartitionThatSetsOffABugIsTheOnlyOneThatIsNotServed() throws InterruptedException {
        Topic topic;
        try (TestBroker first = broker(0).start()) {
            topic = first.create("orders", 200);
        }
        try (TestBroker second = broker(0)) {
            second.host.breaking.add(topic.partition(77));
            second.start();

            assertThat(second.host.served).hasSize(199);
            assertThat(second.cluster.ownership().leaderOf(topic.partition(77))).isEqualTo(new Leadership(-1, 1));
        }
    }

    @Test
    void manyPartitionsAreRecoveredTogether() throws InterruptedException {
        try (TestBroker first = broker(0).start()) {
            first.create("orders", 2000);
        }
        try (TestBroker second = broker(0).start()) {
            assertThat(second.host.asked).containsExactly(2000);
            assertThat(second.host.served).hasSize(2000);
        }
    }

    @Test
    void aBugOfTheHostEndsOnePassAndNotTheService() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            broker.host.failNext.set(true);
            CreateResult result = broker.cluster.catalog().create("orders", 2, Map.of(), false);
            assertThat(result).isInstanceOf(CreateResult.Created.class);
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            while (broker.host.failNext.get()) {
                Thread.onSpinWait();
            }
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            clock.advance(Duration.ofSeconds(1));

            broker.awaitServed(((CreateResult.Created) result).topic());
        }
    }

    @Test
    void certaintyEndsAfterSixtyPercentOfTheTimeToLiveWithoutAnAnswer() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            broker.kill();

            clock.advance(Duration.ofSeconds(3));
            assertThat(broker.cluster.ownership().isCertain()).isTrue();
            clock.advance(Duration.ofMillis(1));
            assertThat(broker.cluster.ownership().isCertain()).isFalse();
        }
    }

    @Test
    void aKeepAliveWithoutAnAnswerDecidesNothing() throws InterruptedException {
        FaultPlan plan = FaultPlan.none()
                .failing(StoreCall.METADATA_KEEP_ALIVE, 1, new Fault.FailBefore())
                .failing(StoreCall.METADATA_KEEP_ALIVE, 2, new Fault.FailAfter());
        try (TestBroker broker = new TestBroker(new FaultyMetadataStore(store, plan, clock), clock, 0).start()) {
            Token token = broker.cluster.ownership().token();
            for (int seconds = 0; seconds < 3; seconds++) {
                clock.awaitWaiting(TestBroker.THREADS_AT_REST);
                clock.advance(Duration.ofSeconds(1));
            }
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);

            assertThat(plan.happened()).hasSize(2);
            assertThat(plan.calls(StoreCall.METADATA_KEEP_ALIVE)).isEqualTo(3);
            assertThat(broker.cluster.ownership().token()).isEqualTo(token);
            assertThat(broker.cluster.ownership().isCertain()).isTrue();
        }
    }

    @Test
    void brokersSeeEachOther() throws InterruptedException {
        try (TestBroker one = broker(1).start()) {
            Topic topic = one.create("orders", 1);
            try (TestBroker two = broker(2).start()) {
                assertThat(two.cluster.membership().brokers())
                        .extracting(BrokerNode::id)
                        .containsExactly(1, 2);
                assertThat(two.cluster.membership().controllerId()).isEqualTo(1);
                assertThat(two.cluster.ownership().leaderOf(topic.partition(0))).isEqualTo(new Leadership(1, 0));
                assertThat(two.cluster
                                .membership()
                                .coordinatorOf("group")
                                .orElseThrow()
                                .id())
                        .isEqualTo(1);
                assertThat(two.host.served).isEmpty();

                one.close();
                assertThat(two.host.everServed.take().id()).isEqualTo(topic.partition(0));
                two.awaitServed(topic);

                assertThat(two.cluster.ownership().leaderOf(topic.partition(0))).isEqualTo(new Leadership(2, 1));
            }
        }
    }

    @Test
    void aGroupHasOneShardForEver() throws InterruptedException {
        try (TestBroker broker = broker(0).start()) {
            Membership membership = broker.cluster.membership();

            assertThat(membership.groupShards()).isEqualTo(64);
            assertThat(membership.shardOf("orders-readers")).isEqualTo(membership.shardOf("orders-readers"));
            assertThat(membership.shardOf("123456789")).isEqualTo((int) (0xE3069283L % 64));
            assertThat(membership.coordinatorOf("any")).contains(membership.self());
        }
    }

    @Test
    void nobodyCoordinatesAGroupWhoseShardHasNoOwner() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        for (int commit = 2; commit < 10; commit++) {
            plan.failing(StoreCall.METADATA_COMMIT, commit, new Fault.FailBefore());
        }
        try (TestBroker broker = new TestBroker(new FaultyMetadataStore(store, plan, clock), clock, 0).start()) {
            assertThat(broker.cluster.membership().brokers()).hasSize(1);
            assertThat(broker.cluster.membership().coordinatorOf("any")).isEmpty();
        }
    }

    @Test
    void configsOfATopicSurviveARestart() throws InterruptedException {
        Map<String, String> configs = Map.of("retention.ms", "60000", "cleanup.policy", "compact");
        try (TestBroker first = broker(0).start()) {
            assertThat(first.cluster.catalog().create("orders", 1, configs, false))
                    .isInstanceOf(CreateResult.Created.class);
        }
        try (TestBroker second = broker(0).start()) {
            assertThat(second.cluster.catalog().find("orders").orElseThrow().configs())
                    .isEqualTo(configs);
        }
    }
}
