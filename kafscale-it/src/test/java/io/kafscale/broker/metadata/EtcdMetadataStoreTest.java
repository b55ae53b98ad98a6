// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.Watch.Event;
import io.kafscale.broker.metadata.Watch.Event.Ended;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.process.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a real etcd, which one class of tests has for itself: every test begins without keys. */
final class EtcdMetadataStoreTest extends MetadataStoreContract {

    private static EtcdCluster etcd;

    @BeforeAll
    static void startEtcd(@TempDir Path folder) {
        etcd = EtcdCluster.started(folder, 1, EtcdOptions.PLAIN);
    }

    @AfterAll
    static void stopEtcd() {
        if (etcd != null) { // skipped without the program
            etcd.close();
        }
    }

    @Override
    protected MetadataStore open() throws InterruptedException {
        etcd.control("del", "", "--from-key=true");
        return EtcdMetadataStore.open(TestEtcd.settings(etcd), Duration.ZERO, clock);
    }

    @Override
    protected long newRevision() {
        return store.get(List.of()).revision();
    }

    @Test
    void readsAllPagesOfARangeAtOneRevisionBesideAWriter() throws InterruptedException {
        for (int block = 0; block < 25; block++) {
            Transaction.Builder builder = Transaction.when();
            for (int i = 0; i < 100; i++) {
                builder.put("many/%02d/%02d".formatted(block, i), value("x"));
            }
            commit(builder.build());
        }

        race(2, number -> {
            for (int i = 0; i < 20; i++) {
                if (number == 0) {
                    // moves a key from the last page to the first
                    commit(Transaction.when()
                            .put("many/00/00/" + i, value("new"))
                            .delete("many/24/%02d".formatted(i))
                            .build());
                } else {
                    assertThat(store.range("many/").all()).hasSize(2500);
                }
            }
        });
    }

    @Test
    void roundsALeaseUpToSeconds() {
        assertThat(store.grantLease(Duration.ofMillis(2500)).timeToLive()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void endsALeaseThatNobodyKeepsAlive() throws InterruptedException {
        Lease lease = store.grantLease(Duration.ofSeconds(1));
        putLeased("a", lease);
        Watch watch = store.watch("a", base + 2);

        assertThat(describe(watch.next(Deadline.NEVER))).containsExactly("2:a deleted");
        assertThat(store.keepAlive(lease)).isFalse();
        assertFails(Kind.LEASE_NOT_FOUND, () -> putLeased("a", lease));
    }

    @Test
    void endsAWatchFromARevisionThatHasBeenCompacted() throws InterruptedException {
        put("w", "1");
        long last = put("w", "2");
        etcd.control("compact", Long.toString(last));

        assertThat(store.watch("w", base + 1).next(Deadline.NEVER)).isEqualTo(new Ended());
        assertThat(describe(store.watch("w", last).next(Deadline.NEVER))).containsExactly("2:w=2");
    }

    @Test
    void keepsAWatchThatIsAbreastThroughACompaction() throws InterruptedException {
        Watch watch = store.watch("w", base + 1);
        put("w", "1");
        assertThat(describe(watch.next(Deadline.NEVER))).containsExactly("1:w=1");
        etcd.control("compact", Long.toString(put("other", "1")));
        put("w", "2");

        assertThat(describe(watch.next(Deadline.NEVER))).containsExactly("3:w=2");
    }

    @Test
    void leavesNoThreadBehind() throws InterruptedException {
        Pending<Event> event = nextInBackground(store.watch("w", base + 1), Deadline.afterMillis(clock, 3_600_000));
        clock.awaitWaiting(1);

        store.close();

        assertThat(arrived(event)).isEqualTo(new Ended());
        Patience.until(
                "gRPC's threads are gone",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("grpc-")));
    }
}
