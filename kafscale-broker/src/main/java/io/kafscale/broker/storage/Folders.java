// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.disk.Disk;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The folders below a root, and which of them are known to be durable, so that an object costs one fsync of its own
 * folder and none of those above. Thread-safe: a folder is removed only while nobody puts an object anywhere.
 */
final class Folders {

    /** More than this and all is forgotten, which costs one fsync each to learn again. */
    private static final int MAX_KNOWN = 50_000;

    private final Disk disk;
    private final Path root;
    private final Set<Path> durable = ConcurrentHashMap.newKeySet();
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    /** The root itself must exist and be durable. */
    Folders(Disk disk, Path root) {
        this.disk = disk;
        this.root = root;
    }

    /** Held while a file is put into a folder, until its entry is durable. */
    Lock whilePutting() {
        return lock.readLock();
    }

    /** Makes the folder and those above it, and makes their entries durable; the caller holds {@link #whilePutting}. */
    void ensure(Path folder) throws IOException {
        if (folder.equals(root) || durable.contains(folder)) {
            return;
        }
        ensure(KeyPaths.above(folder));
        disk.createFolder(folder);
        disk.forceFolder(KeyPaths.above(folder));
        if (durable.size() >= MAX_KNOWN) {
            durable.clear();
        }
        durable.add(folder);
    }

    /** A folder turned out to be missing: another process has removed it. */
    void forget(Path folder) {
        for (Path at = folder; !at.equals(root); at = KeyPaths.above(at)) {
            durable.remove(at);
        }
    }

    /** Makes durable that a file is gone from the folder, which goes, too, if it is empty now, and so do those above. */
    void forceDeletion(Path folder) throws IOException {
        Path lowest = removeEmpty(folder);
        while (true) {
            try {
                disk.forceFolder(lowest);
                return;
            } catch (NoSuchFileException e) {
                if (lowest.equals(root)) {
                    throw e;
                }
                lowest = KeyPaths.above(lowest);
            }
        }
    }

    private Path removeEmpty(Path folder) throws IOException {
        lock.writeLock().lock();
        try {
            Path lowest = folder;
            while (!lowest.equals(root) && removedIfEmpty(lowest)) {
                lowest = KeyPaths.above(lowest);
            }
            return lowest;
        } finally {
            lock.writeLock().unlock();
        }
    }

    private boolean removedIfEmpty(Path folder) throws IOException {
        durable.remove(folder);
        try {
            disk.remove(folder);
            return true;
        } catch (DirectoryNotEmptyException e) {
            return false;
        } catch (NoSuchFileException e) {
            return true;
        }
    }
}
