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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link MetadataStore} does with keys and transactions. Each implementation has a subclass that opens one. */
@Timeout(60)
abstract class MetadataStoreContract {

    protected final ManualClock clock = new ManualClock();
    protected final SystemThreads threads = new SystemThreads();
    protected MetadataStore store;

    /** A new store without keys, on {@link #clock} and {@link #threads}. */
    protected abstract MetadataStore open() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
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

    // Revisions

    @Test
    void beginsEmptyAtRevisionZero() {
        assertThat(store.range("")).isEqualTo(MetadataState.EMPTY.range(""));
        assertThat(store.range("").revision()).isZero();
    }

    @Test
    void raisesTheRevisionByOneWithEachWrite() {
        assertThat(put("a", "1")).isEqualTo(1);
        assertThat(put("b", "1")).isEqualTo(2);
        assertThat(commit(Transaction.when().delete("a").build())).isEqualTo(3);

        assertThat(store.range("").revision()).isEqualTo(3);
    }

    @Test
    void staysAtItsRevisionWhenNothingChanges() {
        long revision = put("a", "1");

        assertThat(commit(Transaction.when().build())).isEqualTo(revision);
        assertThat(commit(Transaction.when().delete("absent").build())).isEqualTo(revision);
        assertThat(commit(Transaction.when().deletePrefix("absent/").build())).isEqualTo(revision);
        assertThat(commit(Transaction.when(Compare.absent("b")).build())).isEqualTo(revision);

        assertThat(store.range("").revision()).isEqualTo(revision);
    }

    @Test
    void countsAPutOfTheSameValueAsAChange() {
        put("a", "1");

        assertThat(put("a", "1")).isEqualTo(2);

        assertThat(read("a").modRevision()).isEqualTo(2);
    }

    @Test
    void remembersWhoCreatedAndWhoChangedAKey() {
        long created = put("a", "1");
        put("b", "1");
        long changed = put("a", "2");

        assertThat(read("a")).isEqualTo(new KeyValue("a", value("2"), created, changed, Lease.NONE));
    }

    @Test
    void givesANewCreationRevisionToAKeyThatComesAgain() {
        put("a", "1");
        commit(Transaction.when().delete("a").build());
        long again = put("a", "1");

        assertThat(read("a").createRevision()).isEqualTo(again);
    }

    @Test
    void keepsEverythingOfATransactionAtOneRevision() {
        put("gone", "1");
        long revision = commit(Transaction.when()
                .put("a", value("1"))
                .put("b", value("2"))
                .delete("gone")
                .build());

        assertThat(read("a").modRevision()).isEqualTo(revision);
        assertThat(read("b").modRevision()).isEqualTo(revision);
        assertThat(keys("")).containsExactly("a", "b");
    }

    // Reading

    @Test
    void getsWhatIsThere() {
        put("a", "1");
        put("c", "3");

        Snapshot snapshot = store.get(List.of("c", "b", "a", "a"));

        assertThat(snapshot.revision()).isEqualTo(2);
        assertThat(snapshot.all()).extracting(KeyValue::key).containsExactly("a", "c");
        assertThat(snapshot.find("b")).isEmpty();
    }

    @Test
    void getsNothingForNoKeys() {
        put("a", "1");

        assertThat(store.get(List.of())).isEqualTo(new Snapshot(1, new java.util.TreeMap<>()));
    }

