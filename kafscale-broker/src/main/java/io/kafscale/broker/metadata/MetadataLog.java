// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.disk.Disk;
import io.kafscale.broker.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of a metadata store, open for appending: {@link LogFrames} of {@link LogEntry}. Confined to one thread at a
 * time.
 *
 * <pre>
 *             append, force                 a write fails: it is cut off again, nothing was appended
 *   healthy ─────────────────▶ healthy
 *      │ a force fails, or the cutting off: nobody knows what is durable
 *      ▼
 *   suspended ───────────────▶ healthy      rewrite: the whole state in a new file, force, rename, force the folder
 * </pre>
 *
 * <p>After a failed force the system may take the bytes for written, so that a second force would prove nothing. Only
 * bytes that are written again, elsewhere, are trusted.
 */
final class MetadataLog implements AutoCloseable {

    static final String FILE_NAME = "metadata.log";

    /** The file that is to take that name. */
    static final String FRESH_FILE_NAME = FILE_NAME + ".new";

    private static final Logger LOG = LoggerFactory.getLogger(MetadataLog.class);

    /** The file is rewritten when its appended frames are so many times as large as its snapshot. */
    private static final int APPENDED_FACTOR = 2;

    private final Disk disk;
    private final Path folder;
    private final Steps steps;
    private DiskFile file;
    private long salt;

    /** Where the next frame goes. */
    private long endPosition;

    /** Up to here the file has its space. */
    private long allocatedBytes;

    private long rewriteAt;
    private Optional<IOException> suspendedBy = Optional.empty();

    private MetadataLog(Disk disk, Path folder, Steps steps, DiskFile file, long salt) {
        this.disk = disk;
        this.folder = folder;
        this.steps = steps;
        this.file = file;
        this.salt = salt;
    }

    /**
     * In which steps a file grows. Immutable.
     *
     * @param spareBytes space taken ahead, so that most appends change neither the size of the file nor its place
     * @param rewriteBytes the file is not rewritten for fewer bytes of appended frames
     */
    record Steps(int spareBytes, long rewriteBytes) {
        static final Steps USUAL = new Steps(256 * 1024, 4L * 1024 * 1024);
    }

    /** How an append ended. Immutable. */
    sealed interface Appended {
        /** The entries are durable. */
        record Durable() implements Appended {}

        /** The entries are not in the file and will not be. */
        record Failed(IOException cause) implements Appended {}

        /** The entries may be found in the file after a crash. */
        record Unknown(IOException cause) implements Appended {}
    }

    /** A log, and what its file was found to hold. Immutable, apart from the log itself. */
    record Opened(MetadataLog log, MetadataState state, long session) {}

    /**
     * Opens the file of a folder, or makes one. The caller has locked the folder.
     *
     * @param seed makes the salt of a new file
     * @throws MetadataException of kind CORRUPT when the file is damaged
     */
    static Opened open(Disk disk, Path folder, Steps steps, long seed) throws IOException {
        Path fresh = folder.resolve(FRESH_FILE_NAME);
        if (Files.exists(fresh)) {
            disk.remove(fresh);
        }
        return Files.exists(folder.resolve(FILE_NAME))
                ? reopened(disk, folder, steps)
                : made(disk, folder, steps, nextSalt(seed));
    }

