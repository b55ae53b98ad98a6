// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.disk.FaultyDisk;
import io.kafscale.broker.disk.FaultyDisk.Manner;
import io.kafscale.broker.disk.ForgetfulDisk;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.metadata.TransactionResult.Unknown;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever operation of the disk fails: what was answered holds, and the store goes on when the disk does. */
@Timeout(300)
final class MetadataDiskFailureTest {

    private static final MetadataLog.Steps SMALL_STEPS = new MetadataLog.Steps(100, 400);
    private static final int TRANSACTIONS = 12;

    /** Most appends find their space taken and nothing is rewritten, so the second operation is the force. */
    private static final MetadataLog.Steps LARGE_STEPS = new MetadataLog.Steps(10_000, 1_000_000);

    @TempDir
    private Path home;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private int runs;

    @AfterEach
    void endThreads() {
        threads.close();
    }

    private static Transaction put(String key) {
        return Transaction.when(Compare.absent(key))
                .put(key, ByteString.copyFromUtf8("value of " + key))
                .build();
    }

    /** What the callers of one run were told. Confined to one thread. */
    private static final class Answers {
        private final List<String> applied = new ArrayList<>();
        private final List<String> failed = new ArrayList<>();
        private final List<String> unknown = new ArrayList<>();

        void commit(MetadataStore store, String key) {
            try {
                TransactionResult result = store.commit(put(key));
                assertThat(result).isNotInstanceOf(TransactionResult.Refused.class);
                (result instanceof Applied ? applied : unknown).add(key);
            } catch (MetadataException e) {
                failed.add(key);
            }
        }

        void check(MetadataStore store, String description) {
            List<String> found =
                    store.range("").all().stream().map(KeyValue::key).toList();
            assertThat(found).as(description).containsAll(applied);
            assertThat(found).as(description).noneMatch(failed::contains);
        }
    }

    @Test
    void keepsItsWordWhicheverOperationFails() throws IOException {
        FaultyDisk sound = new FaultyDisk();
        run(sound, "nothing failing");
        long operations = sound.operations();
        for (long number = 1; number <= operations; number++) {
            for (Manner manner : Manner.values()) {
                FaultyDisk disk = new FaultyDisk().failing(number, manner);
                run(disk, "operation " + number + " failing " + manner);
                operations = Math.max(operations, disk.operations());
            }
        }

        assertThat(operations).isGreaterThan(3 * TRANSACTIONS);
    }

    private void run(FaultyDisk disk, String description) throws IOException {
        runs++;
        Path directory = Files.createDirectory(home.resolve("run" + runs));
        Answers answers = new Answers();
        try (FileMetadataStore store = FileMetadataStore.open(disk, directory, SMALL_STEPS, clock, threads)) {
            for (int i = 0; i < TRANSACTIONS; i++) {
                answers.commit(store, "key" + i);
                answers.check(store, description);
                settle(store);
                checkCopy(directory, answers, description);
                clock.advance(Duration.ofSeconds(1));
            }
            assertThat(answers.failed.size() + answers.unknown.size())
                    .as(description)
                    .isLessThanOrEqualTo(1);
            answers.commit(store, "last");
            clock.advance(Duration.ofSeconds(1));
            answers.commit(store, "very-last");
            assertThat(answers.applied).as(description).containsAnyOf("last", "very-last");
        } catch (MetadataException e) {
            assertThat(answers.applied).as(description + " at opening").isEmpty();
        }
        checkReopened(directory, answers, description);
    }

    @Test
    void keepsItsWordWhicheverOperationEndsInAnError() throws IOException, InterruptedException {
        FaultyDisk sound = new FaultyDisk();
        run(sound, "nothing breaking");
        for (long number = 1; number <= sound.operations(); number++) {
            for (Manner manner : Manner.values()) {
                runToDeath(new FaultyDisk().breaking(number, manner), "operation " + number + " breaking " + manner);
            }
        }
    }

    private void runToDeath(FaultyDisk disk, String description) throws IOException, InterruptedException {
        runs++;
        Path directory = Files.createDirectory(home.resolve("run" + runs));
        Answers answers = new Answers();
        try (FileMetadataStore store = FileMetadataStore.open(disk, directory, SMALL_STEPS, clock, threads)) {
            for (int i = 0; i < TRANSACTIONS; i++) {
                answers.commit(store, "key" + i);
                settleIfAlive(store);
            }
            if (answers.applied.size() < TRANSACTIONS) {
                assertThat(store.death().await(clock, Deadline.NEVER))
                        .as(description)
                        .isPresent();
                assertFails(store);
            }
        } catch (OutOfMemoryError e) {
            assertThat(answers.applied).as(description + " at opening").isEmpty();
        }
        checkReopened(directory, answers, description);
    }

    private static void settleIfAlive(MetadataStore store) {
        try {
            settle(store);
        } catch (MetadataException e) {
            // it has died
        }
    }

