// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line of {@code fsck}, on the directory of a broker that has been. */
final class FsckCommandTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return run(Map.of("KAFSCALE_DATA_DIR", directory.toString()), arguments);
    }

    private int run(Map<String, String> variables, String... arguments) {
        out.reset();
        err.reset();
        return Main.run(
                arguments,
                variables,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private void live() {
        Broker.start(BrokerConfig.from(
                        Map.of("KAFSCALE_DATA_DIR", directory.toString(), "KAFSCALE_BROKER_ADDR", "localhost:0")))
                .close();
    }

    @Test
    void findsNothingWrongBehindABroker() {
        live();

        assertThat(run("fsck")).isEqualTo(Main.OK);
        assertThat(out()).contains("problems: 0", "clean");
    }

    @Test
    void tellsProgramsLineByLine() {
        live();

        assertThat(run("fsck", "-o", "json")).isEqualTo(Main.OK);
        assertThat(out().lines()).allMatch(line -> line.startsWith("{\"type\":\"") && line.endsWith("}"));
        assertThat(out()).contains("\"type\":\"summary\"", "\"problems\":0");
    }

    @Test
    void endsWithOneWhenSomethingIsWrong() throws IOException {
        live();
        Files.delete(directory.resolve("objects/default/kafscale/cluster.json"));

        assertThat(run("fsck")).isEqualTo(Main.FAILED);
        assertThat(out()).contains("PROBLEM identity: default/kafscale/");
    }

    @Test
    void refusesToRestoreWhatIsThere() {
        live();

        assertThat(run("fsck", "restore")).isEqualTo(Main.FAILED);
        assertThat(err())
                .contains("there is nothing to restore: metadata and objects agree", "--force")
                .hasLineCount(1);
        assertThat(run("fsck", "restore", "--dry-run", "--force")).isEqualTo(Main.OK);
    }

    @Test
    void restoresADirectoryWhoseMetadataIsGone() throws IOException {
        live();
        try (Stream<Path> files = Files.list(directory.resolve("metadata"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }

        assertThat(run("fsck")).isEqualTo(Main.FAILED);
        assertThat(run("fsck", "restore", "--dry-run")).isEqualTo(Main.OK);
        assertThat(run("fsck", "restore")).isEqualTo(Main.OK);
        assertThat(run("fsck")).isEqualTo(Main.OK);
        live();
        assertThat(run("fsck", "--repair")).isEqualTo(Main.OK);
        assertThat(run("fsck", "--repair", "--without-grace")).isEqualTo(Main.OK);
    }

    @Test
    void makesNoDirectoryThatIsNotThere() {
        Path missing = directory.resolve("missing");

        assertThat(run(Map.of("KAFSCALE_DATA_DIR", missing.toString()), "fsck")).isEqualTo(Main.FAILED);
        assertThat(err()).contains("there is no directory " + missing);
        assertThat(missing).doesNotExist();
    }

    @Test
    void refusesAWrongUsage() {
        assertThat(run("fsck", "--frobnicate")).isEqualTo(Main.USAGE);
        assertThat(run("fsck", "-o", "xml")).isEqualTo(Main.USAGE);
        assertThat(run("fsck", "--repair", "restore")).isEqualTo(Main.USAGE);
        assertThat(run("fsck", "--without-grace")).isEqualTo(Main.USAGE);
        assertThat(run(Map.of("KAFSCALE_USE_MEMORY_S3", "1"), "fsck")).isEqualTo(Main.USAGE);
        assertThat(run("fsck", "--help")).isEqualTo(Main.OK);
        assertThat(out()).contains("--repair", "restore");
    }
}