    private static Opened made(Disk disk, Path folder, Steps steps, long salt) throws IOException {
        DiskFile file = disk.create(folder.resolve(FRESH_FILE_NAME));
        try {
            MetadataLog log = new MetadataLog(disk, folder, steps, file, salt);
            long end = LogSnapshot.write(file, salt, MetadataState.EMPTY, 0);
            log.setEnd(end, end);
            disk.rename(folder.resolve(FRESH_FILE_NAME), folder.resolve(FILE_NAME));
            disk.forceFolder(folder);
            return new Opened(log, MetadataState.EMPTY, 0);
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static Opened reopened(Disk disk, Path folder, Steps steps) throws IOException {
        Path path = folder.resolve(FILE_NAME);
        DiskFile file = disk.open(path);
        try {
            LogRecovery found = LogRecovery.of(file, path);
            MetadataLog log = new MetadataLog(disk, folder, steps, file, found.salt());
            log.resume(found);
            return new Opened(log, found.state(), found.session());
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Cuts off a torn frame, and writes the last whole one again: a force of it may have failed before the crash. */
    private void resume(LogRecovery found) throws IOException {
        setEnd(found.endPosition(), found.snapshotEnd());
        if (found.torn()) {
            LOG.atWarn()
                    .addKeyValue("file", folder.resolve(FILE_NAME))
                    .addKeyValue("position", endPosition)
                    .log("cut off a write that a crash has interrupted");
            file.truncate(endPosition);
        }
        allocatedBytes = file.size();
        ByteBuffer last = ByteBuffer.allocate((int) (endPosition - found.lastPosition()));
        file.read(last, found.lastPosition());
        file.write(List.of(last.flip()), found.lastPosition());
        file.force();
    }

    private void setEnd(long end, long snapshotEnd) {
        endPosition = end;
        allocatedBytes = end;
        rewriteAt = snapshotEnd + Math.max(steps.rewriteBytes(), APPENDED_FACTOR * snapshotEnd);
    }

    /** Appends the entries as one frame and makes them durable. */
    Appended append(List<LogEntry> entries) {
        if (suspendedBy.isPresent()) {
            return new Appended.Failed(suspendedBy.get());
        }
        ByteBuffer body = LogEntryCodec.encode(entries);
        long frameEnd = endPosition + body.remaining() + LogFrames.FRAME_BYTES;
        try {
            allocate(frameEnd);
        } catch (IOException e) {
            return new Appended.Failed(e);
        }
        try {
            LogFrames.write(file, salt, endPosition, body);
        } catch (IOException e) {
            return cutOff(e);
        }
        try {
            file.force();
        } catch (IOException e) {
            return suspended(e);
        }
        endPosition = frameEnd;
        return new Appended.Durable();
    }

    /** Takes the space up to the position, and some more if there is more. */
    private void allocate(long position) throws IOException {
        if (position <= allocatedBytes) {
            return;
        }
        try {
            allocateExactly(position + steps.spareBytes());
        } catch (IOException e) {
            allocateExactly(position);
        }
    }

    private void allocateExactly(long position) throws IOException {
        try {
            file.write(List.of(ByteBuffer.allocate((int) (position - allocatedBytes))), allocatedBytes);
            allocatedBytes = position;
        } catch (IOException e) {
            truncateAfter(e, allocatedBytes);
            throw e;
        }
    }

    private Appended cutOff(IOException cause) {
        allocatedBytes = endPosition;
        truncateAfter(cause, endPosition);
        return suspendedBy.isPresent() ? new Appended.Unknown(cause) : new Appended.Failed(cause);
    }

    private void truncateAfter(IOException cause, long size) {
        try {
            file.truncate(size);
        } catch (IOException e) {
            cause.addSuppressed(e);
            suspendedBy = Optional.of(cause);
        }
    }

    private Appended suspended(IOException cause) {
        suspendedBy = Optional.of(cause);
        return new Appended.Unknown(cause);
    }

    /** Why nothing can be appended before the file has been rewritten. */
    Optional<IOException> suspendedBy() {
        return suspendedBy;
    }

    /** Whether the file has grown so much that it should be rewritten. */
    boolean isLarge() {
        return endPosition >= rewriteAt;
    }

    /**
     * Puts a new file with nothing but the state in the place of this one. After a failure appends go on in the old
     * file, unless it is not certain any more which of the two has the name.
     */
    void rewrite(MetadataState state, long session) throws IOException {
        rewriteAt = endPosition + steps.rewriteBytes();
        long freshSalt = nextSalt(salt);
        removeFresh();
        DiskFile fresh = disk.create(folder.resolve(FRESH_FILE_NAME));
        long end;
        try {
            end = LogSnapshot.write(fresh, freshSalt, state, session);
        } catch (IOException e) {
            fresh.close();
            removeFresh();
            throw e;
        }
        DiskFile old = file;
        file = fresh;
        salt = freshSalt;
        setEnd(end, end);
        try (old) {
            disk.rename(folder.resolve(FRESH_FILE_NAME), folder.resolve(FILE_NAME));
            disk.forceFolder(folder);
            suspendedBy = Optional.empty();
        } catch (IOException e) {
            suspendedBy = Optional.of(e);
            throw e;
        }
    }

    private void removeFresh() throws IOException {
        Path fresh = folder.resolve(FRESH_FILE_NAME);
        if (Files.exists(fresh)) {
            disk.remove(fresh);
        }
    }

    /** Another number, far from the given one. */
    private static long nextSalt(long salt) {
        long mixed = (salt + 0x9e3779b97f4a7c15L) * 0xbf58476d1ce4e5b9L;
        return mixed ^ (mixed >>> 31);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
