// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.disk.ChildProcess;
import io.kafscale.broker.disk.FaultyDisk;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.Watch.Event.Ended;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileMetadataStoreTest extends LocalMetadataStoreContract {

    private static final Duration TTL = Duration.ofSeconds(10);

    @TempDir
    private Path directory;

    @Override
    protected MetadataStore open() {
        return FileMetadataStore.open(directory, clock, threads);
    }

    private void reopen() {
        store.close();
        store = open();
    }

    private Path file() {
        return directory.resolve("metadata").resolve(MetadataLog.FILE_NAME);
    }

    @Test
    void holdsWhatItHeldWhenItIsOpenedAgain() {
        put("a", "1");
        put("b", "2");
        put("a", "3");
        commit(Transaction.when().delete("b").put("~/!", value("4")).build());
        Snapshot before = store.range("");

        reopen();

        assertThat(store.range("")).isEqualTo(before);
    }

    @Test
    void neverRepeatsARevision() {
        put("a", "1");
        commit(Transaction.when().deletePrefix("a").build());
        reopen();

        assertThat(store.range("").revision()).isEqualTo(2);
        assertThat(put("a", "1")).isEqualTo(3);
        assertThat(read("a").createRevision()).isEqualTo(3);
    }

    @Test
    void neverRepeatsARevisionAfterTheFileWasRewritten() throws IOException {
        put("a", "1");
        commit(Transaction.when().delete("a").build());
        growFile();
        long revision = commit(Transaction.when().delete("large").build());

        reopen();

        assertThat(store.range("").revision()).isEqualTo(revision);
        assertThat(put("a", "1")).isEqualTo(revision + 1);
    }

    /** Writes so much that the file is rewritten. */
    private void growFile() throws IOException {
        ByteString large = ByteString.copyFrom(new byte[900_000]);
        long largest = 0;
        for (int i = 0; i < 12; i++) {
            commit(Transaction.when().put("large", large).build());
            store.revoke(new Lease(4711, TTL));
            long size = Files.size(file());
            assertThat(size).isLessThan(9_000_000);
            if (size < largest) {
                return;
            }
            largest = size;
        }
        throw new AssertionError("the file was not rewritten: " + largest);
    }

    @Test
    void rewritesTheFileWhenItHasGrown() throws IOException {
        growFile();

        reopen();

        assertThat(read("large").value().size()).isEqualTo(900_000);
        assertThat(file().resolveSibling(MetadataLog.FRESH_FILE_NAME)).doesNotExist();
    }

    @Test
    void removesAFileThatWasNotFinished() throws IOException {
        put("a", "1");
        store.close();
        Files.writeString(file().resolveSibling(MetadataLog.FRESH_FILE_NAME), "half a file");

        store = open();

        assertThat(keys("")).containsExactly("a");
        assertThat(file().resolveSibling(MetadataLog.FRESH_FILE_NAME)).doesNotExist();
    }

    @Test
    void endsAllLeasesWhenItIsOpened() {
        Lease lease = store.grantLease(TTL);
        commit(Transaction.when()
                .put("a", value("1"), lease)
                .put("b", value("1"), store.grantLease(TTL))
                .put("c", value("1"))
                .build());

        reopen();

        assertThat(keys("")).containsExactly("c");
        assertThat(store.range("").revision()).isEqualTo(2);
        assertThat(store.keepAlive(lease)).isFalse();
        assertThat(store.grantLease(TTL).id()).isNotEqualTo(lease.id());
    }

    @Test
    void endsAWatchThatBeginsBeforeItWasOpened() throws InterruptedException {
        put("a", "1");
        reopen();

        try (Watch watch = store.watch("", 1)) {
            assertThat(watch.next(Deadline.NEVER)).isEqualTo(new Ended());
        }
        try (Watch watch = store.watch("", 2)) {
            put("a", "2");
            assertThat(watch.next(Deadline.NEVER)).isInstanceOf(Watch.Event.Changed.class);
        }
    }

    @Test
    void sharesOneWriteAmongThoseWhoWait() throws InterruptedException {
        store.close();
        FaultyDisk disk = new FaultyDisk();
        store = FileMetadataStore.open(disk, directory, MetadataLog.Steps.USUAL, clock, threads);
        disk.takePerformed();

        race(16, number -> {
            for (int i = 0; i < 50; i++) {
                put("k/" + number, "" + i);
            }
        });

        assertThat(store.range("").revision()).isEqualTo(800);
        assertThat(Collections.frequency(disk.takePerformed(), "force")).isLessThan(600);
    }

    @Test
    void isNotDisturbedByInterruptedCallers() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(20);
        for (int i = 0; i < 20; i++) {
            String key = "interrupted/" + i;
            threads.start("committer", () -> {
                        try {
                            store.commit(Transaction.when().put(key, value("1")).build());
                        } catch (MetadataException e) {
                            assertThat(e.kind()).isEqualTo(Kind.INTERRUPTED);
                        } finally {
                            ended.countDown();
                        }
                    })
                    .interrupt();
        }
        ended.await();

        put("after", "1");
        reopen();

        assertThat(read("after").value()).isEqualTo(value("1"));
    }

    @Test
    void refusesASecondStoreOfTheSameProcess() throws IOException {
        Path sameByAnotherName =
                Files.createSymbolicLink(directory.resolveSibling(directory.getFileName() + "-link"), directory);

        for (Path path : List.of(directory, sameByAnotherName)) {
            assertThatThrownBy(() -> FileMetadataStore.open(path, clock, threads))
                    .isInstanceOfSatisfying(
                            MetadataException.class,
                            failure -> assertThat(failure.kind()).isEqualTo(Kind.REFUSED))
                    .hasMessageContaining(path.toString())
                    .hasMessageContaining("in use");
        }
        Files.delete(sameByAnotherName);

        put("a", "1");
        assertThat(keys("")).containsExactly("a");
    }

    /** Holds the store of a directory until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            Path directory = Path.of(arguments[0]);
            try (FileMetadataStore store = FileMetadataStore.open(directory, new SystemClock(), new SystemThreads())) {
                store.commit(Transaction.when().put("child", value("1")).build());
                System.out.println("open");
                while (System.in.read() >= 0) {
                    // until the end
                }
            } catch (MetadataException e) {
                System.out.println(e.kind() + " " + e.getMessage());
            }
        }
    }

    @Test
    void refusesASecondProcessUntilTheFirstIsGone() throws IOException, InterruptedException {
        store.close();
        try (ChildProcess child = ChildProcess.start(Holder.class, directory.toString())) {
            assertThat(child.readLine()).isEqualTo("open");

            assertThatThrownBy(this::open)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");

            child.kill();
        }
        store = open();
        assertThat(keys("")).containsExactly("child");

        try (ChildProcess child = ChildProcess.start(Holder.class, directory.toString())) {
            assertThat(child.readLine()).startsWith("REFUSED").contains(directory.toString());
        }
        put("a", "1");
    }

    @Test
    void stillKeepsOthersOutAfterOneWasRefused() throws IOException, InterruptedException {
        assertThatThrownBy(this::open).isInstanceOf(MetadataException.class);

        try (ChildProcess child = ChildProcess.start(Holder.class, directory.toString())) {
            assertThat(child.readLine()).startsWith("REFUSED");
        }
    }

    @Test
    void saysWhichDirectoryCannotBeUsed() throws IOException {
        Path blocked = Files.writeString(directory.resolve("file"), "not a folder");

        assertThatThrownBy(() -> FileMetadataStore.open(blocked, clock, threads))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining(blocked.toString());
    }

    @Test
    void leavesNoThreadBehind() {
        store.close();

        assertThat(threads.running()).isEmpty();
    }

    @Test
    void closesWhenItsThreadsAreInterrupted() {
        put("a", "1");

        threads.close();

        assertFails(Kind.REFUSED, () -> put("b", "1"));
    }
}
