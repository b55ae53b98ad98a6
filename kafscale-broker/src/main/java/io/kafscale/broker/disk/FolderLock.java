// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to be the only one in a folder, on the machine and, if the file system knows locks, on others; it ends with
 * the process. Thread-safe.
 */
public final class FolderLock implements AutoCloseable {

    /** Name of the file that the operating system's lock is on; its content means nothing. */
    public static final String FILE_NAME = "lock";

    /**
     * The lock files of this process. The system's locks are the whole process's: it grants a second one, and takes all
     * away when any channel on the file is closed. So a file that is held must not even be opened again.
     */
    private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

    private final Object identity;
    private final FileChannel channel;

    private FolderLock(Object identity, FileChannel channel) {
        this.identity = identity;
        this.channel = channel;
    }

    /** Takes the lock of a folder that exists; empty when somebody has it. */
    public static Optional<FolderLock> tryAcquire(Path folder) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // left by the last holder
        }
        Object identity = identityOf(file);
        if (!HELD.add(identity)) {
            return Optional.empty();
        }
        Optional<FolderLock> acquired = Optional.empty();
        try {
            acquired = tryLock(file, identity);
        } finally {
            if (acquired.isEmpty()) {
                HELD.remove(identity);
            }
        }
        return acquired;
    }

    /** What stays the same whatever path leads to the file. */
    private static Object identityOf(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        Optional<Object> key = Optional.ofNullable(attributes.fileKey());
        return key.isPresent() ? key.get() : file.toRealPath();
    }

    private static Optional<FolderLock> tryLock(Path file, Object identity) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        Optional<FileLock> lock = Optional.empty();
        try {
            lock = Optional.ofNullable(channel.tryLock());
        } finally {
            if (lock.isEmpty()) {
                channel.close();
            }
        }
        return lock.map(held -> new FolderLock(identity, channel));
    }

    /** Gives the lock back, once. */
    @Override
    public void close() throws IOException {
        if (!channel.isOpen()) {
            return;
        }
        try {
            channel.close();
        } finally {
            HELD.remove(identity);
        }
    }
}