    private static void assertFails(MetadataStore store) {
        assertThatThrownBy(() -> store.range(""))
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(Kind.REFUSED));
    }

    @Test
    void answersUnknownWhenAnErrorComesBetweenTheDecisionAndItsWriting() throws InterruptedException {
        FaultyDisk disk = new FaultyDisk();
        try (FileMetadataStore store = FileMetadataStore.open(disk, home, LARGE_STEPS, clock, threads)) {
            store.commit(put("first"));
            disk.breaking(disk.operations() + 1, Manner.BEFORE);

            assertThat(store.commit(put("second"))).isInstanceOf(Unknown.class);
            assertThat(store.death().await(clock, Deadline.NEVER)).containsInstanceOf(OutOfMemoryError.class);
        }
        try (FileMetadataStore store = FileMetadataStore.open(new FaultyDisk(), home, LARGE_STEPS, clock, threads)) {
            assertThat(store.range("").find("second")).isEmpty();
        }
    }

    @Test
    void aStoreThatIsClosedHasNotDied() {
        FileMetadataStore store = FileMetadataStore.open(new FaultyDisk(), home, LARGE_STEPS, clock, threads);
        store.close();

        assertThat(store.death().poll()).isEmpty();
    }

    /** Waits until the file has been rewritten, if that had begun: a request without effect comes after it. */
    private static void settle(MetadataStore store) {
        store.revoke(new Lease(4711, Duration.ofSeconds(1)));
    }

    /** What another process would find if this one were killed now. */
    private void checkCopy(Path directory, Answers answers, String description) throws IOException {
        Path copy = Files.createDirectories(home.resolve("copy"));
        Path folder = Files.createDirectories(copy.resolve("metadata"));
        try (Stream<Path> old = Files.list(folder)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        try (Stream<Path> files = Files.list(directory.resolve("metadata"))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        checkReopened(copy, answers, description + ", killed");
    }

    private void checkReopened(Path directory, Answers answers, String description) {
        ForgetfulDisk quick = new ForgetfulDisk(directory);
        try (FileMetadataStore store = FileMetadataStore.open(quick, directory, SMALL_STEPS, clock, threads)) {
            answers.check(store, description);
        }
    }

    @Test
    void saysFullAndGoesOnWhenThereIsSpaceAgain() {
        FaultyDisk disk = new FaultyDisk();
        Answers answers = new Answers();
        try (FileMetadataStore store = FileMetadataStore.open(disk, home, SMALL_STEPS, clock, threads)) {
            answers.commit(store, "before");
            disk.setFull(true);
            int taken = 0;
            while (answers.failed.isEmpty()) {
                answers.commit(store, "full" + taken);
                taken++;
            }
            assertThatThrownBy(() -> store.commit(put("none")))
                    .isInstanceOfSatisfying(
                            MetadataException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(Kind.FULL))
                    .hasMessageContaining(home.toString());
            answers.check(store, "full");

            disk.setFull(false);
            answers.commit(store, "after");
            assertThat(answers.applied).contains("after");
        }
        checkReopened(home, answers, "after a full disk");
    }

    @Test
    void refusesToWriteAfterAFailedForceUntilTheFileIsWrittenAnew() {
        FaultyDisk disk = new FaultyDisk();
        try (FileMetadataStore store = FileMetadataStore.open(disk, home, LARGE_STEPS, clock, threads)) {
            store.commit(put("first"));
            disk.failing(disk.operations() + 2, Manner.BEFORE);
            assertThat(store.commit(put("doubtful"))).isInstanceOf(Unknown.class);
            disk.takePerformed();

            disk.setFull(true);
            assertThatThrownBy(() -> store.commit(put("second"))).isInstanceOf(MetadataException.class);
            assertThatThrownBy(() -> store.commit(put("third"))).isInstanceOf(MetadataException.class);
            assertThat(disk.takePerformed()).containsExactly("create");

            disk.setFull(false);
            clock.advance(Duration.ofSeconds(1));
            assertThat(store.commit(put("fourth"))).isInstanceOf(Applied.class);
            assertThat(disk.takePerformed()).contains("create", "rename", "forceFolder");
            assertThat(store.range("").all()).extracting(KeyValue::key).containsExactly("first", "fourth");
        }
    }

    @Test
    void deletesTheKeysOfALeaseAsSoonAsItCan() {
        FaultyDisk disk = new FaultyDisk();
        try (FileMetadataStore store = FileMetadataStore.open(disk, home, LARGE_STEPS, clock, threads)) {
            Lease lease = store.grantLease(Duration.ofSeconds(10));
            store.commit(
                    Transaction.when().put("leased", ByteString.EMPTY, lease).build());
            disk.failing(disk.operations() + 2, Manner.BEFORE);
            assertThatThrownBy(() -> store.revoke(lease)).isInstanceOf(MetadataException.class);
            assertThat(store.keepAlive(lease)).isFalse();
            assertThat(store.range("").all()).extracting(KeyValue::key).containsExactly("leased");

            clock.advance(Duration.ofSeconds(1));
            store.commit(put("other"));

            assertThat(store.range("").all()).extracting(KeyValue::key).containsExactly("other");
        }
    }

    @Test
    void takesOneWriteAndOneForceForATransaction() {
        FaultyDisk disk = new FaultyDisk();
        try (FileMetadataStore store = FileMetadataStore.open(disk, home, LARGE_STEPS, clock, threads)) {
            store.commit(put("a"));
            disk.takePerformed();

            store.commit(put("b"));

            assertThat(disk.takePerformed()).containsExactly("write", "force");
        }
    }
}
