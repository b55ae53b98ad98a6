// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs scenarios against a broker: the one that its arguments name, or, without any, those that come line by line on its input, each
 * answered with {@link #PASSED} or {@link #FAILED}. A scenario is given by four words or more: its name, the bootstrap address, a name
 * that is new to the broker, then {@code property=value} for the clients. Confined to the main thread.
 */
public final class ClientProgram {
    public static final String PASSED = "passed";
    public static final String FAILED = "failed";

    private ClientProgram() {}

    /** Exit code 0: what the arguments asked for went well, or the input ended. */
    public static void main(String[] arguments) throws IOException {
        int exitCode = 0;
        if (arguments.length > 0) {
            exitCode = run(List.of(arguments)) ? 0 : 1;
        } else {
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                run(List.of(line.split(" ", -1)));
            }
        }
        // Not by returning: a client that could not close would keep the JVM for ever.
        System.exit(exitCode);
    }

    private static boolean run(List<String> words) {
        try {
            Map<String, String> properties = new HashMap<>();
            for (String word : words.subList(3, words.size())) {
                String[] parts = word.split("=", 2);
                properties.put(parts[0], parts[1]);
            }
            Scenario.valueOf(words.get(0)).run(new Session(words.get(1), words.get(2), properties));
            System.out.println(PASSED);
            return true;
        } catch (Exception failure) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            System.out.println(trace);
            System.out.println(FAILED);
            return false;
        }
    }
}
