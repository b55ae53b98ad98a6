// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Without a fault it is an object store like any other; with one, what the fault says and nothing else. */
final class FaultyObjectStoreTest extends ObjectStoreContract {

    private static final ObjectKey KEY = new ObjectKey("key");

    private final ManualClock clock = new ManualClock();
    private final FaultPlan plan = FaultPlan.none();
    private final MemoryObjectStore behind = new MemoryObjectStore(clock);

    @Override
    protected ObjectStore open() {
        return new FaultyObjectStore(behind, plan, clock);
    }

    private PutResult put() {
        return store.put(KEY, List.of(ByteBuffer.wrap("abcd".getBytes(UTF_8))));
    }

    private boolean isThere() {
        return !behind.list("", "", 1).isEmpty();
    }

    @Test
    void failsBeforeTheCall() {
        plan.failing(1, new Fault.FailBefore());

        assertFails(Kind.UNAVAILABLE, this::put);

        assertThat(isThere()).isFalse();
        assertThat(put()).isEqualTo(new PutResult.Created());
    }

    @Test
    void saysThatItIsFull() {
        plan.failing(StoreCall.OBJECT_PUT, 1, new Fault.Full());

        assertFails(Kind.FULL, this::put);

        assertThat(isThere()).isFalse();
    }

    @Test
    void losesTheAnswerOfAPutThatWasMade() {
        plan.failing(1, new Fault.FailAfter());

        assertThat(put()).isInstanceOf(PutResult.Unknown.class);

        assertThat(isThere()).isTrue();
    }

    @Test
    void losesAPutAltogether() {
        plan.failing(1, new Fault.Lost());

        assertThat(put()).isInstanceOf(PutResult.Unknown.class);

        assertThat(isThere()).isFalse();
    }

    @Test
    void makesAPutLater() {
        plan.failing(1, new Fault.Late(2));
        assertThat(put()).isInstanceOf(PutResult.Unknown.class);

        assertThat(store.list("", "", 1)).isEmpty();
        assertThat(store.list("", "", 1)).hasSize(1);
    }

    @Test
    void failsReadsAndDeletionsAfterTheyWereMade() {
        plan.failing(2, new Fault.FailAfter()).failing(3, new Fault.FailAfter());
        put();

        assertFails(Kind.UNAVAILABLE, () -> store.read(KEY, 0, 4));
        assertFails(Kind.UNAVAILABLE, () -> store.delete(List.of(KEY)));

        assertThat(isThere()).isFalse();
    }

    @Test
    void shortensAndFlipsWhatIsRead() {
        plan.failing(StoreCall.OBJECT_READ, 1, new Fault.Truncate())
                .failing(StoreCall.OBJECT_READ, 2, new Fault.Flip(9))
                .failing(StoreCall.OBJECT_READ_TAIL, 1, new Fault.Flip(0));
        put();

        assertThat(text(store.read(KEY, 0, 4))).isEqualTo("ab");
        assertThat(text(store.read(KEY, 0, 4))).isEqualTo("a`cd");
        assertThat(text(store.readTail(KEY, 4))).isEqualTo("`bcd");
        assertThat(text(store.read(KEY, 0, 4))).isEqualTo("abcd");
    }

    @Test
    void failsAnUploadAsThePlanSays() {
        plan.failing(StoreCall.OBJECT_UPLOAD_BEGIN, 1, new Fault.FailBefore())
                .failing(StoreCall.OBJECT_UPLOAD_WRITE, 2, new Fault.Full())
                .failing(StoreCall.OBJECT_UPLOAD_COMPLETE, 1, new Fault.FailAfter());

        assertFails(Kind.UNAVAILABLE, () -> store.upload(KEY));
        try (ObjectUpload upload = store.upload(KEY)) {
            upload.write(bytes("abcd"));
            assertFails(Kind.FULL, () -> upload.write(bytes("efgh")));
            assertThat(isThere()).isFalse();
            assertThat(upload.complete()).isInstanceOf(PutResult.Unknown.class);
        }

        assertThat(text(behind.readTail(KEY, 10))).isEqualTo("abcd");
    }

    @Test
    void losesTheEndOfAnUploadOrMakesItLater() {
        plan.failing(StoreCall.OBJECT_UPLOAD_COMPLETE, 1, new Fault.Lost())
                .failing(StoreCall.OBJECT_UPLOAD_COMPLETE, 2, new Fault.Late(2));

        for (int i = 0; i < 2; i++) {
            try (ObjectUpload upload = store.upload(KEY)) {
                upload.write(bytes("abcd"));
                assertThat(upload.complete()).isInstanceOf(PutResult.Unknown.class);
            }
            assertThat(isThere()).isFalse();
        }
        store.list("", "", 1);
        store.list("", "", 1);

        assertThat(isThere()).isTrue();
    }

    @Test
    void delaysByItsClock() throws InterruptedException {
        plan.failing(1, new Fault.Delay(Duration.ofSeconds(3)));
        try (SystemThreads threads = new SystemThreads()) {
            Thread writer = threads.start("writer", this::put);
            clock.awaitWaiting(1);
            assertThat(isThere()).isFalse();

            clock.advance(Duration.ofSeconds(3));
            writer.join();
        }

        assertThat(isThere()).isTrue();
    }

    @Test
    void countsCallsOfAllKindsAndOfEach() {
        put();
        store.read(KEY, 0, 1);
        assertThatThrownBy(() -> store.readTail(new ObjectKey("absent"), 1)).isInstanceOf(StorageException.class);

        assertThat(plan.calls()).isEqualTo(3);
        assertThat(plan.calls(StoreCall.OBJECT_READ)).isEqualTo(1);
        assertThat(plan.calls(StoreCall.OBJECT_LIST)).isZero();
    }

    @Test
    void reachesNothingOnceCut() {
        plan.failing(1, new Fault.Late(1));
        put();

        plan.cut();

        assertFails(Kind.UNAVAILABLE, this::put);
        assertThat(isThere()).isFalse();
    }

    @Test
    void failsTheSameCallsForTheSameSeed() {
        assertThat(failures(5)).isEqualTo(failures(5)).isNotEqualTo(failures(6));
        assertThat(failures(5)).hasSizeBetween(20, 80);
    }

    private List<Integer> failures(long seed) {
        FaultPlan random = FaultPlan.none()
                .failingAtRandom(new Random(seed), 0.25, Set.of(StoreCall.OBJECT_LIST), new Fault.FailBefore());
        List<Integer> failed = new ArrayList<>();
        try (FaultyObjectStore faulty = new FaultyObjectStore(behind, random, clock)) {
            for (int i = 0; i < 200; i++) {
                try {
                    faulty.list("", "", 1);
                } catch (StorageException e) {
                    failed.add(i);
                }
            }
        }
        assertThat(random.happened()).hasSameSizeAs(failed);
        return failed;
    }

    @Test
    void leavesTheStoreBehindItOpen() {
        put();

        store.close();

        assertThat(isThere()).isTrue();
    }
}
