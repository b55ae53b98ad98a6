// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.file.StandardOpenOption.READ;

import io.kafscale.broker.disk.Disk;
import io.kafscale.broker.disk.DiskFailure;
import io.kafscale.broker.disk.DiskFile;
import io.kafscale.broker.disk.LocalDisk;
import io.kafscale.broker.storage.StorageException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects as files of a local directory, which several processes may share. Calls take as long as the disk does; the time
 * of an object is that of its file. Thread-safe: each call opens the file for itself.
 *
 * <pre>
 *   put     temp/0/17          write, fsync
 *           objects/{key}      link, which fails if the name is taken; fsync of the folder
 *           temp/0/17          unlink
 *
 *   a crash before the link leaves a file in temp, which the next opening removes;
 *   a crash behind it leaves the whole object, and a second name in temp, which is removed likewise
 * </pre>
 */
public final class FileObjectStore implements ObjectStore {

    private static final Logger LOG = LoggerFactory.getLogger(FileObjectStore.class);
    private static final int LINK_ATTEMPTS = 10;

    private final Disk disk;
    private final Path directory;
    private final KeyPaths paths;
    private final Folders folders;
    private final TempFolder temp;
    private final OpenUploads uploads = new OpenUploads();

    /** Set once, by whoever closes; read by every call. */
    private volatile boolean closed;

    private FileObjectStore(Disk disk, Path directory) throws IOException {
        Path objects = directory.resolve("objects");
        Path temps = directory.resolve("temp");
        disk.createFolders(directory);
        disk.createFolder(objects);
        disk.createFolder(temps);
        disk.forceFolder(directory);
        this.disk = disk;
        this.directory = directory;
        this.paths = new KeyPaths(objects);
        this.folders = new Folders(disk, objects);
        this.temp = TempFolder.open(disk, temps);
    }

    /** Opens the store of a directory, which is made when it is not there; it must be possible to write to it. */
    public static FileObjectStore open(Path directory) {
        return open(new LocalDisk(), directory);
    }

    static FileObjectStore open(Disk disk, Path directory) {
        try {
            FileObjectStore store = new FileObjectStore(disk, directory.toAbsolutePath());
            store.tryOut();
            return store;
        } catch (IOException e) {
            throw new StorageException(
                    kindOf(DiskFailure.of(e, directory, 0)), "directory " + directory + " cannot be used: " + e, e);
        }
    }

    /** Does what every put does, so that a directory that cannot be used is told at once. A full one can be read. */
    private void tryOut() throws IOException {
        Path file = temp.newName();
        Path link = temp.newName();
        try {
            prepare(file, List.of(ByteBuffer.allocate(1)));
            disk.link(file, link);
        } catch (UnsupportedOperationException e) {
            temp.close();
            throw new IOException("its file system has no hard links", e);
        } catch (IOException e) {
            if (DiskFailure.of(e, directory, 1) != DiskFailure.FULL) {
                temp.close();
                throw e;
            }
            LOG.atWarn().addKeyValue("directory", directory).log("no space left: objects can only be read");
        } finally {
            removeTemp(link);
            removeTemp(file);
        }
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        checkCallable("object " + key);
        Path prepared = temp.newName();
        try {
            prepare(prepared, body);
            return publish(key, prepared);
        } catch (IOException e) {
            long size = body.stream().mapToLong(ByteBuffer::remaining).sum();
            throw failure("object " + key + " cannot be written", size, e);
        } finally {
            removeTemp(prepared);
        }
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        checkCallable("object " + key);
        Path prepared = temp.newName();
        try {
            DiskFile file = disk.create(prepared);
            long started = Files.getLastModifiedTime(prepared).toMillis();
            return new FileUpload(key, prepared, file, uploads.begin(key, started));
        } catch (IOException e) {
            removeTemp(prepared);
            throw failure("upload of object " + key + " cannot begin", 1, e);
        }
    }

