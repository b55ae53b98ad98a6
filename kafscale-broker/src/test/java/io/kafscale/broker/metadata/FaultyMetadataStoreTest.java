// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.TransactionResult.Unknown;
import io.kafscale.broker.metadata.Watch.Event.Ended;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Without a fault it is a metadata store like any other; with one, what the fault says and nothing else. */
final class FaultyMetadataStoreTest extends LocalMetadataStoreContract {

    private static final Transaction PUT =
            Transaction.when(Compare.absent("a")).put("a", value("1")).build();

    private final FaultPlan plan = FaultPlan.none();
    private final MemoryMetadataStore behind = new MemoryMetadataStore(clock);

    @Override
    protected MetadataStore open() {
        return new FaultyMetadataStore(behind, plan, clock);
    }

    private boolean isThere() {
        return behind.get(List.of("a")).find("a").isPresent();
    }

    @Test
    void failsBeforeTheCall() {
        plan.failing(1, new Fault.FailBefore()).failing(2, new Fault.Full());

        assertFails(Kind.UNAVAILABLE, () -> store.commit(PUT));
        assertFails(Kind.FULL, () -> store.commit(PUT));

        assertThat(isThere()).isFalse();
    }

    @Test
    void losesTheAnswerOfATransactionThatWasApplied() {
        plan.failing(1, new Fault.FailAfter());

        assertThat(store.commit(PUT)).isInstanceOf(Unknown.class);

        assertThat(isThere()).isTrue();
    }

    @Test
    void losesATransactionAltogether() {
        plan.failing(1, new Fault.Lost());

        assertThat(store.commit(PUT)).isInstanceOf(Unknown.class);

        assertThat(isThere()).isFalse();
    }

    @Test
    void appliesATransactionLater() {
        plan.failing(1, new Fault.Late(2));
        assertThat(store.commit(PUT)).isInstanceOf(Unknown.class);

        assertThat(store.get(List.of("a")).find("a")).isEmpty();
        assertThat(store.get(List.of("a")).find("a")).isPresent();
    }

    @Test
    void revokesAndSaysThatItFailed() {
        Lease lease = store.grantLease(Duration.ofSeconds(5));
        plan.failing(StoreCall.METADATA_REVOKE, 1, new Fault.FailAfter());

        assertFails(Kind.UNAVAILABLE, () -> store.revoke(lease));

        assertThat(behind.keepAlive(lease)).isFalse();
    }

    @Test
    void endsAWatchAtOnce() throws InterruptedException {
        plan.failing(StoreCall.METADATA_WATCH, 1, new Fault.FailAfter());
        commit(PUT);

        try (Watch watch = store.watch("a", 1)) {
            assertThat(watch.next(Deadline.NEVER)).isEqualTo(new Ended());
        }
    }

    @Test
    void leavesTheStoreBehindItOpen() {
        commit(PUT);

        store.close();

        assertThat(isThere()).isTrue();
    }

    @Test
    void reachesNothingOnceCut() {
        plan.cut();

        assertFails(Kind.UNAVAILABLE, () -> store.commit(PUT));
        assertFails(Kind.UNAVAILABLE, () -> store.get(List.of("a")));

        assertThat(isThere()).isFalse();
    }
}
