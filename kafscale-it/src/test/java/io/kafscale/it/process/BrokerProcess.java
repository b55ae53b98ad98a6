// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The broker's jar as a process on a port and a directory that stay the same when it is stopped or killed and started again.
 * Confined to the test's thread.
 */
public final class BrokerProcess implements AutoCloseable {
    /** What the product promises for SIGTERM. */
    public static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private static final int EXIT_CODE_OF_SIGTERM = 143;

    private final String name;
    private final BrokerSettings settings;
    private final int port = FreePort.find();
    private final List<ChildProcess> processes = new ArrayList<>();

    private BrokerProcess(String name, BrokerSettings settings) {
        this.name = name;
        this.settings = settings;
    }

    /** A broker that runs and listens. */
    public static BrokerProcess started(String name, BrokerSettings settings) {
        BrokerProcess broker = new BrokerProcess(name, settings);
        broker.start();
        return broker;
    }

    /** Runs the jar with {@code settings} to its end: for what does not start a broker, or refuses to. */
    public static Finished run(BrokerSettings settings, String... arguments) {
        Map<String, String> environment = new HashMap<>(settings.environment());
        environment.putIfAbsent("KAFSCALE_DATA_DIR", settings.dataDirectory().toString());
        try (ChildProcess process = ChildProcess.start("run", settings.command(arguments), environment)) {
            return Finished.of(process);
        }
    }

    /** {@code 127.0.0.1:PORT}. */
    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public Path dataDirectory() {
        return settings.dataDirectory();
    }

    public ChildProcess process() {
        return processes.getLast();
    }

    /** Starts the broker and waits until it listens. */
    public void start() {
        launch();
        awaitListening();
    }

    /** Starts the broker and does not wait. */
    public void launch() {
        Map<String, String> environment = new HashMap<>(settings.environment());
        environment.put("KAFSCALE_BROKER_ADDR", bootstrap());
        environment.put("KAFSCALE_DATA_DIR", settings.dataDirectory().toString());
        processes.add(ChildProcess.start(name, settings.command(), environment));
    }

    /** Waits for the line that says that the listener is up. */
    public void awaitListening() {
        process().standardOutput().awaitLine("the broker listens", BrokerProcess::isListening);
    }

    /** Whether the listener came up within {@code limit}. */
    public boolean listensWithin(Duration limit) {
        return process()
                .standardOutput()
                .findLine(0, limit, BrokerProcess::isListening)
                .isPresent();
    }

    /** SIGKILL. */
    public void kill() {
        process().kill();
    }

    /** SIGTERM; fails the test when the broker needs longer than it may or says that it failed. */
    public void stop() {
        process().terminate();
        int exitCode = process().awaitExit(STOP_LIMIT);
        if (exitCode != 0 && exitCode != EXIT_CODE_OF_SIGTERM) {
            throw new AssertionError(
                    "Exit code " + exitCode + " after SIGTERM: " + process().description());
        }
    }

    /** Fails the test unless the broker runs and none of its processes complained of itself. */
    public void assertHealthy() {
        assertHealthyBut(line -> false);
    }

    /** As above, but for complaints that a test asked for. */
    public void assertHealthyBut(Predicate<String> expected) {
        if (!process().isAlive()) {
            throw new AssertionError("The broker is gone: " + process().description());
        }
        assertBlameless(expected);
    }

    /** Fails the test when one of the broker's processes logged an error of its own, or ran out of memory. */
    public void assertBlameless() {
        assertBlameless(line -> false);
    }

    private void assertBlameless(Predicate<String> expected) {
        for (ChildProcess process : processes) {
            assertNone(process.standardOutput(), expected);
            assertNone(process.standardError(), expected);
        }
    }

    /** Whether a line of any of its processes contains {@code text}. */
    public boolean logged(String text) {
        return processes.stream()
                .anyMatch(process -> Stream.concat(
                                process.standardOutput().lines().stream(), process.standardError().lines().stream())
                        .anyMatch(line -> line.contains(text)));
    }

    /** The largest resident memory of the running process so far, if the system tells. */
    public String peakMemory() {
        try (Stream<String> lines =
                Files.lines(Path.of("/proc", Long.toString(process().pid()), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM")).findFirst().orElse("unknown");
        } catch (IOException | UncheckedIOException notLinux) {
            return "unknown";
        }
    }

    @Override
    public void close() {
        processes.forEach(ChildProcess::close);
    }

    private static boolean isListening(String line) {
        return line.contains("broker listening on ");
    }

    private static void assertNone(Output output, Predicate<String> expected) {
        try (Stream<String> lines = Files.lines(output.file())) {
            lines.filter(line -> blames(line) && !expected.test(line))
                    .findFirst()
                    .ifPresent(line -> {
                        throw new AssertionError("In " + output.file() + ": " + line);
                    });
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static boolean blames(String line) {
        return line.contains("OutOfMemoryError")
                || line.contains("\"level\":\"ERROR\"")
                || line.startsWith("Exception in thread");
    }
}
