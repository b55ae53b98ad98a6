// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.Watch.Event;
import io.kafscale.broker.metadata.Watch.Event.Changed;
import io.kafscale.broker.metadata.Watch.Event.Ended;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What those stores do that are of one process: they begin at revision 0, follow its clock, and keep changes in its memory. */
abstract class LocalMetadataStoreContract extends MetadataStoreContract {

    @Test
    void beginsAtRevisionZero() {
        assertThat(store.range("")).isEqualTo(MetadataState.EMPTY.range(""));
        assertThat(store.range("").revision()).isZero();
    }

    @Test
    void refusesAPutUnderALeaseWhoseTimeIsOver() {
        Lease lease = store.grantLease(TTL);
        clock.advance(TTL);

        assertFails(Kind.LEASE_NOT_FOUND, () -> putLeased("a", lease));
    }

    @Test
    void endsALeaseWhenItsTimeIsOver() {
        Lease lease = store.grantLease(TTL);
        putLeased("a", lease);
        long before = commit(Transaction.when().put("b", value("1"), lease).build());

        clock.advance(TTL.minusMillis(1));
        assertThat(keys("")).containsExactly("a", "b");
        clock.advance(Duration.ofMillis(1));

        Snapshot after = store.range("");
        assertThat(after.all()).isEmpty();
        assertThat(after.revision()).isEqualTo(before + 1);
        assertThat(store.keepAlive(lease)).isFalse();
    }

    @Test
    void keepsALeaseAliveForItsWholeTimeFromNowOn() {
        Lease lease = store.grantLease(TTL);
        putLeased("a", lease);
        for (int i = 0; i < 5; i++) {
            clock.advance(TTL.minusMillis(1));
            assertThat(store.keepAlive(lease)).isTrue();
        }
        assertThat(keys("")).containsExactly("a");

        clock.advance(TTL);

        assertThat(keys("")).isEmpty();
    }

    @Test
    void endsEachLeaseAtItsOwnTime() {
        Lease first = store.grantLease(TTL);
        Lease second = store.grantLease(TTL.plusSeconds(1));
        Lease third = store.grantLease(TTL.plusSeconds(2));
        putLeased("first", first);
        putLeased("second", second);
        putLeased("third", third);
        clock.advance(Duration.ofSeconds(5));
        assertThat(store.keepAlive(second)).isTrue();

        clock.advance(Duration.ofSeconds(6));
        assertThat(keys("")).containsExactly("second", "third");
        clock.advance(Duration.ofSeconds(1));
        assertThat(keys("")).containsExactly("second");
        clock.advance(Duration.ofSeconds(4));
        assertThat(keys("")).isEmpty();
    }

    @Test
    void wakesAWatcherWhenALeaseRunsOut() throws InterruptedException {
        Lease lease = store.grantLease(TTL);
        putLeased("w/1", lease);
        Pending<Event> event = nextInBackground(store.watch("w/", base + 2), Deadline.afterMillis(clock, 3_600_000));
        clock.awaitWaiting(1);

        clock.advance(TTL);

        assertThat(describe(arrived(event))).containsExactly("2:w/1 deleted");
    }

    @Test
    void endsAWatchThatFallsTooFarBehind() throws InterruptedException {
        Watch behind = store.watch("w", base + 1);
        put("w", "1");
        race(16, number -> {
            for (int i = 0; i <= retainedRevisions() / 16; i++) {
                put("w", "x");
            }
        });
        Watch abreast = store.watch("w", store.range("").revision());

        assertThat(next(behind, now())).isEqualTo(new Ended());
        assertThat(next(behind, now())).isEqualTo(new Ended());
        assertThat(next(store.watch("w", base + 1), now())).isEqualTo(new Ended());
        assertThat(next(abreast, now())).isInstanceOf(Changed.class);
    }

    /** After so many further changes a store may have forgotten one. */
    private static int retainedRevisions() {
        return ChangeFeed.MAX_REVISIONS;
    }
}
