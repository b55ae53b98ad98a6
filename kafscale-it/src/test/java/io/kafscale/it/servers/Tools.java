// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Programs that scripts in {@code kafscale-it/servers} install. Stateless. */
final class Tools {
    private Tools() {}

    /**
     * Where a program is. Without it the test is skipped, or fails where {@code KAFSCALE_REQUIRE_SERVERS} is {@code true}.
     *
     * @param script that installs it
     */
    static Path find(String program, String script) {
        if (!isThere(program) && "true".equals(System.getenv("KAFSCALE_REQUIRE_SERVERS"))) {
            throw new AssertionError(missing(program, script));
        }
        return findOptional(program, script);
    }

    /** Where a program is. Without it the test is skipped. */
    static Path findOptional(String program, String script) {
        assumeTrue(isThere(program), missing(program, script));
        return folder().resolve(program);
    }

    private static boolean isThere(String program) {
        return Files.isExecutable(folder().resolve(program));
    }

    private static String missing(String program, String script) {
        return program + " is not in " + folder() + "; kafscale-it/servers/" + script + " installs it";
    }

    private static Path folder() {
        return variable("TOOLS_DIR")
                .map(Path::of)
                .orElseGet(() -> variable("XDG_CACHE_HOME")
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve(Path.of("kafscale-tools", "bin")));
    }

    private static Optional<String> variable(String name) {
        return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
    }
}
