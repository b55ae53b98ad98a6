// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who wins, what becomes of the loser, and when there is no second call; in time that a test moves. */
@Timeout(60)
final class SlowCallHedgingTest {

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final StoreWatch watch = new StoreWatch("objects", clock, HealthLimits.DEFAULTS);
    private final SlowCallHedging hedging = new SlowCallHedging(clock, threads, watch);

    @AfterEach
    void stop() {
        threads.close();
    }

    /** A call whose attempts each wait until the test says how they end. */
    private static final class Scripted implements Hedging.Call<String> {
        private final AtomicInteger begun = new AtomicInteger();
        private final AtomicInteger ended = new AtomicInteger();
        private final List<Pending<String>> results = List.of(new Pending<>(), new Pending<>());
        private final List<CountDownLatch> running = List.of(new CountDownLatch(1), new CountDownLatch(1));
        private final List<CountDownLatch> interrupted = List.of(new CountDownLatch(1), new CountDownLatch(1));
        private final CountDownLatch over = new CountDownLatch(1);
        private boolean mayRepeat = true;

        @Override
        public String attempt() {
            int number = begun.getAndIncrement();
            running.get(number).countDown();
            while (true) {
                try {
                    String text = results.get(number)
                            .await(new ManualClock(), Deadline.NEVER)
                            .orElseThrow();
                    if (text.startsWith("fail")) {
                        throw new StorageException(Kind.UNAVAILABLE, text);
                    }
                    return text;
                } catch (InterruptedException e) {
                    interrupted.get(number).countDown(); // and goes on, as what hangs in the system does
                }
            }
        }

        @Override
        public boolean isGood(String result) {
            return result.startsWith("good");
        }

        @Override
        public boolean mayRepeat() {
            return mayRepeat;
        }

        @Override
        public void ended() {
            ended.incrementAndGet();
            over.countDown();
        }
    }

