// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.ManualClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a watch hears of a store, and what it says then. */
final class StoreWatchTest {

    private static final ObjectKey KEY = new ObjectKey("a");

    private final ManualClock clock = new ManualClock();
    private final FaultPlan plan = FaultPlan.none();
    private final HookedObjects hooked =
            new HookedObjects(new FaultyObjectStore(new MemoryObjectStore(clock), plan, clock));
    private final ObjectStore store = WatchedObjectStore.around(hooked, clock);
    private final ObjectHealth health = store.health();
    private int names;

    private void fail(Fault fault, StoreCall... calls) {
        plan.failingAtRandom(new Random(1), 1, Set.of(calls), fault);
    }

    private PutResult put() {
        return store.put(new ObjectKey("object/" + names++), List.of(ByteBuffer.wrap("bytes".getBytes(UTF_8))));
    }

    private void failToPut(int times) {
        for (int i = 0; i < times; i++) {
            clock.advance(Duration.ofMillis(100));
            assertThatThrownBy(this::put).isInstanceOf(StorageException.class);
        }
    }

    private void failToRead(int times) {
        for (int i = 0; i < times; i++) {
            clock.advance(Duration.ofMillis(400));
            assertThatThrownBy(() -> store.readTail(KEY, 1)).isInstanceOf(StorageException.class);
        }
    }

    @Test
    void aStoreIsWellUntilSomethingIsHeard() {
        assertThat(health.state()).isEqualTo(StoreState.HEALTHY);
        assertThat(health.readTrouble()).isEmpty();
        assertThat(health.writeTrouble()).isEmpty();
        assertThat(health.refusesWrites()).isFalse();
        assertThat(health.report())
                .isEqualTo(new ObjectHealth.Report(StoreState.HEALTHY, Duration.ZERO, 0, 0, Duration.ZERO));
    }

    @Test
    void threeFailedWritesAreTroubleForWritesAlone() {
        fail(new Fault.Full(), StoreCall.OBJECT_PUT);
        failToPut(2);
        assertThat(health.writeTrouble()).isEmpty();
        assertThat(health.refusesWrites()).isTrue();

        failToPut(1);

        assertThat(health.writeTrouble()).get().asString().contains("objects", "object/2");
        assertThat(health.state()).isEqualTo(StoreState.HEALTHY);
        assertThat(health.readTrouble()).isEmpty();
    }

    @Test
    void oneWriteEndsTheTroubleOfWrites() {
        fail(new Fault.Full(), StoreCall.OBJECT_PUT);
        failToPut(3);
        hooked.onPut((key, real) -> new PutResult.Created());

        put();

        assertThat(health.writeTrouble()).isEmpty();
        assertThat(health.refusesWrites()).isFalse();
    }

    @Test
    void afterSomeSilenceSomebodyMayTryToWrite() {
        fail(new Fault.Full(), StoreCall.OBJECT_PUT);
        failToPut(3);

        clock.advance(Duration.ofMillis(3_999));
        assertThat(health.writeTrouble()).isPresent();
        clock.advance(Duration.ofMillis(1));
        assertThat(health.writeTrouble()).isEmpty();
        failToPut(1);
        assertThat(health.writeTrouble()).isPresent();
    }

    @Test
    void aLostAnswerIsAFailureThatTheStoreDidNotState() {
        fail(new Fault.Lost(), StoreCall.OBJECT_PUT);
        for (int i = 0; i < 3; i++) {
            assertThat(put()).isInstanceOf(PutResult.Unknown.class);
        }

        assertThat(health.writeTrouble()).isPresent();
        assertThat(health.refusesWrites()).isFalse();
    }

    @Test
    void anOutageIsTroubleForAllUntilSilence() {
        fail(new Fault.FailBefore(), StoreCall.OBJECT_READ_TAIL);

        failToRead(5);

        assertThat(health.state()).isEqualTo(StoreState.UNAVAILABLE);
        assertThat(health.readTrouble()).get().asString().contains("unavailable");
        assertThat(health.writeTrouble()).isPresent();
        assertThat(health.report().calls()).isEqualTo(1); // since the state began
        assertThat(health.report().errorShare()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(10));
        assertThat(health.readTrouble()).isEmpty();
        assertThat(health.report().lasting()).isEqualTo(Duration.ofMillis(10_400));
    }

    @Test
    void whatIsNotThereIsAnAnswer() {
        failToRead(100);

        assertThat(health.state()).isEqualTo(StoreState.HEALTHY);
        assertThat(health.report().calls()).isEqualTo(100);
    }

    @Test
    void theTimeOfPutsAndReadsIsTaken() {
        hooked.onPut((key, real) -> {
            clock.advance(Duration.ofMillis(600));
            return real.get();
        });
        for (int i = 0; i < 5; i++) {
            put();
        }

        assertThat(health.state()).isEqualTo(StoreState.DEGRADED);
        assertThat(health.readTrouble()).isEmpty();
        assertThat(health.writeTrouble()).isEmpty();
    }

    @Test
    void theWishForFewerCallsDegradesAndIsNoTrouble() {
        hooked.onPut((key, real) -> {
            throw new StorageException(Kind.THROTTLED, "slow down, expected by the test");
        });

        failToPut(100);

        assertThat(health.state()).isEqualTo(StoreState.DEGRADED);
        assertThat(health.writeTrouble()).isEmpty();
        assertThat(health.refusesWrites()).isTrue();
    }

    @Test
    void whatMayNotBeWrittenMayBeRead() {
        hooked.onPut((key, real) -> {
            throw new StorageException(Kind.REFUSED, "expected by the test");
        });

        failToPut(100);

        assertThat(health.writeTrouble()).isPresent();
        assertThat(health.readTrouble()).isEmpty();
        assertThat(health.state()).isEqualTo(StoreState.HEALTHY);
    }

    @Test
    void whoWasInterruptedSaysNothingAboutTheStore() {
        hooked.onPut((key, real) -> {
            throw new StorageException(Kind.INTERRUPTED, "expected by the test");
        });

        failToPut(100);

        assertThat(health.report().calls()).isZero();
        assertThat(health.writeTrouble()).isEmpty();
    }

    @Test
    void theEndOfAnUploadCountsAsAWrite() {
        fail(new Fault.Full(), StoreCall.OBJECT_UPLOAD_COMPLETE);
        for (int i = 0; i < 3; i++) {
            try (ObjectUpload upload = store.upload(new ObjectKey("upload/" + i))) {
                upload.write(ByteBuffer.allocate(10));
                assertThatThrownBy(upload::complete).isInstanceOf(StorageException.class);
            }
        }

        assertThat(health.writeTrouble()).isPresent();
    }
}
