// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.disk.Disk;
import io.kafscale.broker.disk.FolderLock;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The folder in which one open store prepares its files. Stores that share a directory have one each, {@code 0}, {@code
 * 1} and so on, held by a lock; whoever takes one over removes what a dead process left there. Thread-safe.
 */
final class TempFolder implements AutoCloseable {

    private static final int MAX_FOLDERS = 1000;

    private final Path folder;
    private final FolderLock lock;
    private final AtomicLong used = new AtomicLong();

    private TempFolder(Path folder, FolderLock lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /** Takes the first folder that nobody has, and tidies the others that nobody has. */
    static TempFolder open(Disk disk, Path parent) throws IOException {
        Optional<TempFolder> mine = Optional.empty();
        for (int number = 0; number < MAX_FOLDERS; number++) {
            Path folder = parent.resolve(Integer.toString(number));
            if (mine.isPresent() && !Files.exists(folder)) {
                return mine.get();
            }
            disk.createFolder(folder);
            Optional<FolderLock> lock = FolderLock.tryAcquire(folder);
            if (lock.isEmpty()) {
                continue;
            }
            removeLeftovers(disk, folder);
            if (mine.isEmpty()) {
                mine = Optional.of(new TempFolder(folder, lock.get()));
            } else {
                lock.get().close();
            }
        }
        return mine.orElseThrow(() -> new IOException(parent + " is used by " + MAX_FOLDERS + " processes"));
    }

    private static void removeLeftovers(Disk disk, Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (!file.endsWith(FolderLock.FILE_NAME)) {
                    disk.remove(file);
                }
            }
        }
    }

    /** A name that no other file of this folder has. */
    Path newName() {
        return folder.resolve(Long.toString(used.incrementAndGet()));
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