    @Test
    void rangesOverAPrefixInTheOrderOfTheBytes() {
        String highest = "p/\ud83d\ude00";
        List<String> all =
                List.of("p", "p/", "p/-", "p/0", "p/0/1", "p/A", "p/a", "p/\u00e4", "p/\uffee", highest, "p0");
        List<String> shuffled = new ArrayList<>(all);
        java.util.Collections.shuffle(shuffled, new java.util.Random(3));
        shuffled.forEach(key -> put(key, key));

        assertThat(keys("")).isEqualTo(all);
        assertThat(keys("p/")).isEqualTo(all.subList(1, 10));
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
        assertThat(store.range("").revision()).isEqualTo(180);
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

    // Compares

    @Test
    void comparesTheCreationRevision() {
        long created = put("a", "1");
        put("a", "2");

        commit(Transaction.when(new Compare.CreateRevision("a", created))
                .put("b", value("1"))
                .build());
        assertRefused(Transaction.when(new Compare.CreateRevision("a", created + 1))
                .put("b", value("2"))
                .build());
        assertRefused(Transaction.when(Compare.absent("a")).put("b", value("2")).build());
        assertRefused(Transaction.when(new Compare.CreateRevision("c", 1))
                .put("b", value("2"))
                .build());
        assertThat(read("b").value()).isEqualTo(value("1"));
    }

    @Test
    void comparesTheRevisionOfTheLastChange() {
        long created = put("a", "1");
        KeyValue old = read("a");
        long changed = put("a", "2");

        commit(Transaction.when(new Compare.ModRevision("a", changed))
                .put("b", value("1"))
                .build());
        assertRefused(Transaction.when(new Compare.ModRevision("a", created))
                .put("b", value("2"))
                .build());
        assertRefused(
                Transaction.when(Compare.unchanged(old)).put("b", value("2")).build());
        assertRefused(Transaction.when(new Compare.ModRevision("a", 0))
                .put("b", value("2"))
                .build());
        commit(Transaction.when(Compare.unchanged(read("a")))
                .put("b", value("3"))
                .build());
        assertThat(read("b").value()).isEqualTo(value("3"));
    }

    @Test
    void findsAnAbsentKeyByZero() {
        commit(Transaction.when(Compare.absent("a"), new Compare.ModRevision("b", 0))
                .put("a", value("1"))
                .build());

        assertRefused(Transaction.when(Compare.absent("a")).put("a", value("2")).build());
        commit(Transaction.when().delete("a").build());
        commit(Transaction.when(Compare.absent("a")).put("a", value("3")).build());
        assertThat(read("a").value()).isEqualTo(value("3"));
    }

    @Test
    void doesNothingWhenOneOfSeveralComparesFails() {
        put("a", "1");
        put("d", "1");

        assertRefused(Transaction.when(new Compare.ModRevision("a", 1))
                .and(Compare.absent("b"))
                .and(Compare.absent("d"))
                .put("b", value("1"))
                .delete("a")
                .deletePrefix("d")
                .build());

        assertThat(keys("")).containsExactly("a", "d");
    }

    @Test
    void letsExactlyOneOfSixteenWin() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            String key = "contended/" + round;
            ConcurrentLinkedQueue<Integer> winners = new ConcurrentLinkedQueue<>();
            race(16, number -> {
                Transaction transaction = Transaction.when(Compare.absent(key))
                        .put(key, value("" + number))
                        .build();
                if (store.commit(transaction) instanceof Applied) {
                    winners.add(number);
                }
            });

            assertThat(winners).hasSize(1);
            assertThat(read(key).value()).isEqualTo(value("" + winners.peek()));
        }
    }

    @Test
    void countsRightUnderContention() throws InterruptedException {
        put("counter", "0");
        race(4, number -> {
            for (int i = 0; i < 25; i++) {
                boolean done = false;
                while (!done) {
                    KeyValue seen = read("counter");
                    int next = Integer.parseInt(seen.value().toStringUtf8()) + 1;
                    done = store.commit(Transaction.when(Compare.unchanged(seen))
                                    .put("counter", value("" + next))
                                    .build())
                            instanceof Applied;
                }
            }
        });

        assertThat(read("counter").value()).isEqualTo(value("100"));
    }

    // Operations

    @Test
    void deletesByPrefix() {
        List.of("d", "d/", "d/1", "d/2/x", "d0", "e").forEach(key -> put(key, "1"));

        commit(Transaction.when()
                .deletePrefix("d/")
                .put("d", value("2"))
                .delete("e")
                .build());

        assertThat(keys("")).containsExactly("d", "d0");
        assertThat(read("d").value()).isEqualTo(value("2"));
    }

    @Test
    void deletesMoreByPrefixThanATransactionMayName() {
        for (int block = 0; block < 5; block++) {
            Transaction.Builder builder = Transaction.when();
            for (int i = 0; i < 100; i++) {
                builder.put("d/" + block + "/" + i, value("x"));
            }
            commit(builder.build());
        }

        commit(Transaction.when().deletePrefix("d/").build());

        assertThat(keys("")).isEmpty();
    }

    @Test
    void deletesOverlappingPrefixesOnce() {
        List.of("d/1", "d/2/x").forEach(key -> put(key, "1"));

        commit(Transaction.when()
                .deletePrefix("d/")
                .deletePrefix("d/2")
                .delete("d/1")
                .build());

        assertThat(keys("")).isEmpty();
    }

    @Test
    void keepsValuesOfEveryShape() {
        ByteString large = ByteString.copyFrom(new byte[1000 * 1000]);
        ByteString binary = ByteString.copyFrom(new byte[] {0, -1, 127, -128, '\n'});
        commit(Transaction.when()
                .put("large", large)
                .put("binary", binary)
                .put("empty", ByteString.EMPTY)
                .build());

        assertThat(read("large").value()).isEqualTo(large);
        assertThat(read("binary").value()).isEqualTo(binary);
        assertThat(read("empty").value()).isEqualTo(ByteString.EMPTY);
    }

    // Limits

    private static Transaction puts(int count) {
        Transaction.Builder builder = Transaction.when();
        IntStream.range(0, count).forEach(i -> builder.put("key/" + i, value("x")));
        return builder.build();
    }

    private static Transaction compares(int count) {
        Transaction.Builder builder = Transaction.when();
        IntStream.range(0, count).forEach(i -> builder.and(Compare.absent("key/" + i)));
        return builder.build();
    }

    private void assertNotTaken(Transaction transaction) {
        assertThatThrownBy(() -> store.commit(transaction)).isInstanceOf(IllegalArgumentException.class);
        assertThat(store.range("").revision()).isZero();
    }

    @Test
    void takesAHundredOperationsAndComparesButNoMore() {
        assertNotTaken(puts(101));
        assertNotTaken(compares(101));

        commit(compares(100));
        commit(puts(100));
        assertThat(keys("key/")).hasSize(100);
    }

    @Test
    void takesAMebibyteOfKeysAndValuesButNoMore() {
        int limit = MetadataStore.MAX_TRANSACTION_BYTES;
        ByteString most = ByteString.copyFrom(new byte[limit - 8]);

        assertNotTaken(Transaction.when()
                .put("\u00e4-key", most)
                .put("toll", value(""))
                .build());
        assertNotTaken(Transaction.when(Compare.absent("c"))
                .put("four", most)
                .put("tol", value(""))
                .delete("d")
                .build());

        commit(Transaction.when(Compare.absent("c"))
                .put("four", most)
                .put("tol", value(""))
                .build());
        assertThat(read("four").value().size()).isEqualTo(limit - 8);
    }

    @Test
    void refusesToNameAKeyTwice() {
        assertNotTaken(
                Transaction.when().put("a", value("1")).put("a", value("2")).build());
        assertNotTaken(Transaction.when().put("a", value("1")).delete("a").build());
        assertNotTaken(Transaction.when().delete("a").delete("a").build());
    }

    @Test
    void refusesToPutInsideADeletedPrefix() {
        assertNotTaken(
                Transaction.when().put("a/b", value("1")).deletePrefix("a/").build());
        assertNotTaken(Transaction.when().deletePrefix("a").put("a", value("1")).build());
    }

    @Test
    void refusesKeysThatAreNone() {
        assertNotTaken(Transaction.when().put("", value("1")).build());
        assertNotTaken(Transaction.when().delete("").build());
        assertNotTaken(Transaction.when(Compare.absent("")).build());
        assertNotTaken(Transaction.when().put("half \ud83d pair", value("1")).build());
    }

    // Callers

    @Test
    void saysInterruptedAndKeepsTheFlag() {
        Lease lease = store.grantLease(java.time.Duration.ofSeconds(10));

        assertInterrupted(() -> store.get(List.of("a")));
        assertInterrupted(() -> store.range("a"));
        assertInterrupted(() -> store.commit(puts(1)));
        assertInterrupted(() -> store.grantLease(java.time.Duration.ofSeconds(10)));
        assertInterrupted(() -> store.keepAlive(lease));
        assertInterrupted(() -> store.revoke(lease));
        assertInterrupted(() -> store.watch("", 1));

        assertThat(store.range("").revision()).isZero();
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
        Lease lease = store.grantLease(java.time.Duration.ofSeconds(10));
        store.close();
        store.close();

        assertFails(Kind.REFUSED, () -> store.get(List.of("a")));
        assertFails(Kind.REFUSED, () -> store.range("a"));
        assertFails(Kind.REFUSED, () -> store.commit(puts(1)));
        assertFails(Kind.REFUSED, () -> store.grantLease(java.time.Duration.ofSeconds(10)));
        assertFails(Kind.REFUSED, () -> store.keepAlive(lease));
        assertFails(Kind.REFUSED, () -> store.revoke(lease));
        assertFails(Kind.REFUSED, () -> store.watch("", 1));
    }
}
