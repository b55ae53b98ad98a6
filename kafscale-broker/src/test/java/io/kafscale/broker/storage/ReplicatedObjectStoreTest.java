// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.storage.ReplicatedObjectStore.Reads;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which of the two stores is read, whatever the replica does. */
@Timeout(60)
final class ReplicatedObjectStoreTest {

    private static final ObjectKey KEY = new ObjectKey("a");

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final MemoryObjectStore first = new MemoryObjectStore(clock);
    private final MemoryObjectStore second = new MemoryObjectStore(clock);
    private final HookedObjects primary = new HookedObjects(first);
    private final HookedObjects replica = new HookedObjects(second);
    private final StoreWatch watch = new StoreWatch("replica", clock, HealthLimits.DEFAULTS);
    private final AtomicInteger primaryReads = new AtomicInteger();
    private final ReplicatedObjectStore store = new ReplicatedObjectStore(
            WatchedObjectStore.around(primary, clock),
            new WatchedObjectStore(replica, watch, clock),
            watch,
            clock,
            threads);

    @BeforeEach
    void fill() {
        first.put(KEY, List.of(ByteBuffer.wrap(new byte[] {1, 2, 3})));
        second.put(KEY, List.of(ByteBuffer.wrap(new byte[] {1, 2, 3})));
        primary.onRead((key, real) -> {
            primaryReads.incrementAndGet();
            return real.get();
        });
    }

    @AfterEach
    void stop() {
        threads.close();
    }

    private static StorageException failure(Kind kind) {
        return new StorageException(kind, "expected by the test");
    }

    private void failReplica() {
        replica.onRead((key, real) -> {
            throw failure(Kind.UNAVAILABLE);
        });
    }

    private void failPrimary() {
        primary.onRead((key, real) -> {
            throw failure(Kind.UNAVAILABLE);
        });
        for (int i = 0; i < 6; i++) {
            assertThatThrownBy(() -> store.readTail(new ObjectKey("nowhere"), 1))
                    .isInstanceOf(StorageException.class);
        }
        assertThat(store.health().state()).isEqualTo(StoreState.UNAVAILABLE);
    }

    private ByteBuffer read(ObjectKey key, long position, int length) {
        return store.read(key, position, length, bytes -> true);
    }

    @Test
    void theReplicaIsReadFirst() {
        assertThat(read(KEY, 1, 2)).isEqualTo(ByteBuffer.wrap(new byte[] {2, 3}));
        assertThat(store.readTail(KEY, 1, bytes -> true)).isEqualTo(ByteBuffer.wrap(new byte[] {3}));

        assertThat(primaryReads).hasValue(0);
        assertThat(store.reads()).isEqualTo(new Reads(2, 0, 0, 0, 0));
    }

    @Test
    void whatTheReplicaLacksComesFromThePrimary() {
        second.delete(List.of(KEY));

        assertThat(read(KEY, 0, 1)).isEqualTo(ByteBuffer.wrap(new byte[] {1}));

        assertThat(store.reads()).isEqualTo(new Reads(0, 1, 0, 0, 0));
        assertThat(watch.state()).isEqualTo(StoreState.HEALTHY);
    }

    @Test
    void whatBothLackIsNotThere() {
        assertThatThrownBy(() -> read(new ObjectKey("b"), 0, 1))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
    }

    @Test
    void whatIsDamagedInTheReplicaComesFromThePrimary() {
        second.delete(List.of(KEY));
        second.put(KEY, List.of(ByteBuffer.wrap(new byte[] {9, 9, 9})));

        assertThat(store.read(KEY, 0, 3, bytes -> bytes.get(0) == 1)).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));

        assertThat(store.reads()).isEqualTo(new Reads(0, 0, 0, 1, 0));
    }

    @Test
    void anEndThatIsDamagedInTheReplicaComesFromThePrimary() {
        second.delete(List.of(KEY));
        second.put(KEY, List.of(ByteBuffer.wrap(new byte[] {1, 2})));

        assertThat(store.readTail(KEY, 9, bytes -> bytes.remaining() == 3))
                .isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));

        assertThat(store.reads()).isEqualTo(new Reads(0, 0, 0, 1, 0));
    }

    @Test
    void whatNobodyCanCheckComesFromThePrimary() {
        second.delete(List.of(KEY));
        second.put(KEY, List.of(ByteBuffer.wrap(new byte[] {9, 9, 9})));

        assertThat(store.read(KEY, 0, 1)).isEqualTo(ByteBuffer.wrap(new byte[] {1}));
        assertThat(store.readTail(KEY, 1)).isEqualTo(ByteBuffer.wrap(new byte[] {3}));

        assertThat(store.reads()).isEqualTo(new Reads(0, 0, 0, 0, 0));
    }

    @Test
    void whatIsDamagedInBothIsNotServed() {
        assertThatThrownBy(() -> store.read(KEY, 0, 3, bytes -> false))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT));
    }

    @Test
    void aReplicaThatFailsIsLeftAloneAfterAWhile() {
        failReplica();
        for (int i = 0; i < 100; i++) {
            assertThat(read(KEY, 0, 1)).isEqualTo(ByteBuffer.wrap(new byte[] {1}));
        }

        assertThat(store.reads()).isEqualTo(new Reads(0, 0, 5, 0, 95));
        assertThat(store.health().state()).isEqualTo(StoreState.HEALTHY);
    }

    @Test
    void aReplicaThatHangsIsNotWaitedForLong() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        replica.onRead((key, real) -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            throw failure(Kind.INTERRUPTED);
        });
        Pending<ByteBuffer> read = new Pending<>();
        threads.start("reader", () -> read.complete(read(KEY, 0, 1)));
        clock.awaitWaiting(1);

        clock.advance(Duration.ofMillis(1_001));

        assertThat(read.await(clock, Deadline.NEVER)).contains(ByteBuffer.wrap(new byte[] {1}));
        interrupted.await();
        assertThat(store.reads()).isEqualTo(new Reads(0, 0, 1, 0, 0));
    }

    @Test
    void theReplicaServesWhileThePrimaryIsGone() {
        failPrimary();

        assertThat(read(KEY, 0, 1)).isEqualTo(ByteBuffer.wrap(new byte[] {1}));
        assertThat(store.health().readTrouble()).isEmpty();
        assertThat(store.health().writeTrouble()).isPresent();
    }

    @Test
    void whoFindsNeitherIsToldAtOnce() {
        failPrimary();
        primary.onRead((key, real) -> {
            throw new AssertionError("asked although it is known to be gone");
        });
        failReplica();

        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> read(KEY, 0, 1))
                    .isInstanceOfSatisfying(
                            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
        }
        assertThat(watch.state()).isEqualTo(StoreState.UNAVAILABLE);
        assertThat(store.health().readTrouble()).isPresent();
    }

    @Test
    void whatIsWrittenAndListedConcernsThePrimaryAlone() {
        store.put(new ObjectKey("b"), List.of(ByteBuffer.wrap(new byte[] {4})));
        store.delete(List.of(KEY));

        assertThat(store.list("", "", 10))
                .singleElement()
                .satisfies(found -> assertThat(found.key()).isEqualTo(new ObjectKey("b")));
        assertThat(second.list("", "", 10))
                .singleElement()
                .satisfies(found -> assertThat(found.key()).isEqualTo(KEY));
    }
}
