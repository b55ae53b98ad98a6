// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import io.kafscale.it.client.ClientProgram;
import io.kafscale.it.client.Scenario;
import java.util.List;

/** A JVM with a foreign client that does what it is told, scenario by scenario. Confined to one thread. */
public final class ClientJvm implements AutoCloseable {
    private final ChildProcess process;

    ClientJvm(ChildProcess process) {
        this.process = process;
    }

    /** Runs {@code scenario}, fails the test when the client did not see what it should, and returns what it said. */
    public List<String> run(Scenario scenario, String bootstrap, String name, String... properties) {
        long before = process.standardOutput().count();
        process.send(String.join(" ", ForeignClient.words(scenario, bootstrap, name, properties)));
        String verdict = process.standardOutput()
                .awaitLine(
                        scenario.name(),
                        before,
                        Patience.LIMIT,
                        line -> line.equals(ClientProgram.PASSED) || line.equals(ClientProgram.FAILED));
        List<String> said = process.standardOutput().linesFrom(before);
        if (!verdict.equals(ClientProgram.PASSED)) {
            throw new AssertionError(scenario + ": " + String.join("\n", said));
        }
        return said;
    }

    @Override
    public void close() {
        process.close();
    }
}
