// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MetadataException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What every {@link MetadataStore} does. Each implementation has a subclass that opens one. */
abstract class MetadataStoreContract extends LeaseAndWatchContract {

    // Reading

    @Test
    void getsWhatIsThere() {
        put("a", "1");
        put("c", "3");

        Snapshot snapshot = store.get(List.of("c", "b", "a", "a"));

        assertThat(snapshot.revision()).isEqualTo(base + 2);
        assertThat(snapshot.all()).extracting(KeyValue::key).containsExactly("a", "c");
        assertThat(snapshot.find("b")).isEmpty();
    }

    @Test
    void getsNothingForNoKeys() {
        put("a", "1");

        assertThat(store.get(List.of())).isEqualTo(new Snapshot(base + 1, List.of()));
    }

    @Test
    void rangesOverAPrefixInTheOrderOfTheBytes() {
        List<String> all = List.of("p", "p!", "p-", "p/", "p/-", "p/0", "p/0/1", "p/A", "p/a", "p/z~", "p0");
        List<String> shuffled = new ArrayList<>(all);
        Collections.shuffle(shuffled, new Random(3));
        shuffled.forEach(key -> put(key, key));

        assertThat(keys("")).isEqualTo(all);
        assertThat(keys("p/")).isEqualTo(all.subList(3, 10));
        assertThat(keys("p/0")).containsExactly("p/0", "p/0/1");
        assertThat(keys("q")).isEmpty();
        assertThat(store.range("p/").all())
                .allSatisfy(entry -> assertThat(entry.value()).isEqualTo(value(entry.key())));
    }

    @Test
    void rangesOverAllKeysHoweverMany() {
        for (int block = 0; block < 30; block++) {
            Transaction.Builder builder = Transaction.when();
            for (int i = 0; i < 100; i++) {
                builder.put(String.format("many/%02d/%02d", block, i), value("x"));
            }
            commit(builder.build());
        }

        assertThat(keys("many/")).hasSize(3000).isSorted();
    }

    @Test
    void keepsASnapshotAsItWas() {
        put("a", "1");
        Snapshot before = store.range("");
        put("a", "2");
        put("b", "1");

        assertThat(before.all()).extracting(KeyValue::value).containsExactly(value("1"));
    }

    @Test
    void showsOneRevisionToEachReaderBesideWriters() throws InterruptedException {
        ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
        race(6, number -> {
            for (int i = 0; i < 60; i++) {
                if (number < 3) {
                    Transaction.Builder builder = Transaction.when();
                    String value = number + "-" + i;
                    IntStream.range(0, 10).forEach(key -> builder.put("same/" + key, value(value)));
                    store.commit(builder.build());
                } else {
                    Snapshot seen =
                            number == 3 ? store.get(List.of("same/0", "same/5", "same/9")) : store.range("same/");
                    if (seen.all().stream().map(KeyValue::value).distinct().count() > 1
                            || seen.all().stream().anyMatch(entry -> entry.modRevision() > seen.revision())) {
                        faults.add(seen.toString());
                    }
                }
            }
        });

        assertThat(faults).isEmpty();
        assertThat(store.range("").revision()).isEqualTo(base + 180);
    }

    @Test
    void readsWhatWasAnsweredBeforeTheReadBegan() throws InterruptedException {
        race(4, number -> {
            for (int i = 0; i < 50; i++) {
                long revision = put("own/" + number, "" + i);
                Snapshot seen = store.get(List.of("own/" + number));
                assertThat(seen.revision()).isGreaterThanOrEqualTo(revision);
                assertThat(seen.find("own/" + number).orElseThrow().value()).isEqualTo(value("" + i));
            }
        });
    }

    // Callers

    @Test
    void saysInterruptedAndKeepsTheFlag() {
        Lease lease = store.grantLease(Duration.ofSeconds(10));

        assertInterrupted(() -> store.get(List.of("a")));
        assertInterrupted(() -> store.range("a"));
        assertInterrupted(() -> store.commit(puts(1)));
        assertInterrupted(() -> store.grantLease(Duration.ofSeconds(10)));
        assertInterrupted(() -> store.keepAlive(lease));
        assertInterrupted(() -> store.revoke(lease));
        assertInterrupted(() -> store.watch("", 1));

        assertThat(store.range("").revision()).isEqualTo(base);
    }

    private static void assertInterrupted(ThrowingCallable call) {
        Thread.currentThread().interrupt();
        try {
            assertFails(Kind.INTERRUPTED, call);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void refusesEverythingOnceClosed() {
        Lease lease = store.grantLease(Duration.ofSeconds(10));
        store.close();
        store.close();

        assertFails(Kind.REFUSED, () -> store.get(List.of("a")));
        assertFails(Kind.REFUSED, () -> store.range("a"));
        assertFails(Kind.REFUSED, () -> store.commit(puts(1)));
        assertFails(Kind.REFUSED, () -> store.grantLease(Duration.ofSeconds(10)));
        assertFails(Kind.REFUSED, () -> store.keepAlive(lease));
        assertFails(Kind.REFUSED, () -> store.revoke(lease));
        assertFails(Kind.REFUSED, () -> store.watch("", 1));
    }
}