    /** A temporary file that gets the object's name in the end. Confined to one thread at a time. */
    private final class FileUpload implements ObjectUpload {
        private final ObjectKey key;
        private final Path prepared;
        private final DiskFile file;
        private final OpenUploads.Entry entry;
        private long size;

        private FileUpload(ObjectKey key, Path prepared, DiskFile file, OpenUploads.Entry entry) {
            this.key = key;
            this.prepared = prepared;
            this.file = file;
            this.entry = entry;
        }

        @Override
        public void write(ByteBuffer bytes) {
            checkCallable("object " + key);
            entry.checkOpen();
            try {
                file.write(List.of(bytes), size);
                size += bytes.remaining();
            } catch (IOException e) {
                entry.close();
                throw failure("object " + key + " cannot be written", bytes.remaining(), e);
            }
        }

        @Override
        public PutResult complete() {
            checkCallable("object " + key);
            entry.checkOpen();
            entry.close();
            try {
                file.force();
                return publish(key, prepared);
            } catch (IOException e) {
                throw failure("object " + key + " cannot be written", 0, e);
            }
        }

        @Override
        public void close() {
            entry.close();
            try {
                file.close();
            } catch (IOException e) {
                LOG.atWarn().setCause(e).addKeyValue("file", prepared).log("temporary file cannot be closed");
            }
            removeTemp(prepared);
        }
    }

    private void prepare(Path file, List<ByteBuffer> body) throws IOException {
        try (DiskFile prepared = disk.create(file)) {
            prepared.write(body, 0);
            prepared.force();
        }
    }

    private PutResult publish(ObjectKey key, Path prepared) throws IOException {
        Path target = paths.pathOf(key);
        Lock putting = folders.whilePutting();
        putting.lock();
        try {
            return linked(key, prepared, target) ? forced(key, KeyPaths.above(target)) : new PutResult.AlreadyExists();
        } finally {
            putting.unlock();
        }
    }

    /** Gives the prepared file its name; false when the name is taken. */
    private boolean linked(ObjectKey key, Path prepared, Path target) throws IOException {
        Path folder = KeyPaths.above(target);
        for (int attempt = 1; true; attempt++) {
            try {
                folders.ensure(folder);
                disk.link(prepared, target);
                return true;
            } catch (NoSuchFileException e) {
                if (attempt == LINK_ATTEMPTS) {
                    throw e;
                }
                folders.forget(folder);
            } catch (IOException e) {
                // A file system on a network may have done what it says has failed.
                if (!isSameFile(prepared, target)) {
                    checkTaken(key, target, e);
                    return false;
                }
                return true;
            }
        }
    }

    private static boolean isSameFile(Path prepared, Path target) throws IOException {
        try {
            return Files.isSameFile(prepared, target);
        } catch (FileSystemException e) {
            return false;
        }
    }

    /** Returns when the link failed because an object has the name; throws what else the failure means. */
    private static void checkTaken(ObjectKey key, Path target, IOException failure) throws IOException {
        if (!(failure instanceof FileAlreadyExistsException)) {
            throw failure;
        }
        if (Files.isDirectory(target) || !Files.isDirectory(KeyPaths.above(target))) {
            throw new StorageException(
                    Kind.REFUSED, "object " + key + ": one key is the folder of another on this disk", failure);
        }
    }

