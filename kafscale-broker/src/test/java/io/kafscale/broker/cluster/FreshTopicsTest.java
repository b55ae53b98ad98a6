// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class FreshTopicsTest {

    private final ManualClock clock = new ManualClock();
    private final GatedStore store = new GatedStore(clock);
    private final SystemThreads threads = new SystemThreads();

    /** A catalog whose view has never started, as one that is late for ever. */
    private final TopicCatalog catalog = new Cluster(
                    new ClusterEnvironment(store, TestBroker.KEYS, clock, threads, new Random(1)),
                    new ClusterSettings(0, TestBroker.TTL, TestBroker.TTL),
                    new OpenGate(),
                    topics -> new RecordingHost())
            .catalog();

    @AfterEach
    void close() {
        threads.close();
        store.close();
    }

    /** Counts the reads by name; while it is gated, each waits for a permit. Thread-safe. */
    private static final class GatedStore extends CountingStore {
        private final AtomicInteger reads = new AtomicInteger();
        private final Semaphore begun = new Semaphore(0);
        private final Semaphore permits = new Semaphore(0);

        /** Set before the threads start that read it. */
        private volatile boolean gated;

        /** The same. */
        private volatile boolean failing;

        GatedStore(ManualClock clock) {
            super(new MemoryMetadataStore(clock));
        }

        @Override
        public Snapshot get(Collection<String> keys) {
            reads.incrementAndGet();
            begun.release();
            if (gated) {
                permits.acquireUninterruptibly();
            }
            if (failing) {
                throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "ordered failure");
            }
            return super.get(keys);
        }
    }

    private Topic put(String name) {
        UUID id = TopicIds.random(new Random(name.hashCode()));
        TopicConfig value = TopicConfig.newBuilder()
                .setName(name)
                .setTopicId(TopicIds.bytes(id))
                .setPartitions(1)
                .build();
        put(name, value.toByteString());
        return new Topic(id, name, 1, Map.of());
    }

    private void put(String name, ByteString value) {
        Transaction transaction =
                Transaction.when().put(TestBroker.KEYS.topic(name), value).build();
        assertThat(store.commit(transaction)).isInstanceOf(TransactionResult.Applied.class);
    }

    private Pending<Map<String, Topic>> findInBackground(String name) {
        Pending<Map<String, Topic>> found = new Pending<>();
        threads.start("finder", () -> found.complete(catalog.findFresh(List.of(name))));
        return found;
    }

    private Map<String, Topic> arrived(Pending<Map<String, Topic>> found) throws InterruptedException {
        return found.await(clock, Deadline.NEVER).orElseThrow();
    }

    @Test
    void seesWhatTheViewHasNotHeardOf() {
        Topic topic = put("orders");

        assertThat(catalog.find("orders")).isEmpty();
        assertThat(catalog.findFresh(List.of("orders", "absent", "no name", "orders")))
                .isEqualTo(Map.of("orders", topic));
    }

    @Test
    void asksForManyNamesInFewReads() {
        List<String> names = IntStream.range(0, 250).mapToObj(i -> "topic-" + i).toList();
        names.forEach(this::put);

        assertThat(catalog.findFresh(names)).hasSize(250);
        assertThat(store.reads).hasValue(3);
    }

    @Test
    void thoseWhoAskDuringAReadShareTheNextOne() throws InterruptedException {
        store.gated = true;
        Pending<Map<String, Topic>> early = findInBackground("orders");
        store.begun.acquire();
        Topic topic = put("orders");
        List<Pending<Map<String, Topic>>> late = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            late.add(findInBackground("orders"));
        }
        clock.awaitWaiting(20);
        store.permits.release(2);

        assertThat(arrived(early)).isEqualTo(Map.of("orders", topic));
        for (Pending<Map<String, Topic>> found : late) {
            assertThat(arrived(found)).isEqualTo(Map.of("orders", topic));
        }
        assertThat(store.reads).hasValue(2);
    }

    @Test
    void aReadThatHasBegunIsNotSharedByThoseWhoComeLater() throws InterruptedException {
        store.gated = true;
        Pending<Map<String, Topic>> early = findInBackground("orders");
        store.begun.acquire();
        Pending<Map<String, Topic>> late = findInBackground("orders");
        clock.awaitWaiting(1);
        store.permits.release();
        assertThat(arrived(early)).isEmpty();

        store.begun.acquire();
        Topic topic = put("orders");
        store.permits.release();
        assertThat(arrived(late)).isEqualTo(Map.of("orders", topic));
    }

    @Test
    void keepsAPaceAfterABurst() throws InterruptedException {
        for (int i = 0; i < FreshTopics.BURST; i++) {
            assertThat(catalog.findFresh(List.of("orders"))).isEmpty();
        }
        Pending<Map<String, Topic>> next = findInBackground("orders");
        clock.awaitWaiting(1);
        assertThat(store.reads).hasValue(FreshTopics.BURST);

        clock.advance(FreshTopics.PACE);
        assertThat(arrived(next)).isEmpty();
    }

    @Test
    void aStoreThatDoesNotAnswerIsAFailureAndNotAnAbsence() {
        Topic topic = put("orders");
        store.failing = true;
        assertThatThrownBy(() -> catalog.findFresh(List.of("orders")))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("ordered failure");

        store.failing = false;
        assertThat(catalog.findFresh(List.of("orders"))).isEqualTo(Map.of("orders", topic));
    }

    @Test
    void aValueThatCannotBeReadIsAFailureOfItsNameAlone() {
        Topic topic = put("orders");
        put("broken", ByteString.copyFrom(new byte[] {-1, -1}));

        assertThatThrownBy(() -> catalog.findFresh(List.of("orders", "broken")))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("broken");
        assertThat(catalog.findFresh(List.of("orders"))).isEqualTo(Map.of("orders", topic));
    }
}
