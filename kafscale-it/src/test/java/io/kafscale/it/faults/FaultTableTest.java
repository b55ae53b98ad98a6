// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.history.HistoryChecker;
import io.kafscale.it.history.PartitionContent;
import io.kafscale.it.load.Load;
import io.kafscale.it.process.Patience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One fault after the other under load: nothing acknowledged is lost, doubled, reordered or altered, and what clients are told is true.
 * {@code kafscale.it.fault.seconds} says how long each lasts, {@code kafscale.it.faults} which are played. The table of what was
 * measured goes to the file that
 * {@code kafscale.it.fault.table} names, and to the output.
 */
@Tag("faults")
final class FaultTableTest {
    private static final Duration LENGTH = Duration.ofSeconds(Long.getLong("kafscale.it.fault.seconds", 10));
    private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(2);
    private static final String TABLE = System.getProperty("kafscale.it.fault.table", "");

    @TempDir
    private Path directory;

    /** Those that {@code kafscale.it.faults}, a regular expression, names; else all. */
    static Stream<Fault> faults() {
        Pattern chosen = Pattern.compile(System.getProperty("kafscale.it.faults", ""));
        return Stream.of(Fault.values())
                .filter(fault -> chosen.matcher(fault.name()).find());
    }

    @ParameterizedTest
    @MethodSource("faults")
    void nothingIsLostAndEveryErrorIsTrue(Fault fault) throws Exception {
        long seed = Long.getLong("kafscale.it.seed", System.nanoTime());
        System.out.println(fault + " kafscale.it.seed=" + seed);
        try (Stage stage = Stage.open(directory, fault, seed)) {
            Load load = stage.load();
            long before = load.acknowledged();
            load.times().begin();
            fault.play(stage, LENGTH);
            long during = load.acknowledged() - before;
            load.times().mark();
            Patience.until(
                    "the first acknowledgement behind the fault",
                    RECOVERY_LIMIT,
                    () -> load.times().firstBehindMark().isPresent());
            Duration longestPause = load.times().longestPause();
            stage.awaitProgress();

            load.stopProducing();
            load.awaitGroupAtEnd();
            load.stopConsuming();
            List<PartitionContent> contents = load.readAll();
            stage.broker().stop();
            stage.broker().start();

            report(fault, stage, during, longestPause);
            assertThat(load.readAll()).isEqualTo(contents);
            assertThat(HistoryChecker.check(load.history(contents))).isEmpty();
            assertThat(load.failures()).isEmpty();
            assertThat(load.wrongErrors()).hasToString("-");
            assertThat(stage.happenings()).isPositive();
            stage.broker().assertHealthyBut(fault::excuses);
        }
    }

    private static void report(Fault fault, Stage stage, long during, Duration longestPause) throws IOException {
        Load load = stage.load();
        String row = String.format(
                Locale.ROOT,
                "| %s | %d | %d | %.1f | %s | %s | %.1f |%n",
                fault.description(),
                stage.happenings(),
                during,
                longestPause.toMillis() / 1000.0,
                load.produceErrors(),
                load.fetchErrors(),
                load.times().firstBehindMark().orElseThrow().toMillis() / 1000.0);
        System.out.print(row);
        if (!TABLE.isEmpty()) {
            Files.writeString(
                    Path.of(TABLE), row, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }
}
