// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Giving partitions up: only what is decided for certain may go to another owner while this one's token holds. */
@Timeout(60)
final class ReleaseTest {

    private static final int FIRST = 0;
    private static final int SECOND = 1;

    private final LogRig rig = new LogRig();
    private final HookedMetadata metadata = new HookedMetadata(rig.metadata);
    private final Pending<Supplier<TransactionResult>> late = new Pending<>();

    @AfterEach
    void stop() {
        rig.close();
    }

    private static MetadataException noAnswer() {
        return new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test");
    }

    /** From now on the metadata do not answer the first broker; its next transaction is under way all the same. */
    private void cutOff() {
        metadata.onGet(real -> {
            throw noAnswer();
        });
        metadata.onCommit((transaction, real) -> {
            late.complete(real);
            return new TransactionResult.Unknown(noAnswer());
        });
    }

    private boolean release(PartitionLogs logs) {
        Deadline deadline = Deadline.after(rig.clock, Duration.ofSeconds(1));
        return !logs.release(List.of(LogRig.partition(0)), deadline).isEmpty();
    }

    @Test
    void whatMayStillBeCommittedIsNotGivenToAnother() throws Exception {
        rig.around(real -> real, real -> metadata)
                .limits(new LogLimits(Duration.ofMillis(1), 1, 2, 1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(1)));
        PartitionLogs first = rig.start();
        rig.open(first, 0);
        PartitionLog log = first.find(LogRig.partition(0)).orElseThrow();
        rig.commit(log, TestBatch.of("a"));
        cutOff();
        rig.append(log, TestBatch.of("late"));
        late.await(rig.clock, rig.soon());

        boolean givenUp = release(first);
        if (!givenUp) {
            rig.metadata.commit(
                    Transaction.when().delete(rig.keys.broker(FIRST)).build());
        }
        rig.around(real -> real, real -> real);
        PartitionLogs second = rig.startAs(SECOND);
        rig.open(second, 0);
        rig.commit(second.find(LogRig.partition(0)).orElseThrow(), TestBatch.of("b"));
        assertThat(late.poll().orElseThrow().get()).isInstanceOf(TransactionResult.Refused.class);

        PartitionLogs third = rig.startAs(SECOND);
        assertThat(rig.open(third, 0)).containsExactly(LogRig.partition(0));
        assertThat(LogRig.readAll(third.find(LogRig.partition(0)).orElseThrow(), 0, 1000))
                .containsExactly("0=a", "1=b");
    }

    @Test
    void whatEndedByItselfIsNotGivenUpEither() throws Exception {
        rig.around(real -> real, real -> metadata)
                .limits(new LogLimits(Duration.ofMillis(1), 1, 2, 1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(1)));
        PartitionLogs logs = rig.start();
        rig.open(logs, 0, 1);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        metadata.onCommit((transaction, real) -> new TransactionResult.Unknown(noAnswer()));
        rig.append(log, TestBatch.of("a"));
        assertThat(logs.awaitAbdication(rig.soon())).isPresent();

        assertThat(logs.release(List.of(LogRig.partition(0), LogRig.partition(1)), rig.soon()))
                .isEmpty();
    }

    @Test
    void whatIsUndecidedIsReleasedWhenItIsAskedForAgain() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        HookedObjects objects = new HookedObjects(rig.objects);
        objects.onPut((key, real) -> {
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return real.get();
        });
        rig.around(real -> objects, real -> real);
        PartitionLogs logs = rig.start();
        rig.open(logs, 0, 1);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        AppendResult pending = rig.append(log, TestBatch.of("a"));
        List<PartitionId> both = List.of(LogRig.partition(0), LogRig.partition(1));

        Deadline now = Deadline.afterMillis(rig.clock, 0);
        assertThat(logs.release(both, now)).containsExactly(LogRig.partition(1));
        assertThat(rig.append(log, TestBatch.of("b"))).isInstanceOf(AppendResult.Refused.class);
        held.countDown();
        assertThat(rig.outcome(pending)).isInstanceOf(Outcome.Committed.class);

        assertThat(logs.release(both, rig.soon())).containsExactlyInAnyOrderElementsOf(both);
        assertThat(logs.find(LogRig.partition(0))).isEmpty();
        assertThat(logs.awaitAbdication(now)).isEmpty();
    }
}
