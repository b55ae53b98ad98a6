// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.disk.ChildProcess;
import io.kafscale.broker.disk.FaultyDisk;
import io.kafscale.broker.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileObjectStoreTest extends ObjectStoreContract {

    private static final ObjectKey KEY = new ObjectKey("cluster/shared/one.kso");

    @TempDir
    private Path directory;

    @Override
    protected ObjectStore open() {
        return FileObjectStore.open(directory);
    }

    private List<Path> filesIn(String folder) throws IOException {
        try (Stream<Path> paths = Files.walk(directory.resolve(folder))) {
            return paths.filter(Files::isRegularFile)
                    .filter(path -> !path.endsWith("lock"))
                    .toList();
        }
    }

    @Test
    void laysObjectsOutAsFiles() throws IOException {
        store.put(KEY, List.of(bytes("content")));

        assertThat(directory.resolve("objects/cluster/shared/one.kso")).hasContent("content");
        assertThat(filesIn("temp")).isEmpty();
    }

    @Test
    void holdsWhatItHeldWhenItIsOpenedAgain() {
        store.put(KEY, List.of(bytes("content")));
        store.close();

        store = open();

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("content");
        assertThat(store.put(KEY, List.of(bytes("other")))).isEqualTo(new PutResult.AlreadyExists());
    }

    @Test
    void costsOneForceOfTheFileAndOneOfItsFolder() {
        FaultyDisk disk = new FaultyDisk();
        store.close();
        store = FileObjectStore.open(disk, directory);
        store.put(KEY, List.of(bytes("first in its folder")));
        disk.takePerformed();

        store.put(new ObjectKey("cluster/shared/two.kso"), List.of(bytes("one"), bytes("two")));

        assertThat(disk.takePerformed()).containsExactly("create", "write", "force", "link", "forceFolder", "remove");
    }

    @Test
    void forcesEveryFolderThatIsNew() {
        FaultyDisk disk = new FaultyDisk();
        store.close();
        store = FileObjectStore.open(disk, directory);
        disk.takePerformed();

        store.put(new ObjectKey("a/b/c"), List.of());

        assertThat(disk.takePerformed())
                .containsSubsequence(
                        "force", "createFolder", "forceFolder", "createFolder", "forceFolder", "link", "forceFolder");
    }

    @Test
    void removesWhatADeadProcessLeft() throws IOException {
        store.close();
        Path leftover = Files.writeString(directory.resolve("temp/0/17"), "half an object");
        Path other = Files.createDirectories(directory.resolve("temp/1")).resolve("3");
        Files.writeString(other, "of another process");

        store = open();

        assertThat(leftover).doesNotExist();
        assertThat(other).doesNotExist();
    }

    @Test
    void leavesAloneWhatALivingStorePrepares() throws IOException {
        Path prepared = Files.writeString(directory.resolve("temp/0/17"), "of the first store");
        try (ObjectStore second = open()) {
            second.put(KEY, List.of(bytes("by the second")));

            assertThat(prepared).exists();
            assertThat(text(store.readTail(KEY, 100))).isEqualTo("by the second");
            assertThat(store.put(KEY, List.of())).isEqualTo(new PutResult.AlreadyExists());
        }
    }

    @Test
    void findsAFolderThatAnotherStoreHasRemoved() {
        try (ObjectStore second = open()) {
            store.put(new ObjectKey("f/g/1"), List.of());
            second.delete(List.of(new ObjectKey("f/g/1")));
            assertThat(directory.resolve("objects/f")).doesNotExist();

            assertThat(store.put(new ObjectKey("f/g/2"), List.of())).isEqualTo(new PutResult.Created());
        }
        assertThat(store.list("", "", 10)).hasSize(1);
    }

    @Test
    void removesFoldersThatHaveBecomeEmpty() {
        store.put(new ObjectKey("f/g/h/1"), List.of());
        store.put(new ObjectKey("f/2"), List.of());

        store.delete(List.of(new ObjectKey("f/g/h/1")));
        assertThat(directory.resolve("objects/f/g")).doesNotExist();
        store.delete(List.of(new ObjectKey("f/2")));

        assertThat(directory.resolve("objects")).isEmptyDirectory();
    }

    @Test
    void refusesAKeyThatIsTheFolderOfAnother() {
        store.put(new ObjectKey("a/b"), List.of(bytes("file")));

        assertFails(Kind.REFUSED, () -> store.put(new ObjectKey("a"), List.of()));
        assertFails(Kind.REFUSED, () -> store.put(new ObjectKey("a/b/c"), List.of()));
        assertFails(Kind.REFUSED, () -> store.put(new ObjectKey("a/b/c/d"), List.of()));

        assertThat(text(store.readTail(new ObjectKey("a/b"), 10))).isEqualTo("file");
        assertThat(store.list("", "", 10)).hasSize(1);
    }

    @Test
    void passesOverFilesThatAreNoObjects() throws IOException {
        store.put(new ObjectKey("a/b"), List.of());
        Files.writeString(directory.resolve("objects/a/b~"), "an editor's copy");
        Files.writeString(directory.resolve("objects/white space"), "");
        Files.createSymbolicLink(directory.resolve("objects/a/link"), directory);

        assertThat(store.list("", "", 10))
                .extracting(info -> info.key().value())
                .containsExactly("a/b");
    }

    @Test
    void saysFullAndLeavesNothing() throws IOException {
        FaultyDisk disk = new FaultyDisk();
        store.close();
        store = FileObjectStore.open(disk, directory);
        disk.setFull(true);

        assertFails(Kind.FULL, () -> store.put(KEY, List.of(bytes("content"))));
        assertThatThrownBy(() -> store.put(KEY, List.of(bytes("content"))))
                .hasMessageContaining(KEY.value())
                .hasMessageContaining(directory.toString());
        assertThat(filesIn("temp")).isEmpty();
        assertFails(Kind.NOT_FOUND, () -> store.readTail(KEY, 1));

        disk.setFull(false);
        assertThat(store.put(KEY, List.of(bytes("content")))).isEqualTo(new PutResult.Created());
    }

    @Test
    void canBeReadWhenItIsOpenedOnAFullDisk() {
        store.put(KEY, List.of(bytes("content")));
        store.close();
        FaultyDisk disk = new FaultyDisk();
        disk.setFull(true);

        store = FileObjectStore.open(disk, directory);

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("content");
        assertFails(Kind.FULL, () -> store.put(new ObjectKey("other"), List.of()));
    }

    @Test
    void saysWhichDirectoryCannotBeUsed() throws IOException {
        Path blocked = Files.writeString(directory.resolve("file"), "not a folder");

        assertThatThrownBy(() -> FileObjectStore.open(blocked))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining(blocked.toString());
    }

    @Test
    void givesTheTrueAnswerToACallerInterruptedLate() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            ObjectKey key = new ObjectKey("late/" + i);
            List<Object> results = new ArrayList<>();
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    results.add(store.put(key, List.of(bytes("content"))));
                } catch (StorageException e) {
                    results.add(e.kind());
                }
                results.add(Thread.currentThread().isInterrupted());
            });
            writer.interrupt();
            writer.join();

            boolean there = !store.list(key.value(), "", 1).isEmpty();
            assertThat(results).containsExactly(there ? new PutResult.Created() : Kind.INTERRUPTED, true);
        }
    }

    /** Puts objects under names that its parent wants, too, and says which it got. */
    static final class Rival {
        private Rival() {}

        public static void main(String[] arguments) throws IOException {
            try (FileObjectStore store = FileObjectStore.open(Path.of(arguments[0]))) {
                System.out.println("ready");
                int go = System.in.read();
                for (int i = 0; go >= 0 && i < Integer.parseInt(arguments[1]); i++) {
                    System.out.println(store.put(new ObjectKey("rival/" + i), List.of(bytes("child"))));
                }
            }
        }
    }

    @Test
    void letsOneOfTwoProcessesWin() throws IOException, InterruptedException {
        int objects = 300;
        List<String> mine = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        try (ChildProcess child = ChildProcess.start(Rival.class, directory.toString(), Integer.toString(objects))) {
            assertThat(child.readLine()).isEqualTo("ready");
            child.writeLine("go");
            for (int i = objects - 1; i >= 0; i--) {
                mine.add(store.put(new ObjectKey("rival/" + i), List.of(bytes("parent")))
                        .toString());
            }
            for (int i = 0; i < objects; i++) {
                theirs.add(child.readLine());
            }
        }

        String created = new PutResult.Created().toString();
        for (int i = 0; i < objects; i++) {
            boolean won = mine.reversed().get(i).equals(created);
            assertThat(theirs.get(i)).isEqualTo(won ? new PutResult.AlreadyExists().toString() : created);
            assertThat(text(store.readTail(new ObjectKey("rival/" + i), 10))).isEqualTo(won ? "parent" : "child");
        }
    }
}
