// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that a test started, with what it prints in files below {@code kafscale.it.logs}. Thread-safe, but for the input,
 * which one thread writes.
 */
public final class ChildProcess implements AutoCloseable {
    private static final Path LOGS = Path.of(System.getProperty("kafscale.it.logs", "target/process-logs"));
    private static final Duration SIGNAL_LIMIT = Duration.ofSeconds(10);
    private static final AtomicInteger STARTED = new AtomicInteger();

    private final Process process;
    private final Output standardOutput;
    private final Output standardError;

    private ChildProcess(Process process, Path logs) {
        this.process = process;
        this.standardOutput = Output.read(process.getInputStream(), logs.resolveSibling(logs.getFileName() + ".out"));
        this.standardError = Output.read(process.getErrorStream(), logs.resolveSibling(logs.getFileName() + ".err"));
    }

    /** Starts {@code command}, with no variable of ours in its environment but those in {@code environment}. */
    public static ChildProcess start(String name, List<String> command, Map<String, String> environment) {
        try {
            Files.createDirectories(LOGS);
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().keySet().removeIf(variable -> variable.startsWith("KAFSCALE_"));
            builder.environment().putAll(environment);
            Path logs = LOGS.resolve("%03d-%s".formatted(STARTED.incrementAndGet(), name));
            return new ChildProcess(builder.start(), logs);
        } catch (IOException failure) {
            throw new UncheckedIOException("Cannot start " + command, failure);
        }
    }

    public Output standardOutput() {
        return standardOutput;
    }

    public Output standardError() {
        return standardError;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Writes one line to the process, if it still listens. */
    public void send(String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException failure) {
            throw new UncheckedIOException("Process " + pid() + " does not take input", failure);
        }
    }

    /** Ends the process's input. */
    public void endInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** The exit code; fails the test, and kills the process, when it still runs after {@code limit}. */
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                kill();
                throw new AssertionError("Still running after " + limit + ": " + description());
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting for " + description(), interrupted);
        }
        standardOutput.awaitEnd();
        standardError.awaitEnd();
        return process.exitValue();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** SIGSTOP: it stands still, with all its connections. */
    public void pause() {
        signal("STOP");
    }

    /** SIGCONT. */
    public void resume() {
        signal("CONT");
    }

    private void signal(String signal) {
        try (ChildProcess kill = start("kill", List.of("kill", "-" + signal, Long.toString(pid())), Map.of())) {
            if (kill.awaitExit(SIGNAL_LIMIT) != 0) {
                throw new AssertionError(kill.description());
            }
        }
    }

    /** What a failing test wants to know of it. */
    public String description() {
        return "process " + pid() + (isAlive() ? " (alive)" : " (exit code " + process.exitValue() + ")") + "\n"
                + standardOutput.text() + "\n" + standardError.text();
    }

    @Override
    public void close() {
        kill();
    }
}
