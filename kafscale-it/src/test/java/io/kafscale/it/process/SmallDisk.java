// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A file system of its own, small enough to be filled. Confined to the test's thread. */
public final class SmallDisk implements AutoCloseable {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /** Mounts one on {@code directory}, where the system and the user allow it. */
    public static Optional<SmallDisk> mount(Path directory, int sizeMebibytes) {
        boolean mounted =
                runs("mount", "-t", "tmpfs", "-o", "size=" + sizeMebibytes + "m", "kafscale-it", directory.toString());
        return mounted ? Optional.of(new SmallDisk(directory)) : Optional.empty();
    }

    public Path directory() {
        return directory;
    }

    /** Takes all the space that is left. */
    public void fill() {
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream ballast = Files.newOutputStream(ballast())) {
            while (true) {
                ballast.write(chunk);
            }
        } catch (IOException full) {
            // As wanted.
        }
    }

    /** Gives back what {@link #fill} took. */
    public void free() {
        try {
            Files.delete(ballast());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        if (!runs("umount", directory.toString())) {
            throw new IllegalStateException("Cannot unmount " + directory);
        }
    }

    private Path ballast() {
        return directory.resolve("ballast");
    }

    private static boolean runs(String... command) {
        try (ChildProcess process = ChildProcess.start(command[0], List.of(command), Map.of())) {
            return process.awaitExit(LIMIT) == 0;
        } catch (UncheckedIOException notInstalled) {
            return false;
        }
    }
}
