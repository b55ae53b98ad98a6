// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines for JVMs of the kind that runs these tests. Stateless. */
final class Jvm {
    private static final List<String> QUIET = List.of(
            "-XX:+IgnoreUnrecognizedVMOptions",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xshare:auto");
    private static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m");

    private Jvm() {}

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Runs {@code mainClass} with small memory and a quick start. */
    static List<String> command(String classPath, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(java());
        command.addAll(QUIET);
        command.addAll(SHORT_LIVED);
        command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        command.add("-cp");
        command.add(classPath);
        command.add(mainClass);
        command.addAll(arguments);
        return command;
    }

    /** A class path of every jar in a directory of foreign clients, and more. */
    static String classPath(String clientDirectory, String... more) {
        Path directory = Path.of(System.getProperty("kafscale.foreign.clients", "target/clients"), clientDirectory);
        return directory.resolve("*") + File.pathSeparator + String.join(File.pathSeparator, more);
    }

    /** Where {@code type} was loaded from: a directory or a jar. */
    static String originOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
