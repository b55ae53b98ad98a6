// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A user to whom the permissions of files apply: not root, who may write everywhere. Stateless. */
public final class OtherUser {
    private static final String NUMBER = "65534";

    private OtherUser() {}

    /** Words before a command that run it as that user; none when this process belongs to such a user itself. */
    public static List<String> launcher() {
        return isRoot() ? List.of("setpriv", "--reuid=" + NUMBER, "--regid=" + NUMBER, "--clear-groups") : List.of();
    }

    /** Whether a JVM can be started as that user. */
    public static boolean isPossible() {
        List<String> command = new ArrayList<>(launcher());
        command.addAll(List.of(Jvm.java(), "-version"));
        return runs(command);
    }

    /** Gives {@code path} to that user. */
    public static void own(Path path) {
        if (isRoot() && !runs(List.of("chown", NUMBER + ":" + NUMBER, path.toString()))) {
            throw new IllegalStateException("Cannot give away " + path);
        }
    }

    /** Sets the permissions of {@code directory} and all directories in it, such as {@code r-xr-xr-x}. */
    public static void permit(Path directory, String permissions) {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.filter(Files::isDirectory).toList()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static boolean runs(List<String> command) {
        try (ChildProcess process = ChildProcess.start("as-other-user", command, Map.of())) {
            return process.awaitExit(Patience.LIMIT) == 0;
        } catch (UncheckedIOException notInstalled) {
            return false;
        }
    }
}
