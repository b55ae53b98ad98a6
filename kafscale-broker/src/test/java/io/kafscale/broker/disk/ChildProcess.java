// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Another JVM with this one's classes, for what only two processes can show. Confined to the test's thread. */
public final class ChildProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final Writer input;

    private ChildProcess(Process process) {
        this.process = process;
        this.output = process.inputReader();
        this.input = new OutputStreamWriter(process.getOutputStream(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Starts the main method of a class. */
    public static ChildProcess start(Class<?> main, String... arguments) throws IOException {
        String java = ProcessHandle.current().info().command().orElse("java");
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path", ""));
        List<String> command = new ArrayList<>(List.of(java, "-Xmx64m", "-XX:+UseSerialGC", "-cp", classPath));
        command.add(main.getName());
        command.addAll(Stream.of(arguments).toList());
        return new ChildProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** The next line that it prints; fails when it ends without one. */
    public String readLine() throws IOException {
        return Optional.ofNullable(output.readLine()).orElseThrow(() -> new IOException("the child has ended"));
    }

    /** Gives it a line to read. */
    public void writeLine(String line) throws IOException {
        input.write(line + "\n");
        input.flush();
    }

    /** Kills it the hard way and waits until it is gone. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
