// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The operations that change a local disk, and when their effect survives a crash: the bytes of a file after {@link
 * DiskFile#force}, the entries of a folder after {@link #forceFolder}. Until then any part of an effect may be found
 * afterwards. A test supplies a disk that fails and forgets. Thread-safe.
 */
public interface Disk {

    /** Makes a new, empty file; fails when the name is taken. */
    DiskFile create(Path file) throws IOException;

    /** Opens a file that exists. */
    DiskFile open(Path file) throws IOException;

    /** Makes a folder whose parent exists; nothing happens when it is there. */
    void createFolder(Path folder) throws IOException;

    /** Makes a folder and those above it that are missing, and makes their entries durable. */
    default void createFolders(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Optional<Path> parent = Optional.ofNullable(folder.toAbsolutePath().getParent());
        if (parent.isPresent()) {
            createFolders(parent.get());
            createFolder(folder);
            forceFolder(parent.get());
        }
    }

    /** Gives a file a second name, which must be free: of several callers, also in several processes, one wins. */
    void link(Path file, Path name) throws IOException;

    /** Gives a file another name and takes that name from the file that had it, in one step. */
    void rename(Path file, Path name) throws IOException;

    /** Removes a file, or a folder that is empty. */
    void remove(Path path) throws IOException;

    /** Makes the entries of a folder durable. */
    void forceFolder(Path folder) throws IOException;
}
