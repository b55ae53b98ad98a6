// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link MetadataStore} makes of transactions. */
abstract class TransactionContract extends MetadataFixture {

    // Revisions

    @Test
    void beginsEmpty() {
        assertThat(store.range("")).isEqualTo(new Snapshot(base, List.of()));
    }

    @Test
    void raisesTheRevisionByOneWithEachWrite() {
        assertThat(put("a", "1")).isEqualTo(base + 1);
        assertThat(put("b", "1")).isEqualTo(base + 2);
        assertThat(commit(Transaction.when().delete("a").build())).isEqualTo(base + 3);

        assertThat(store.range("").revision()).isEqualTo(base + 3);
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

        assertThat(put("a", "1")).isEqualTo(base + 2);

        assertThat(read("a").modRevision()).isEqualTo(base + 2);
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
        assertRefused(Transaction.when(new Compare.CreateRevision("c", created))
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

        assertRefused(Transaction.when(new Compare.ModRevision("a", base + 1))
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

    protected static Transaction puts(int count) {
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
        assertThat(store.range("").revision()).isEqualTo(base);
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
    void readsAHundredNamedKeysButNoMore() {
        commit(puts(100));
        List<String> named = IntStream.range(0, 101).mapToObj(i -> "key/" + i).toList();

        assertThat(store.get(named.subList(0, 100)).all()).hasSize(100);
        assertThatThrownBy(() -> store.get(named)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsAKeyOnceThatIsNamedTwice() {
        put("a", "1");

        assertThat(store.get(List.of("a", "a")).all()).hasSize(1);
    }

    @Test
    void takesAMebibyteOfKeysAndValuesButNoMore() {
        int limit = MetadataStore.MAX_TRANSACTION_BYTES;
        ByteString most = ByteString.copyFrom(new byte[limit - 8]);

        assertNotTaken(
                Transaction.when().put("other", most).put("toll", value("")).build());
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
        assertNotTaken(Transaction.when().put("a b", value("1")).build());
        assertNotTaken(Transaction.when().put("b\n", value("1")).build());
        assertNotTaken(Transaction.when().delete("\u00e4").build());
        assertNotTaken(Transaction.when().deletePrefix("a/\ud83d\ude00").build());
    }
}
