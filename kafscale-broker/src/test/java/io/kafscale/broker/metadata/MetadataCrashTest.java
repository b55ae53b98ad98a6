// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.disk.ForgetfulDisk;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A crash after any operation on the disk leaves every answered transaction, and of the one under way all or nothing. */
@Timeout(300)
final class MetadataCrashTest {

    /** So small that a scenario of a few transactions takes space and rewrites the file several times. */
    private static final MetadataLog.Steps SMALL_STEPS = new MetadataLog.Steps(600, 1500);

    private static final int TRANSACTIONS = 30;

    @TempDir
    private Path home;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();
    private final List<Snapshot> states = new ArrayList<>();
    private final List<Integer> operationsAtAnswer = new ArrayList<>();
    private int images;

    @AfterEach
    void endThreads() {
        threads.close();
    }

    private FileMetadataStore open(Path directory) {
        return FileMetadataStore.open(new ForgetfulDisk(directory), directory, SMALL_STEPS, clock, threads);
    }

    /** Runs the scenario and notes the state after each transaction, and how many operations it took at most. */
    private ForgetfulDisk run(long seed) throws IOException {
        Path directory = Files.createDirectory(home.resolve("original"));
        ForgetfulDisk disk = new ForgetfulDisk(directory);
        MetadataScenario scenario = new MetadataScenario(seed);
        try (FileMetadataStore store = FileMetadataStore.open(disk, directory, SMALL_STEPS, clock, threads)) {
            note(store, disk);
            for (int i = 0; i < TRANSACTIONS; i++) {
                assertThat(store.commit(scenario.next())).isInstanceOf(TransactionResult.Applied.class);
                note(store, disk);
            }
        }
        return disk;
    }

    private void note(MetadataStore store, ForgetfulDisk disk) {
        states.add(store.range(""));
        operationsAtAnswer.add(disk.operations());
    }

    private interface Crash {
        void layOut(int operations, Random random, Path target);
    }

    private void checkEveryImage(ForgetfulDisk disk, Crash crash, Random random) throws IOException {
        for (int operations = 0; operations < disk.operations(); operations++) {
            images++;
            Path image = Files.createDirectory(home.resolve("image" + images));
            crash.layOut(operations, random, image);
            check(operations, image);
        }
    }

    private void check(int operations, Path image) {
        int answered = -1;
        while (answered + 1 < states.size() && operationsAtAnswer.get(answered + 1) <= operations) {
            answered++;
        }
        List<Snapshot> possible = states.subList(Math.max(answered, 0), Math.min(answered + 2, states.size()));
        Snapshot found;
        try (FileMetadataStore store = open(image)) {
            found = store.range("");
            assertThat(possible).as("after %d operations", operations).contains(found);
            TransactionResult next = store.commit(
                    Transaction.when().put("next", ByteString.EMPTY).build());
            assertThat(next).isEqualTo(new TransactionResult.Applied(found.revision() + 1));
        }
        try (FileMetadataStore store = open(image)) {
            assertThat(store.get(List.of("next")).find("next")).isPresent();
            assertThat(store.range("").revision()).isEqualTo(found.revision() + 1);
        }
    }

    @Test
    void survivesAKillAtAnyOperation() throws IOException {
        ForgetfulDisk disk = run(1);

        checkEveryImage(disk, disk::layOutAfterKill, new Random(2));

        assertThat(images).isGreaterThan(TRANSACTIONS * 2);
    }

    @Test
    void survivesALossOfPowerAtAnyOperation() throws IOException {
        ForgetfulDisk disk = run(3);
        for (int seed = 0; seed < 4; seed++) {
            checkEveryImage(disk, disk::layOutAfterPowerLoss, new Random(seed));
        }

        assertThat(images).isGreaterThan(TRANSACTIONS * 8);
    }

    @Test
    void survivesALossOfPowerWhileItIsOpenedAfterOne() throws IOException {
        Random random = new Random(9);
        ForgetfulDisk disk = run(4);
        for (int operations = 10; operations < disk.operations(); operations += 7) {
            Path image = Files.createDirectory(home.resolve("first" + operations));
            disk.layOutAfterPowerLoss(operations, random, image);
            Path copy = Files.createDirectory(home.resolve("second" + operations));
            ForgetfulDisk second = ForgetfulDisk.holding(copy, image);
            int before = second.operations();
            FileMetadataStore.open(second, copy, SMALL_STEPS, clock, threads).close();
            for (int more = before; more < second.operations(); more++) {
                images++;
                Path again = Files.createDirectory(home.resolve("image" + images));
                second.layOutAfterPowerLoss(more, random, again);
                check(operations, again);
            }
        }
    }

    @Test
    void deletesTheKeysOfALostProcessInOneRevision() throws IOException {
        Path directory = Files.createDirectory(home.resolve("original"));
        ForgetfulDisk disk = new ForgetfulDisk(directory);
        Path image = Files.createDirectory(home.resolve("image"));
        try (FileMetadataStore store = FileMetadataStore.open(disk, directory, SMALL_STEPS, clock, threads)) {
            Lease lease = store.grantLease(Duration.ofSeconds(10));
            store.commit(Transaction.when()
                    .put("leased/1", ByteString.EMPTY, lease)
                    .put("own", ByteString.EMPTY)
                    .build());
            store.commit(
                    Transaction.when().put("leased/2", ByteString.EMPTY, lease).build());
            disk.layOutAfterPowerLoss(disk.operations(), new Random(1), image);
        }

        try (FileMetadataStore store = open(image)) {
            assertThat(store.range("").all()).extracting(KeyValue::key).containsExactly("own");
            assertThat(store.range("").revision()).isEqualTo(3);
        }
        try (FileMetadataStore store = open(image)) {
            assertThat(store.range("").revision()).isEqualTo(3);
        }
    }
}
