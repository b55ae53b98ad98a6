// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.FastClock;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ByteCacheTest {

    private final FastClock clock = new FastClock();
    private final SystemThreads threads = new SystemThreads();
    private final ByteCache<String, String> cache = new ByteCache<>(clock, 10, String::length);
    private final AtomicInteger loads = new AtomicInteger();

    @AfterEach
    void stop() {
        threads.close();
    }

    private String get(String key, String value) throws InterruptedException {
        return cache.get(key, () -> {
            loads.incrementAndGet();
            return value;
        });
    }

    private <T> T soon(Pending<T> pending) throws InterruptedException {
        return pending.await(clock, Deadline.after(clock, Duration.ofMinutes(10)))
                .orElseThrow();
    }

    @Test
    void theOneThatNobodyAskedForLongestLeavesFirst() throws Exception {
        get("a", "1234");
        get("b", "1234");
        get("a", "again");
        get("c", "1234");
        assertThat(loads).hasValue(3);
        assertThat(cache.bytes()).isEqualTo(8);

        assertThat(get("a", "new")).isEqualTo("1234");
        assertThat(get("b", "new")).isEqualTo("new");
    }

    @Test
    void aValueLargerThanAllIsGivenAndNotKept() throws Exception {
        get("a", "1234");

        assertThat(get("b", "12345678901")).hasSize(11);
        assertThat(cache.bytes()).isEqualTo(4);
        assertThat(get("b", "next")).isEqualTo("next");
    }

    @Test
    void bytesStayWithinTheLimitWhateverComes() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            get("k" + i % 37, "x".repeat(1 + i % 11));
            assertThat(cache.bytes()).isBetween(0L, 10L);
        }
    }

    @Test
    void whoAsksForWhatIsBeingLoadedWaitsForIt() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Pending<String> first = ask(() -> {
            loads.incrementAndGet();
            loading.countDown();
            go.await();
            return "value";
        });
        loading.await();
        Pending<String> second = ask(() -> {
            throw new AssertionError("loaded twice");
        });
        go.countDown();

        assertThat(soon(first)).isEqualTo("value");
        assertThat(soon(second)).isEqualTo("value");
        assertThat(loads).hasValue(1);
    }

    private Pending<String> ask(ByteCache.Loader<String> loader) {
        Pending<String> answer = new Pending<>();
        threads.start("ask", () -> {
            try {
                answer.complete(cache.get("key", loader));
            } catch (InterruptedException | StorageException | IllegalStateException e) {
                answer.complete("failed: " + e.getMessage());
            }
        });
        return answer;
    }

    @Test
    void aFailureIsToldToAllWhoWaitAndNotKept() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Pending<String> first = ask(() -> {
            loading.countDown();
            go.await();
            throw new StorageException(Kind.NOT_FOUND, "gone");
        });
        loading.await();
        Pending<String> second = ask(() -> "not asked, or asked afterwards");
        go.countDown();

        assertThat(soon(first)).isEqualTo("failed: gone");
        assertThat(soon(second)).isIn("failed: another reader failed: gone", "not asked, or asked afterwards");
        assertThat(get("other", "value")).isEqualTo("value");
    }

    @Test
    void anInterruptedLoaderIsNobodyElsesBusiness() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        Pending<String> first = new Pending<>();
        Thread loader = threads.start("first", () -> {
            try {
                first.complete(cache.get("key", () -> {
                    loading.countDown();
                    new CountDownLatch(1).await();
                    return "never";
                }));
            } catch (InterruptedException e) {
                first.complete("interrupted");
            }
        });
        loading.await();
        Pending<String> second = ask(() -> "mine");
        loader.interrupt();

        assertThat(soon(first)).isEqualTo("interrupted");
        assertThat(soon(second)).isEqualTo("mine");
    }

    @Test
    void aLoaderWithABugDoesNotBlockTheKey() throws Exception {
        assertThatThrownBy(() -> cache.get("key", () -> {
                    throw new IllegalStateException("expected by the test");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(get("key", "value")).isEqualTo("value");
        assertThat(cache.bytes()).isEqualTo(5);
    }

    @Test
    void aStoreThatWasInterruptedEndsTheCallAsAnInterruptDoes() {
        assertThatThrownBy(() -> cache.get("key", () -> {
                    throw new StorageException(Kind.INTERRUPTED, "expected by the test");
                }))
                .isInstanceOf(InterruptedException.class);
    }

    /** A cache in time that the test moves. */
    private final ManualClock still = new ManualClock();

    private final ByteCache<String, String> slowly = new ByteCache<>(still, 100, String::length);

    private void ask(String key) throws InterruptedException {
        slowly.get(key, () -> {
            loads.incrementAndGet();
            return "0123456789";
        });
    }

    private int loadsOf(String... keys) throws InterruptedException {
        int before = loads.get();
        for (String key : keys) {
            ask(key);
        }
        return loads.get() - before;
    }

    @Test
    void whoGoesThroughOnceDoesNotDriveOutWhatOthersComeBackTo() throws Exception {
        String[] hot = {"h1", "h2", "h3", "h4", "h5"};
        loadsOf(hot);
        still.advance(Duration.ofSeconds(10));
        assertThat(loadsOf(hot)).isZero();

        for (int i = 0; i < 1_000; i++) {
            // each several times in a row, as a reader with small fetches does
            assertThat(loadsOf("scan" + i, "scan" + i, "scan" + i)).isEqualTo(1);
            still.advance(Duration.ofMillis(100));
        }

        assertThat(loadsOf(hot)).isZero();
    }

    @Test
    void whatWasLoadedAheadIsNotProvenByItsFirstReader() throws Exception {
        String[] hot = {"h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"};
        loadsOf(hot);
        still.advance(Duration.ofSeconds(10));
        loadsOf(hot);

        for (int i = 0; i < 100; i++) {
            slowly.loadAhead("scan" + i, () -> "0123456789");
            still.advance(Duration.ofSeconds(30)); // a slow reader
            assertThat(loadsOf("scan" + i)).isZero();
        }

        assertThat(loadsOf(hot)).isZero();
    }

    @Test
    void whatIsNotAskedForAnyMoreLeavesAlthoughItWasProven() throws Exception {
        loadsOf("old1", "old2", "old3", "old4", "old5", "old6", "old7", "old8");
        still.advance(Duration.ofSeconds(10));
        loadsOf("old1", "old2", "old3", "old4", "old5", "old6", "old7", "old8");
        String[] hot = {"h1", "h2", "h3", "h4", "h5", "h6", "h7", "h8"};
        for (String key : hot) { // each is proven while it is on trial
            loadsOf(key);
            still.advance(Duration.ofSeconds(10));
            loadsOf(key);
        }

        assertThat(loadsOf(hot)).isZero();
        assertThat(slowly.bytes()).isEqualTo(100);
        assertThat(loadsOf("old1", "old2", "old3")).isEqualTo(3);
    }

    @Test
    void whoHasNoMoreTimeDoesNotWaitForAnothersLoad() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Pending<String> first = ask(() -> {
            loading.countDown();
            go.await();
            return "value";
        });
        loading.await();

        assertThatThrownBy(() -> cache.get("key", Deadline.afterMillis(clock, 0), () -> "mine"))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAVAILABLE));
        go.countDown();
        assertThat(soon(first)).isEqualTo("value");
    }

    @Test
    void aLoadAheadIsNotMadeTwiceAndSharedWithWhoAsks() throws Exception {
        CountDownLatch loading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        threads.start("ahead", () -> {
            try {
                cache.loadAhead("key", () -> {
                    loading.countDown();
                    go.await();
                    return "ahead";
                });
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        loading.await();
        cache.loadAhead("key", () -> {
            throw new AssertionError("loaded twice");
        });
        assertThat(cache.hasOrLoads("key")).isTrue();
        Pending<String> asked = ask(() -> {
            throw new AssertionError("loaded twice");
        });
        go.countDown();

        assertThat(soon(asked)).isEqualTo("ahead");
        assertThat(cache.hasOrLoads("other")).isFalse();
    }
}
