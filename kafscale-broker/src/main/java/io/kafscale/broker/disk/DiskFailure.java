// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Why a disk did not do what it was asked, as far as it changes what is done about it. Immutable. */
public enum DiskFailure {
    /** There is no such file or folder. */
    ABSENT,
    /** No space, or no more of it for this user. */
    FULL,
    /** Missing rights, or a disk that can only be read. */
    REFUSED,
    /** The calling thread was interrupted. */
    INTERRUPTED,
    /** Anything else. */
    OTHER;

    /** With less space than this, a failure is put down to it, whatever words the system finds for it. */
    private static final long LITTLE_SPACE = 64 * 1024;

    /**
     * Names the cause of a failure.
     *
     * @param folder a folder on the same disk; it need not exist
     * @param neededBytes what the operation was about to write
     */
    public static DiskFailure of(IOException failure, Path folder, long neededBytes) {
        if (failure instanceof ClosedByInterruptException || failure instanceof InterruptedIOException) {
            return INTERRUPTED;
        }
        if (failure instanceof NoSuchFileException) {
            return ABSENT;
        }
        if (failure instanceof AccessDeniedException) {
            return REFUSED;
        }
        String words = String.valueOf(failure.getMessage());
        if (words.contains("No space left") || words.contains("quota exceeded")) {
            return FULL;
        }
        return ofDisk(folder, neededBytes);
    }

    /** The system's words come in the user's language, so the disk itself is looked at, too. */
    private static DiskFailure ofDisk(Path folder, long neededBytes) {
        try {
            FileStore disk = Files.getFileStore(nearestExisting(folder));
            if (disk.isReadOnly()) {
                return REFUSED;
            }
            return disk.getUsableSpace() < Math.max(LITTLE_SPACE, neededBytes) ? FULL : OTHER;
        } catch (IOException e) {
            return OTHER;
        }
    }

    private static Path nearestExisting(Path folder) {
        Optional<Path> parent = Optional.ofNullable(folder.toAbsolutePath().getParent());
        return Files.exists(folder) || parent.isEmpty() ? folder : nearestExisting(parent.get());
    }
}
