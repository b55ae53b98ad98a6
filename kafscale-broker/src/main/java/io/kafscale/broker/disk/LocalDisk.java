// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** The disk of the machine. Thread-safe. */
public final class LocalDisk implements Disk {

    /** Bytes that go to or from the operating system in one call. */
    private static final int TRANSFER_BYTES = 256 * 1024;

    private static final int SPARE_BUFFERS = 16;

    /**
     * Buffers outside the heap that small slices are gathered in: one large call costs less than many small ones, and a
     * channel that is given a heap buffer would copy it just the same, into memory that it keeps for each thread.
     */
    private final BlockingQueue<ByteBuffer> spareBuffers = new ArrayBlockingQueue<>(SPARE_BUFFERS);

    @Override
    public DiskFile create(Path file) throws IOException {
        return new LocalFile(FileChannel.open(file, CREATE_NEW, READ, WRITE));
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        return new LocalFile(FileChannel.open(file, READ, WRITE));
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        try {
            Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder)) {
                throw e;
            }
        }
    }

    @Override
    public void link(Path file, Path name) throws IOException {
        Files.createLink(name, file);
    }

    @Override
    public void rename(Path file, Path name) throws IOException {
        Files.move(file, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void remove(Path path) throws IOException {
        Files.delete(path);
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, READ)) {
            channel.force(true);
        }
    }

    /** Fills the buffer from a channel, in pieces, so that no large copy is made outside the heap. */
    public static void readFully(FileChannel channel, ByteBuffer into, long position) throws IOException {
        int limit = into.limit();
        int start = into.position();
        while (into.position() < limit) {
            into.limit(Math.min(limit, into.position() + TRANSFER_BYTES));
            if (channel.read(into, position + into.position() - start) < 0) {
                throw new EOFException("the file ends at " + channel.size());
            }
        }
    }

    private final class LocalFile implements DiskFile {
        private final FileChannel channel;

        private LocalFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(List<ByteBuffer> body, long position) throws IOException {
            ByteBuffer gathered =
                    Optional.ofNullable(spareBuffers.poll()).orElseGet(() -> ByteBuffer.allocateDirect(TRANSFER_BYTES));
            try {
                gathered.clear();
                long at = position;
                for (ByteBuffer slice : body) {
                    ByteBuffer rest = slice.duplicate();
                    while (rest.hasRemaining()) {
                        transfer(rest, gathered);
                        if (!gathered.hasRemaining()) {
                            at = flush(gathered, at);
                        }
                    }
                }
                flush(gathered, at);
            } finally {
                spareBuffers.offer(gathered);
            }
        }

        private static void transfer(ByteBuffer from, ByteBuffer to) {
            int length = Math.min(from.remaining(), to.remaining());
            to.put(to.position(), from, from.position(), length);
            to.position(to.position() + length);
            from.position(from.position() + length);
        }

        private long flush(ByteBuffer gathered, long position) throws IOException {
            long at = position;
            gathered.flip();
            while (gathered.hasRemaining()) {
                at += channel.write(gathered, at);
            }
            gathered.clear();
            return at;
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            readFully(channel, into, position);
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
