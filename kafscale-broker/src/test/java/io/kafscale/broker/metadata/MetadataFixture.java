// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.metadata.TransactionResult.Refused;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** A store under test on a clock of its own, and short words for what tests do with it. Confined to one test. */
@Timeout(60)
abstract class MetadataFixture {

    protected final ManualClock clock = new ManualClock();
    protected final SystemThreads threads = new SystemThreads();
    protected MetadataStore store;

    /** The revision that the store had before the test did anything. */
    protected long base;

    /** A new store without keys, on {@link #clock} and {@link #threads}. */
    protected abstract MetadataStore open() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
        base = newRevision();
    }

    /** The revision of a new store; one that is not alone in its place overrides this. */
    protected long newRevision() {
        return 0;
    }

    @AfterEach
    void closeStore() {
        store.close();
        threads.close();
    }

    protected static ByteString value(String text) {
        return ByteString.copyFromUtf8(text);
    }

    protected static void assertFails(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(kind));
    }

    protected long commit(Transaction transaction) {
        TransactionResult result = store.commit(transaction);
        assertThat(result).isInstanceOf(Applied.class);
        return result instanceof Applied(long revision) ? revision : -1;
    }

    protected long put(String key, String value) {
        return commit(Transaction.when().put(key, value(value)).build());
    }

    protected void assertRefused(Transaction transaction) {
        long before = store.get(List.of()).revision();

        assertThat(store.commit(transaction)).isEqualTo(new Refused(before));

        assertThat(store.get(List.of()).revision()).isEqualTo(before);
    }

    protected KeyValue read(String key) {
        return store.get(List.of(key)).find(key).orElseThrow();
    }

    protected List<String> keys(String prefix) {
        return store.range(prefix).all().stream().map(KeyValue::key).toList();
    }

    protected interface Racer {
        void run(int number) throws InterruptedException;
    }

    /** Runs a body in so many threads at once and waits for all of them. */
    protected static void race(int threads, Racer body) throws InterruptedException {
        CountDownLatch start = new CountDownLatch(1);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> running = IntStream.range(0, threads)
                .mapToObj(number -> Thread.ofPlatform().start(() -> {
                    try {
                        start.await();
                        body.run(number);
                    } catch (InterruptedException | RuntimeException | Error e) {
                        failures.add(e);
                    }
                }))
                .toList();
        start.countDown();
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }
}
