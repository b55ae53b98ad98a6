// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a broker process is started.
 *
 * @param launcher words before {@code java}, such as a program that changes the user
 * @param flags of the JVM
 * @param jar the runnable jar
 * @param environment variables beside those that every test sets
 */
public record BrokerSettings(
        Path dataDirectory, List<String> launcher, List<String> flags, Path jar, Map<String, String> environment) {
    public BrokerSettings {
        launcher = List.copyOf(launcher);
        flags = List.copyOf(flags);
        environment = Map.copyOf(environment);
    }

    /**
     * The jar under test with its data in {@code dataDirectory}, a small heap, everything else as it comes;
     * {@code kafscale.it.debug} makes it tell of every request.
     */
    public static BrokerSettings in(Path dataDirectory) {
        return new BrokerSettings(
                dataDirectory,
                List.of(),
                List.of("-Xmx512m", "-XX:+ExitOnOutOfMemoryError"),
                Path.of(System.getProperty("kafscale.broker.jar", "../kafscale-broker/target/kafscale-broker.jar")),
                Boolean.getBoolean("kafscale.it.debug")
                        ? Map.of("KAFSCALE_LOG_LEVEL", "debug", "KAFSCALE_TRACE_KAFKA", "true")
                        : Map.of());
    }

    public BrokerSettings with(String variable, String value) {
        Map<String, String> more = new HashMap<>(environment);
        more.put(variable, value);
        return new BrokerSettings(dataDirectory, launcher, flags, jar, more);
    }

    public BrokerSettings withFlags(String... jvmFlags) {
        return new BrokerSettings(dataDirectory, launcher, List.of(jvmFlags), jar, environment);
    }

    public BrokerSettings launchedBy(Path copyOfJar, String... words) {
        return new BrokerSettings(dataDirectory, List.of(words), flags, copyOfJar, environment);
    }

    /** The command line, with {@code arguments} for the broker. */
    public List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(launcher);
        command.add(Jvm.java());
        command.addAll(flags);
        command.add("-jar");
        command.add(jar.toString());
        command.addAll(List.of(arguments));
        return command;
    }
}
