// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Finished;

/** The command {@code fsck} on the stores of a broker. Stateless. */
final class FsckRun {
    private FsckRun() {}

    /** What it says, whatever it ends with. */
    static Finished of(BrokerSettings settings, String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "fsck";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return BrokerProcess.run(settings, command);
    }

    /** Fails the test unless there is nothing wrong in the stores, and nothing too much once it was removed; no broker may run. */
    static void assertOnlyOrphansAreFoundAndRemoved(BrokerSettings settings) {
        System.out.println(of(settings).succeeded().text());
        System.out.println(
                of(settings, "--repair", "--without-grace").succeeded().text());
        assertThat(of(settings).succeeded().output())
                .contains("orphaned objects: 0", "unknown names: 0", "unfinished uploads: 0", "problems: 0", "clean");
    }
}
