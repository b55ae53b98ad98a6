// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.util.List;

/** A process that ran to its end: its exit code and what it printed. Immutable. */
public record Finished(int exitCode, List<String> output, List<String> errors) {
    public Finished {
        output = List.copyOf(output);
        errors = List.copyOf(errors);
    }

    /** Waits for the end of {@code process}. */
    public static Finished of(ChildProcess process) {
        int exitCode = process.awaitExit(Patience.LIMIT);
        return new Finished(
                exitCode,
                process.standardOutput().lines(),
                process.standardError().lines());
    }

    /** Fails the test when the exit code is not zero. */
    public Finished succeeded() {
        if (exitCode != 0) {
            throw new AssertionError(this.toString());
        }
        return this;
    }

    /** Both streams, for messages. */
    public String text() {
        return String.join("\n", output) + "\n" + String.join("\n", errors);
    }
}