    /** So many calls that are over at once. */
    private void makeCalls(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            hedging.run(10, () -> "quick");
        }
    }

    private Pending<String> start(Hedging.Call<String> call) {
        Pending<String> result = new Pending<>();
        threads.start("caller", () -> {
            try {
                result.complete(hedging.run(10, call));
            } catch (StorageException e) {
                result.complete("threw " + e.getMessage());
            } catch (InterruptedException e) {
                result.complete("interrupted");
            }
        });
        return result;
    }

    private String soon(Pending<String> result) throws InterruptedException {
        return result.await(clock, Deadline.NEVER).orElseThrow();
    }

    /** The delay has passed without an answer, and the second attempt runs. */
    private Pending<String> bothRunning(Scripted call) throws InterruptedException {
        Pending<String> result = start(call);
        call.running.get(0).await();
        clock.awaitWaiting(1);
        clock.advance(Duration.ofMillis(49));
        assertThat(call.begun).hasValue(1);
        clock.advance(Duration.ofMillis(1));
        call.running.get(1).await();
        return result;
    }

    @Test
    void theSecondMayWinAndTheFirstIsInterruptedAndCountsUntilItEnds() throws Exception {
        makeCalls(40);
        Scripted call = new Scripted();
        Pending<String> result = bothRunning(call);

        call.results.get(1).complete("good second");

        assertThat(soon(result)).isEqualTo("good second");
        call.interrupted.get(0).await();
        assertThat(call.ended).hasValue(0);
        call.results.get(0).complete("good but late");
        call.over.await();
        assertThat(call.ended).hasValue(1);
        assertThat(hedging.secondCalls()).isEqualTo(1);
    }

    @Test
    void theFirstMayWinAfterAll() throws Exception {
        makeCalls(40);
        Scripted call = new Scripted();
        Pending<String> result = bothRunning(call);

        call.results.get(0).complete("good first");

        assertThat(soon(result)).isEqualTo("good first");
        call.interrupted.get(1).await();
        assertThat(call.ended).hasValue(0);
        call.results.get(1).complete("fail");
        call.over.await();
    }

    @Test
    void aBadOneWaitsForTheOther() throws Exception {
        makeCalls(40);
        Scripted call = new Scripted();
        Pending<String> result = bothRunning(call);

        call.results.get(0).complete("unknown");
        assertThat(result.poll()).isEmpty();
        call.results.get(1).complete("good second");

        assertThat(soon(result)).isEqualTo("good second");
    }

    @Test
    void withoutAGoodOneTheFirstCounts() throws Exception {
        makeCalls(40);
        Scripted call = new Scripted();
        Pending<String> result = bothRunning(call);

        call.results.get(1).complete("unknown");
        call.results.get(0).complete("failed first");

        assertThat(soon(result)).isEqualTo("threw failed first");
        call.over.await();
        assertThat(call.ended).hasValue(1);
    }

    @Test
    void anInterruptedCallerLeavesWhenNothingRunsAnyMore() throws Exception {
        makeCalls(40);
        Scripted call = new Scripted();
        Pending<String> result = new Pending<>();
        Thread caller = threads.start("caller", () -> {
            try {
                result.complete(hedging.run(10, call));
            } catch (InterruptedException e) {
                result.complete("interrupted after " + call.ended.get());
            }
        });
        call.running.get(0).await();
        clock.awaitWaiting(1);

        caller.interrupt();
        call.interrupted.get(0).await();
        assertThat(result.poll()).isEmpty();
        call.results.get(0).complete("good but late");

        assertThat(soon(result)).isEqualTo("interrupted after 1");
    }

    @Test
    void whoMayNotRepeatWaitsForTheFirst() throws Exception {
        makeCalls(40);
        Scripted call = new Scripted();
        call.mayRepeat = false;
        Pending<String> result = start(call);
        call.running.get(0).await();
        clock.awaitWaiting(1);
        clock.advance(Duration.ofHours(1));

        call.results.get(0).complete("good first");

        assertThat(soon(result)).isEqualTo("good first");
        assertThat(call.begun).hasValue(1);
        call.over.await();
    }

    @Test
    void atMostOneCallInTwentyIsMadeTwice() throws Exception {
        makeCalls(40);
        for (int i = 0; i < 2; i++) {
            Scripted call = new Scripted();
            Pending<String> result = bothRunning(call);
            call.results.get(1).complete("good");
            soon(result);
            call.results.get(0).complete("late");
            call.over.await();
        }

        Scripted third = new Scripted();
        Pending<String> result = start(third); // by the caller's own thread
        third.running.get(0).await();
        clock.advance(Duration.ofHours(1));
        third.results.get(0).complete("good");
        assertThat(soon(result)).isEqualTo("good");
        assertThat(third.begun).hasValue(1);
        assertThat(hedging.secondCalls()).isEqualTo(2);
    }

    @Test
    void aStoreThatIsNotHealthyIsNotAskedTwice() throws Exception {
        makeCalls(40);
        for (int i = 0; i < 10; i++) {
            watch.attemptFailed(Kind.THROTTLED, "expected by the test");
        }
        assertThat(watch.state()).isEqualTo(StoreState.DEGRADED);

        Scripted call = new Scripted();
        Pending<String> result = start(call);
        call.running.get(0).await();
        clock.advance(Duration.ofHours(1));
        call.results.get(0).complete("good");
        assertThat(soon(result)).isEqualTo("good");
        assertThat(call.begun).hasValue(1);
        assertThat(call.ended).hasValue(1);
    }

    @Test
    void aReadOfAStoreIsMadeTwiceAndItsWritesAreNot() throws Exception {
        MemoryObjectStore memory = new MemoryObjectStore(clock);
        ObjectKey key = new ObjectKey("a");
        memory.put(key, List.of(ByteBuffer.wrap(new byte[] {1, 2, 3})));
        Semaphore first = new Semaphore(0);
        List<String> reads = new CopyOnWriteArrayList<>();
        AtomicInteger slow = new AtomicInteger(-1);
        HookedObjects hooked = new HookedObjects(memory);
        hooked.onRead((name, real) -> {
            reads.add(name.value());
            if (slow.getAndDecrement() > 0) {
                try {
                    first.acquire();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new StorageException(Kind.INTERRUPTED, "interrupted", e);
                }
            }
            return real.get();
        });
        ObjectStore store = new HedgedObjectStore(hooked, hedging, Hedging.NEVER);
        for (int i = 0; i < 40; i++) {
            store.read(key, 0, 3);
        }
        reads.clear();
        slow.set(1);

        Pending<String> result = new Pending<>();
        threads.start(
                "reader", () -> result.complete("read " + store.read(key, 1, 2).get(0)));
        clock.awaitWaiting(1);
        clock.advance(Duration.ofMillis(50));

        assertThat(soon(result)).isEqualTo("read 2");
        assertThat(reads).containsExactly("a", "a");
        assertThatThrownBy(() -> store.read(new ObjectKey("none"), 0, 1)).isInstanceOf(StorageException.class);
    }
}
