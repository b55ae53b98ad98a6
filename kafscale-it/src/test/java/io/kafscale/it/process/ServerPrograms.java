// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Real servers that the scripts in {@code kafscale-it/servers} put into one folder, {@code TOOLS_DIR}. Stateless. */
public final class ServerPrograms {
    private ServerPrograms() {}

    /**
     * Where a server's program is. Without it the test is skipped, or fails where {@code KAFSCALE_REQUIRE_SERVERS} is true.
     *
     * @param script what would have put it there
     */
    public static Path find(String program, String script) {
        return whyMissing(program, script).map(ServerPrograms::abortedFor).orElseGet(() -> folder().resolve(program));
    }

    private static Path abortedFor(String reason) {
        return abort(reason);
    }

    /**
     * What is missing without a server that tests need; empty when it is there.
     *
     * @throws AssertionError when it must be there
     */
    public static Optional<String> whyMissing(String program, String script) {
        if (isThere(program)) {
            return Optional.empty();
        }
        if (Boolean.parseBoolean(System.getenv("KAFSCALE_REQUIRE_SERVERS"))) {
            throw new AssertionError(missing(program, script));
        }
        return Optional.of(missing(program, script));
    }

    /** The same of a server that is nice to have: without it the test is skipped. */
    public static Path findOptional(String program, String script) {
        return isThere(program) ? folder().resolve(program) : abort(missing(program, script));
    }

    private static boolean isThere(String program) {
        return Files.isExecutable(folder().resolve(program));
    }

    private static String missing(String program, String script) {
        return "there is no " + folder().resolve(program) + "; kafscale-it/servers/" + script + " gets it";
    }

    private static Path folder() {
        return variable("TOOLS_DIR")
                .map(Path::of)
                .orElseGet(() -> variable("XDG_CACHE_HOME")
                        .map(Path::of)
                        .orElse(Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("kafscale-tools/bin"));
    }

    private static Optional<String> variable(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
    }
}
