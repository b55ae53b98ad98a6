// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.Watch.Event;
import io.kafscale.broker.metadata.Watch.Event.Changed;
import io.kafscale.broker.metadata.Watch.Event.Ended;
import io.kafscale.broker.metadata.Watch.Event.Quiet;
import io.kafscale.broker.metadata.Watch.KeyChange;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What every {@link MetadataStore} does with leases and watches. */
abstract class LeaseAndWatchContract extends TransactionContract {

    protected static final Duration TTL = Duration.ofSeconds(10);

    protected void putLeased(String key, Lease lease) {
        commit(Transaction.when().put(key, value("leased"), lease).build());
    }

    // Leases

    @Test
    void grantsLeasesThatDifferAndAreNotNone() {
        Lease one = store.grantLease(TTL);
        Lease two = store.grantLease(TTL);

        assertThat(one.id()).isNotEqualTo(two.id()).isNotEqualTo(Lease.NONE);
        assertThat(one.timeToLive()).isGreaterThanOrEqualTo(TTL);
        assertThatThrownBy(() -> store.grantLease(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void showsTheLeaseOfAKey() {
        Lease lease = store.grantLease(TTL);
        putLeased("a", lease);

        assertThat(read("a").leaseId()).isEqualTo(lease.id());
    }

    @Test
    void deletesAllKeysOfARevokedLeaseInOneRevision() {
        Lease lease = store.grantLease(TTL);
        Lease other = store.grantLease(TTL);
        putLeased("a", lease);
        putLeased("b", lease);
        putLeased("c", other);
        long before = put("d", "1");

        store.revoke(lease);

        assertThat(keys("")).containsExactly("c", "d");
        assertThat(store.range("").revision()).isEqualTo(before + 1);
        assertThat(store.keepAlive(lease)).isFalse();
        assertThat(store.keepAlive(other)).isTrue();
    }

    @Test
    void revokesTwiceAndWithoutKeysWithoutAChange() {
        Lease lease = store.grantLease(TTL);
        store.revoke(lease);
        store.revoke(lease);

        assertThat(store.range("").revision()).isEqualTo(base);
    }

    @Test
    void refusesAPutUnderALeaseThatIsGone() {
        Lease revoked = store.grantLease(TTL);
        store.revoke(revoked);

        assertFails(Kind.LEASE_NOT_FOUND, () -> putLeased("a", revoked));
        assertFails(Kind.LEASE_NOT_FOUND, () -> putLeased("a", new Lease(4711, TTL)));
        assertThat(store.range("").revision()).isEqualTo(base);
    }

    @Test
    void looksAtComparesBeforeLeases() {
        put("a", "1");

        assertRefused(Transaction.when(Compare.absent("a"))
                .put("a", value("2"), new Lease(4711, TTL))
                .build());
    }

    @Test
    void movesAKeyToTheLeaseOfTheLastPut() {
        Lease one = store.grantLease(TTL);
        Lease two = store.grantLease(TTL);
        putLeased("moved", one);
        putLeased("moved", two);
        putLeased("freed", one);
        put("freed", "free");

        store.revoke(one);
        assertThat(keys("")).containsExactly("freed", "moved");
        assertThat(read("freed").leaseId()).isEqualTo(Lease.NONE);
        store.revoke(two);

        assertThat(keys("")).containsExactly("freed");
    }

    @Test
    void letsAKeyThatWasDeletedAndPutAgainSurviveItsOldLease() {
        Lease lease = store.grantLease(TTL);
        putLeased("a", lease);
        commit(Transaction.when().delete("a").build());
        put("a", "own");

        store.revoke(lease);

        assertThat(keys("")).containsExactly("a");
    }

    // Watches

    protected Event next(Watch watch) {
        return next(watch, Deadline.NEVER);
    }

    protected static Event next(Watch watch, Deadline deadline) {
        try {
            return watch.next(deadline);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    protected Deadline now() {
        return Deadline.afterMillis(clock, 0);
    }

    /** The changes of an event, with revisions as counted from {@link #base}. */
    protected List<String> describe(Event event) {
        return event instanceof Changed(long revision, List<KeyChange> changes)
                ? changes.stream()
                        .map(change -> switch (change) {
                            case KeyChange.Set(KeyValue entry) ->
                                (revision - base) + ":" + entry.key() + "="
                                        + entry.value().toStringUtf8();
                            case KeyChange.Deleted(String key) -> (revision - base) + ":" + key + " deleted";
                        })
                        .toList()
                : List.of(event.toString());
    }

    @Test
    void reportsChangesInTheOrderOfRevisions() {
        Watch watch = store.watch("w/", base + 1);
        put("w/b", "1");
        put("other", "1");
        commit(Transaction.when()
                .put("w/c", value("2"))
                .put("v", value("2"))
                .put("w/a", value("2"))
                .build());
        commit(Transaction.when().deletePrefix("w/").delete("other").build());

        assertThat(describe(next(watch))).containsExactly("1:w/b=1");
        assertThat(describe(next(watch))).containsExactly("3:w/a=2", "3:w/c=2");
        assertThat(describe(next(watch))).containsExactly("4:w/a deleted", "4:w/b deleted", "4:w/c deleted");
        assertThat(next(watch, now())).isEqualTo(new Quiet());
    }

    @Test
    void reportsTheEntryAsARangeShowsIt() {
        put("a", "1");
        Watch watch = store.watch("", base + 2);
        put("a", "2");

        assertThat(next(watch)).isEqualTo(new Changed(base + 2, List.of(new KeyChange.Set(read("a")))));
    }

    @Test
    void beginsAtAnEarlierRevision() {
        LongStream.rangeClosed(1, 50).forEach(i -> put("w", "" + i));

        Watch watch = store.watch("w", base + 20);

        for (int revision = 20; revision <= 50; revision++) {
            assertThat(describe(next(watch))).containsExactly(revision + ":w=" + revision);
        }
        assertThat(next(watch, now())).isEqualTo(new Quiet());
    }

    @Test
    void beginsAtALaterRevision() {
        Watch watch = store.watch("w", base + 3);
        put("w", "1");
        put("w", "2");
        put("w", "3");

        assertThat(describe(next(watch))).containsExactly("3:w=3");
    }

    @Test
    void refusesAWatchFromBeforeTheFirstRevision() {
        assertThatThrownBy(() -> store.watch("w", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void joinsASnapshotWithoutAHole() throws InterruptedException {
        race(4, number -> {
            for (int i = 0; i < 30; i++) {
                if (number < 2) {
                    put("j/" + number, "" + i);
                } else {
                    Snapshot start = store.range("j/");
                    try (Watch watch = store.watch("j/", start.revision() + 1)) {
                        long last = store.range("").revision();
                        for (long expected = start.revision() + 1; expected <= last; expected++) {
                            Event event = watch.next(Deadline.NEVER);
                            long revision = event instanceof Changed changed ? changed.revision() : -1;
                            assertThat(revision).isEqualTo(expected);
                        }
                    }
                }
            }
        });
    }

    @Test
    void reportsNothingOfARefusedTransaction() {
        put("w", "1");
        Watch watch = store.watch("w", base + 2);
        assertRefused(Transaction.when(Compare.absent("w")).put("w", value("2")).build());

        assertThat(next(watch, now())).isEqualTo(new Quiet());
    }

    @Test
    void reportsTheEndOfALeaseInOneEvent() {
        Lease lease = store.grantLease(TTL);
        putLeased("w/1", lease);
        putLeased("w/2", lease);
        Watch watch = store.watch("w/", base + 3);

        store.revoke(lease);

        assertThat(describe(next(watch))).containsExactly("3:w/1 deleted", "3:w/2 deleted");
    }

    protected Pending<Event> nextInBackground(Watch watch, Deadline deadline) {
        Pending<Event> event = new Pending<>();
        threads.start("watcher", () -> event.complete(next(watch, deadline)));
        return event;
    }

    protected Event arrived(Pending<Event> event) throws InterruptedException {
        return event.await(clock, Deadline.NEVER).orElseThrow();
    }

    @Test
    void wakesAWatcherWithNews() throws InterruptedException {
        Pending<Event> event = nextInBackground(store.watch("w", base + 1), Deadline.afterMillis(clock, 3_600_000));
        clock.awaitWaiting(1);

        put("w", "1");

        assertThat(describe(arrived(event))).containsExactly("1:w=1");
    }

    @Test
    void saysQuietWhenTheDeadlinePasses() throws InterruptedException {
        Pending<Event> event = nextInBackground(store.watch("w", base + 1), Deadline.afterMillis(clock, 1000));
        clock.awaitWaiting(1);
        put("other", "1");

        clock.advance(Duration.ofSeconds(1));

        assertThat(arrived(event)).isEqualTo(new Quiet());
    }

    @Test
    void endsAWaitingWatchThatIsClosed() throws InterruptedException {
        Watch watch = store.watch("w", base + 1);
        Pending<Event> event = nextInBackground(watch, Deadline.afterMillis(clock, 3_600_000));
        clock.awaitWaiting(1);

        watch.close();

        assertThat(arrived(event)).isEqualTo(new Ended());
        put("w", "1");
        assertThat(next(watch, now())).isEqualTo(new Ended());
    }

    @Test
    void endsAllWatchesOfAClosedStore() throws InterruptedException {
        Watch idle = store.watch("w", base + 1);
        Pending<Event> event = nextInBackground(store.watch("w", base + 1), Deadline.afterMillis(clock, 3_600_000));
        clock.awaitWaiting(1);

        store.close();

        assertThat(arrived(event)).isEqualTo(new Ended());
        assertThat(next(idle, now())).isEqualTo(new Ended());
    }

    @Test
    void letsAWaitingWatcherBeInterrupted() throws InterruptedException {
        Watch watch = store.watch("w", base + 1);
        Pending<String> ended = new Pending<>();
        Thread watcher = threads.start("watcher", () -> {
            try {
                ended.complete(
                        watch.next(Deadline.afterMillis(clock, 3_600_000)).toString());
            } catch (InterruptedException e) {
                ended.complete("interrupted");
            }
        });
        clock.awaitWaiting(1);

        watcher.interrupt();

        assertThat(ended.await(clock, Deadline.NEVER)).contains("interrupted");
    }
}
