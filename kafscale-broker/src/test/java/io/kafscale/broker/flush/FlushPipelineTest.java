// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.log.AppendResult.Reason;
import io.kafscale.broker.log.AppendResult.Refused;
import io.kafscale.broker.log.HookedMetadata;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class FlushPipelineTest {

    private final LogRig rig = new LogRig();
    private final HookedObjects objects = new HookedObjects(rig.objects);
    private final HookedMetadata metadata = new HookedMetadata(rig.metadata);

    @BeforeEach
    void start() {
        rig.around(real -> objects, real -> metadata);
    }

    @AfterEach
    void stop() {
        objects.onPut((key, real) -> real.get());
        metadata.onCommit((transaction, real) -> real.get());
        rig.close();
    }

    private static PutResult lostAnswer() {
        return new PutResult.Unknown(new StorageException(Kind.UNAVAILABLE, "expected by the test"));
    }

    private static LogLimits limits(int flushBytes, int uploads, int appendBytes, Duration undecided) {
        return new LogLimits(Duration.ofMillis(1), flushBytes, uploads, appendBytes, 1 << 20, 1 << 20, undecided);
    }

    private static LogLimits limits(int flushBytes, int uploads) {
        return limits(flushBytes, uploads, 1 << 20, Duration.ofMinutes(30));
    }

    @Test
    void onePutCarriesThePartitionsThatWaitTogether() throws Exception {
        List<ObjectKey> puts = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch firstGoes = new CountDownLatch(1);
        objects.onPut((key, real) -> {
            puts.add(key);
            await(firstGoes);
            return real.get();
        });
        rig.limits(limits(1 << 20, 1));
        PartitionLogs logs = rig.start();
        rig.open(logs, 0, 1, 2, 3);
        List<AppendResult> results = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            PartitionLog log = logs.find(LogRig.partition(i % 4)).orElseThrow();
            results.add(rig.append(log, TestBatch.of("v" + i)));
        }
        firstGoes.countDown();

        for (AppendResult result : results) {
            assertThat(rig.outcome(result)).isInstanceOf(Outcome.Committed.class);
        }
        assertThat(puts).hasSizeLessThanOrEqualTo(2);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageException(Kind.INTERRUPTED, "interrupted", e);
        }
    }

    @Test
    void uploadsRunSideBySideAndCommitInSequence() throws Exception {
        CountDownLatch firstHeld = new CountDownLatch(1);
        AtomicInteger others = new AtomicInteger();
        CountDownLatch threeDone = new CountDownLatch(3);
        objects.onPut((key, real) -> {
            if (key.value().contains("/00000000000000000001-")) {
                await(firstHeld);
            }
            PutResult result = real.get();
            others.incrementAndGet();
            threeDone.countDown();
            return result;
        });
        PartitionLog log = rig.limits(limits(1, 4)).openOne(0);
        List<AppendResult> results = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            results.add(rig.append(log, TestBatch.of("v" + i)));
        }
        threeDone.await();

        assertThat(log.highWatermark()).isZero();
        firstHeld.countDown();
        for (int i = 0; i < 4; i++) {
            assertThat(rig.outcome(results.get(i))).isEqualTo(new Outcome.Committed(i, -1, 0));
        }
        assertThat(LogRig.readAll(log, 0, 1000)).containsExactly("0=v0", "1=v1", "2=v2", "3=v3");
    }

    @Test
    void noMoreUploadsRunAtOnceThanAllowed() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Semaphore go = new Semaphore(0);
        CountDownLatch three = new CountDownLatch(3);
        objects.onPut((key, real) -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            three.countDown();
            go.acquireUninterruptibly();
            now.decrementAndGet();
            return real.get();
        });
        PartitionLog log = rig.limits(limits(1, 3)).openOne(0);
        List<AppendResult> results = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            results.add(rig.append(log, TestBatch.of("v" + i)));
        }
        three.await();
        go.release(10);
        for (AppendResult result : results) {
            rig.outcome(result);
        }

        assertThat(most).hasValue(3);
    }

    @Test
    void aPutOfUnknownOutcomeIsTriedAgainUnderAnotherName() throws Exception {
        List<ObjectKey> names = Collections.synchronizedList(new ArrayList<>());
        objects.onPut((key, real) -> {
            names.add(key);
            PutResult result = real.get();
            return names.size() < 3 ? lostAnswer() : result;
        });
        PartitionLog log = rig.openOne(0);

        assertThat(rig.commit(log, TestBatch.of("a"))).isZero();
        assertThat(names).hasSize(3).doesNotHaveDuplicates();
        assertThat(rig.metadata.range(rig.keys.commits()).all()).hasSize(1);
    }

    @Test
    void aFullStoreRefusesNewAppendsAndRecoversByItself() throws Exception {
        AtomicBoolean full = new AtomicBoolean(true);
        CountDownLatch fourth = new CountDownLatch(4);
        objects.onPut((key, real) -> {
            fourth.countDown();
            if (full.get()) {
                throw new StorageException(Kind.FULL, "expected by the test");
            }
            return real.get();
        });
        PartitionLogs logs = rig.start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        AppendResult first = rig.append(log, TestBatch.of("a").producer(1, 0, 0));
        await(fourth); // it begins when three have failed

        AppendResult refused = rig.append(log, TestBatch.of("b").producer(1, 0, 1));
        AppendResult duplicate = rig.append(log, TestBatch.of("a").producer(1, 0, 0));
        assertThat(rig.outcome(refused)).isInstanceOf(Outcome.NotAppended.class);

        full.set(false);
        assertThat(rig.outcome(first)).isEqualTo(new Outcome.Committed(0, -1, 0));
        assertThat(rig.outcome(duplicate)).isEqualTo(new Outcome.Committed(0, -1, 0));
        assertThat(rig.commit(log, TestBatch.of("b").producer(1, 0, 1))).isEqualTo(1);
        assertThat(LogRig.readAll(rig.openOne(0), 0, 1000)).containsExactly("0=a", "1=b");
    }

    @Test
    void metadataThatDoNotAnswerRefuseNewAppendsToo() throws Exception {
        AtomicBoolean down = new AtomicBoolean(true);
        CountDownLatch fourth = new CountDownLatch(4);
        metadata.onCommit((transaction, real) -> {
            fourth.countDown();
            if (down.get()) {
                throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test");
            }
            return real.get();
        });
        PartitionLogs logs = rig.start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        AppendResult first = rig.append(log, TestBatch.of("a"));
        await(fourth); // it begins when three have failed

        assertThat(rig.outcome(rig.append(log, TestBatch.of("b")))).isInstanceOf(Outcome.NotAppended.class);
        down.set(false);
        assertThat(rig.outcome(first)).isInstanceOf(Outcome.Committed.class);
    }

    @Test
    void theAppendBudgetHoldsBackWhatIsTooMuch() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        objects.onPut((key, real) -> {
            await(held);
            return real.get();
        });
        int size = TestBatch.of("a").bytes().limit();
        PartitionLog log =
                rig.limits(limits(1, 1, size * 3, Duration.ofMinutes(30))).openOne(0);
        List<AppendResult> results = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            results.add(rig.append(log, TestBatch.of("a")));
        }

        AppendResult tooMuch = log.append(
                TestBatch.of("a").batch(), log.settings().timestampType(), Deadline.afterMillis(rig.clock, 400));
        assertThat(((Refused) tooMuch).reason()).isEqualTo(Reason.OVERLOADED);
        held.countDown();
        for (AppendResult result : results) {
            assertThat(rig.outcome(result)).isInstanceOf(Outcome.Committed.class);
        }
        assertThat(rig.commit(log, TestBatch.of("a"))).isEqualTo(3);
    }

    @Test
    void whatStaysUndecidedAlthoughTheStoresAnswerEndsTheIncarnation() throws Exception {
        objects.onPut((key, real) -> lostAnswer());
        PartitionLogs logs =
                rig.limits(limits(1, 2, 1 << 20, Duration.ofSeconds(1))).start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        AppendResult result = rig.append(log, TestBatch.of("a"));

        assertThat(logs.awaitAbdication(rig.soon())).isPresent();
        assertThat(rig.outcome(result)).isInstanceOf(Outcome.Unknown.class);
        assertThat(logs.find(LogRig.partition(0))).isEmpty();
        assertThat(((Refused) rig.append(log, TestBatch.of("b"))).reason()).isEqualTo(Reason.NOT_OWNER);
    }

    @Test
    void anIncarnationFollowsTheOneThatEnded() throws Exception {
        AtomicBoolean lost = new AtomicBoolean(true);
        objects.onPut((key, real) -> lost.get() ? lostAnswer() : real.get());
        PartitionLogs logs =
                rig.limits(limits(1, 2, 1 << 20, Duration.ofSeconds(1))).start();
        rig.open(logs, 0);
        rig.append(
                logs.find(LogRig.partition(0)).orElseThrow(), TestBatch.of("a").producer(1, 0, 0));
        assertThat(logs.awaitAbdication(rig.soon())).isPresent();
        lost.set(false);

        logs.begin(rig.register());
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        Outcome outcome = rig.outcome(rig.append(log, TestBatch.of("a").producer(1, 0, 0)));
        while (outcome instanceof Outcome.NotAppended) { // the store is in trouble still, as far as is known
            rig.clock.sleep(Duration.ofSeconds(1));
            outcome = rig.outcome(rig.append(log, TestBatch.of("a").producer(1, 0, 0)));
        }

        assertThat(outcome).isEqualTo(new Outcome.Committed(0, -1, 0));
        assertThat(LogRig.readAll(log, 0, 1000)).containsExactly("0=a");
    }

    @Test
    void aFullStoreIsNoReasonToEndTheIncarnation() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        Pending<Deadline> end = new Pending<>();
        objects.onPut((key, real) -> {
            // three failures tell that the store is full, and until then no time passes
            if (attempts.incrementAndGet() == 4) {
                rig.clock.release();
                end.complete(Deadline.after(rig.clock, Duration.ofSeconds(4)));
            }
            if (end.poll().filter(over -> over.passed(rig.clock)).isEmpty()) {
                throw new StorageException(Kind.FULL, "expected by the test");
            }
            return real.get();
        });
        PartitionLog log =
                rig.limits(limits(1, 2, 1 << 20, Duration.ofMillis(400))).openOne(0);
        rig.clock.hold();

        assertThat(rig.commit(log, TestBatch.of("a"))).isZero();
        assertThat(attempts.get()).isGreaterThan(4);
    }

    @Test
    void beginningAgainLeavesWhatIsPendingUnknown() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        objects.onPut((key, real) -> {
            await(never);
            return real.get();
        });
        PartitionLogs logs = rig.start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        AppendResult pending = rig.append(log, TestBatch.of("a"));

        logs.begin(rig.register());

        assertThat(rig.outcome(pending)).isInstanceOf(Outcome.Unknown.class);
        assertThat(logs.find(LogRig.partition(0))).isEmpty();
        assertThat(logs.awaitAbdication(Deadline.afterMillis(rig.clock, 0))).isEmpty();
    }

    @Test
    void releasingFlushesWhatWasAcceptedWhateverThePace() throws Exception {
        LogLimits slow =
                new LogLimits(Duration.ofDays(1), 1 << 20, 2, 1 << 20, 1 << 20, 1 << 20, Duration.ofMinutes(30));
        PartitionLogs logs = rig.limits(slow).start();
        rig.open(logs, 0);
        PartitionLog log = logs.find(LogRig.partition(0)).orElseThrow();
        List<AppendResult> results = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            results.add(rig.append(log, TestBatch.of("v" + i)));
        }

        assertThat(logs.release(List.of(LogRig.partition(0)), rig.soon())).containsExactly(LogRig.partition(0));

        for (AppendResult result : results) {
            assertThat(rig.outcome(result)).isInstanceOf(Outcome.Committed.class);
        }
        assertThat(((Refused) rig.append(log, TestBatch.of("late"))).reason()).isEqualTo(Reason.NOT_OWNER);
    }

    @Test
    void aSteadyLoadIsHeldToThePaceAndALargeOneIsNot() throws Exception {
        List<ObjectKey> puts = Collections.synchronizedList(new ArrayList<>());
        objects.onPut((key, real) -> {
            puts.add(key);
            return real.get();
        });
        int size = TestBatch.of("a").bytes().limit();
        LogLimits slow =
                new LogLimits(Duration.ofDays(1), size * 10, 2, 1 << 20, 1 << 20, 1 << 20, Duration.ofMinutes(30));
        PartitionLog log = rig.limits(slow).openOne(0);
        for (int i = 0; i < 4; i++) {
            assertThat(rig.commit(log, TestBatch.of("a"))).isEqualTo(i);
        }

        AppendResult waiting = rig.append(log, TestBatch.of("a"));
        assertThat(((AppendResult.Accepted) waiting).outcome().await(rig.clock, Deadline.afterMillis(rig.clock, 600)))
                .isEmpty();
        for (int i = 0; i < 9; i++) {
            rig.append(log, TestBatch.of("a"));
        }

        assertThat(rig.outcome(waiting)).isInstanceOf(Outcome.Committed.class);
        assertThat(puts).hasSize(5);
    }

    @Test
    void anUnknownCommitIsNotAnsweredBeforeItIsKnown() throws Exception {
        AtomicBoolean readable = new AtomicBoolean();
        CountDownLatch looked = new CountDownLatch(1);
        metadata.onCommit((transaction, real) -> {
            assertThat(real.get()).isInstanceOf(TransactionResult.Applied.class);
            return new TransactionResult.Unknown(
                    new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test"));
        });
        PartitionLog log = rig.openOne(0);
        metadata.onGet(real -> {
            looked.countDown();
            if (!readable.get()) {
                throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "expected by the test");
            }
            return real.get();
        });
        AppendResult result = rig.append(log, TestBatch.of("a"));
        looked.await();

        assertThat(((AppendResult.Accepted) result).outcome().poll()).isEmpty();
        assertThat(log.highWatermark()).isZero();
        readable.set(true);
        assertThat(rig.outcome(result)).isInstanceOf(Outcome.Committed.class);
        assertThat(log.highWatermark()).isEqualTo(1);
    }

    @Test
    void anAbdicationNamesItsIncarnationHoweverLateItIsHeard() throws Exception {
        AtomicBoolean lost = new AtomicBoolean(true);
        objects.onPut((key, real) -> lost.get() ? lostAnswer() : real.get());
        PartitionLogs logs = new PartitionLogs(rig.environment(), limits(1, 2, 1 << 20, Duration.ofSeconds(1)));
        Token first = rig.register();
        logs.begin(first);
        rig.open(logs, 0);
        rig.outcome(rig.append(logs.find(LogRig.partition(0)).orElseThrow(), TestBatch.of("a")));
        lost.set(false);
        logs.begin(rig.register());

        assertThat(logs.awaitAbdication(rig.soon())).contains(first);
        assertThat(logs.awaitAbdication(Deadline.afterMillis(rig.clock, 0))).isEmpty();
        logs.close();
    }
}
