// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The disk of the machine with operations that fail: one of them, by its number, or all that need space. Reading never
 * fails and is not counted; nothing is forced in truth, which is slow. Thread-safe; guarded by {@code lock}.
 */
public final class FaultyDisk implements Disk {

    /** How an operation fails. */
    public enum Manner {
        /** Nothing was done. */
        BEFORE,
        /** Half of the bytes of a write were written; of any other operation nothing. */
        PARTLY,
        /** All was done. */
        AFTER
    }

    private final Disk behind = new LocalDisk();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private long operations;

    @GuardedBy("lock")
    private long failingNumber;

    @GuardedBy("lock")
    private Manner manner = Manner.BEFORE;

    /** What comes out of the failing operation is an error of the machine, not of the disk. */
    @GuardedBy("lock")
    private boolean breaking;

    @GuardedBy("lock")
    private boolean full;

    @GuardedBy("lock")
    private final List<String> performed = new ArrayList<>();

    /** Lets the n-th operation fail, from 1. */
    public FaultyDisk failing(long number, Manner how) {
        lock.lock();
        try {
            failingNumber = number;
            manner = how;
            return this;
        } finally {
            lock.unlock();
        }
    }

    /** Lets the n-th operation, from 1, end in an {@link Error}, as when the memory runs out. */
    public FaultyDisk breaking(long number, Manner how) {
        lock.lock();
        try {
            breaking = true;
            return failing(number, how);
        } finally {
            lock.unlock();
        }
    }

    /** From now on there is no space, or there is again. */
    public void setFull(boolean isFull) {
        lock.lock();
        try {
            full = isFull;
        } finally {
            lock.unlock();
        }
    }

    /** How many operations there were. */
    public long operations() {
        lock.lock();
        try {
            return operations;
        } finally {
            lock.unlock();
        }
    }

    /** The names of the operations since the last time, in their order. */
    public List<String> takePerformed() {
        lock.lock();
        try {
            List<String> names = List.copyOf(performed);
            performed.clear();
            return names;
        } finally {
            lock.unlock();
        }
    }

    private interface Operation<T> {
        T run() throws IOException;
    }

    private Optional<Manner> begin(String name, boolean needsSpace) throws IOException {
        lock.lock();
        try {
            operations++;
            performed.add(name);
            if (full && needsSpace) {
                throw new IOException("No space left on device");
            }
            return operations == failingNumber ? Optional.of(manner) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private <T> T perform(String name, boolean needsSpace, Operation<T> operation) throws IOException {
        Optional<Manner> failure = begin(name, needsSpace);
        if (failure.isEmpty()) {
            return operation.run();
        }
        if (failure.get() == Manner.AFTER && operation.run() instanceof AutoCloseable opened) {
            close(opened);
        }
        throw failure(name, failure.get());
    }

    private IOException failure(String name, Manner how) {
        String what = "ordered failure of " + name + ", " + how;
        lock.lock();
        try {
            if (breaking) {
                throw new OutOfMemoryError(what);
            }
            return new IOException(what);
        } finally {
            lock.unlock();
        }
    }

    private static void close(AutoCloseable opened) throws IOException {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    @Override
    public DiskFile create(Path file) throws IOException {
        return new FaultyFile(perform("create", true, () -> behind.create(file)));
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return new FaultyFile(behind.open(file));
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        perform("createFolder", !Files.isDirectory(folder), () -> {
            behind.createFolder(folder);
            return true;
        });
    }

    @Override
    public void link(Path file, Path name) throws IOException {
        perform("link", true, () -> {
            behind.link(file, name);
            return true;
        });
    }

    @Override
    public void rename(Path file, Path name) throws IOException {
        perform("rename", true, () -> {
            behind.rename(file, name);
            return true;
        });
    }

    @Override
    public void remove(Path path) throws IOException {
        perform("remove", false, () -> {
            behind.remove(path);
            return true;
        });
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        perform("forceFolder", false, () -> true);
    }

    private final class FaultyFile implements DiskFile {
        private final DiskFile file;

        private FaultyFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void write(List<ByteBuffer> body, long position) throws IOException {
            ByteBuffer all = joined(body);
            boolean needsSpace = position + all.remaining() > file.size();
            Optional<Manner> failure = begin("write", needsSpace);
            int length = failure.map(how -> switch (how) {
                        case BEFORE -> 0;
                        case PARTLY -> all.remaining() / 2;
                        case AFTER -> all.remaining();
                    })
                    .orElse(all.remaining());
            file.write(List.of(all.slice(0, length)), position);
            if (failure.isPresent()) {
                throw failure("write", failure.get());
            }
        }

        private static ByteBuffer joined(List<ByteBuffer> body) {
            ByteBuffer all = ByteBuffer.allocate(
                    body.stream().mapToInt(ByteBuffer::remaining).sum());
            body.forEach(slice -> all.put(slice.duplicate()));
            return all.flip();
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            file.read(into, position);
        }

        @Override
        public void truncate(long size) throws IOException {
            perform("truncate", false, () -> {
                file.truncate(size);
                return true;
            });
        }

        @Override
        public void force() throws IOException {
            perform("force", false, () -> true);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
