// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** kcat, a client on librdkafka, where the machine has it. Stateless. */
public final class Kcat {
    private Kcat() {}

    public static boolean isInstalled() {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
            if (Files.isExecutable(Path.of(directory, "kcat"))) {
                return true;
            }
        }
        return false;
    }

    /** Runs kcat on the broker at {@code bootstrap} with {@code input} as its standard input; fails the test when it fails. */
    public static List<String> run(String bootstrap, List<String> input, String... arguments) {
        List<String> command = new ArrayList<>(List.of("kcat", "-b", bootstrap));
        command.addAll(List.of(arguments));
        try (ChildProcess process = ChildProcess.start("kcat", command, Map.of())) {
            input.forEach(process::send);
            process.endInput();
            return Finished.of(process).succeeded().output();
        }
    }
}