    /** Makes the new name durable. It is there already, so an interrupted caller still gets the true answer. */
    private PutResult forced(ObjectKey key, Path folder) {
        boolean interrupted = false;
        try {
            while (true) {
                interrupted |= Thread.interrupted();
                try {
                    disk.forceFolder(folder);
                    return new PutResult.Created();
                } catch (ClosedByInterruptException e) {
                    // once more, with the flag down
                }
            }
        } catch (IOException e) {
            return new PutResult.Unknown(failure("object " + key + " may not be durable", 0, e));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void removeTemp(Path file) {
        try {
            disk.remove(file);
        } catch (NoSuchFileException e) {
            // it was never made
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("file", file).log("temporary file cannot be removed");
        }
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        Requests.checkRange(position, length);
        checkCallable("object " + key);
        Path file = paths.pathOf(key);
        try {
            Requests.checkInside(key, sizeOf(key, file), position, length);
            return read(file, position, length);
        } catch (IOException e) {
            throw readFailure(key, e);
        }
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        Requests.checkRange(0, length);
        checkCallable("object " + key);
        Path file = paths.pathOf(key);
        try {
            long size = sizeOf(key, file);
            int available = (int) Math.min(length, size);
            return read(file, size - available, available);
        } catch (IOException e) {
            throw readFailure(key, e);
        }
    }

    private long sizeOf(ObjectKey key, Path file) throws IOException {
        return attributesOf(file).map(BasicFileAttributes::size).orElseThrow(() -> Requests.notFound(key));
    }

    /** Attributes of an object's file; empty when there is none. */
    private Optional<BasicFileAttributes> attributesOf(Path file) throws IOException {
        try {
            return Optional.of(Files.readAttributes(file, BasicFileAttributes.class))
                    .filter(BasicFileAttributes::isRegularFile);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (FileSystemException e) {
            if (paths.leadsThroughFile(file)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static ByteBuffer read(Path file, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(file, READ)) {
            LocalDisk.readFully(channel, bytes, position);
        }
        return bytes.flip();
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        Requests.checkListing(max);
        checkCallable("listing of '" + prefix + "'");
        try {
            return new FolderListing(prefix, after, max).of(paths.root());
        } catch (IOException e) {
            throw failure("listing of '" + prefix + "' failed", 0, e);
        }
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        Set<Path> touched = new LinkedHashSet<>();
        for (ObjectKey key : keys) {
            checkCallable("object " + key);
            try {
                delete(paths.pathOf(key)).ifPresent(touched::add);
            } catch (IOException e) {
                throw failure("object " + key + " cannot be deleted", 0, e);
            }
        }
        checkCallable("deletion");
        try {
            for (Path folder : touched) {
                folders.forceDeletion(folder);
            }
        } catch (IOException e) {
            throw failure("deletion may not be durable", 0, e);
        }
    }

    /** Deletes an object's file; answers the folder that it was in. */
    private Optional<Path> delete(Path file) throws IOException {
        if (attributesOf(file).isEmpty()) {
            return Optional.empty();
        }
        try {
            disk.remove(file);
        } catch (NoSuchFileException e) {
            // somebody else was faster
        }
        return Optional.of(KeyPaths.above(file));
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        checkCallable("uploads below '" + prefix + "'");
        return uploads.list(prefix, startedBeforeMillis);
    }

    @Override
    public void abortUploads(Collection<UploadInfo> aborted) {
        checkCallable("uploads");
        uploads.abort(aborted);
    }

    private void checkCallable(String what) {
        Requests.checkCallable(closed, what);
    }

    private StorageException readFailure(ObjectKey key, IOException cause) {
        return cause instanceof NoSuchFileException
                ? Requests.notFound(key)
                : failure("object " + key + " cannot be read", 0, cause);
    }

    private StorageException failure(String what, long neededBytes, IOException cause) {
        return new StorageException(
                kindOf(DiskFailure.of(cause, directory, neededBytes)), what + " in " + directory + ": " + cause, cause);
    }

    private static Kind kindOf(DiskFailure failure) {
        return switch (failure) {
            case FULL -> Kind.FULL;
            case REFUSED -> Kind.REFUSED;
            case INTERRUPTED -> Kind.INTERRUPTED;
            case ABSENT, OTHER -> Kind.UNAVAILABLE;
        };
    }

    @Override
    public void close() {
        closed = true;
        try {
            temp.close();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("directory", directory).log("lock cannot be given back");
        }
    }
}
