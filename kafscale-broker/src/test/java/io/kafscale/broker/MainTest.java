// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MainTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(Map<String, String> environment, String... arguments) {
        return Main.run(
                arguments,
                environment,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private String written(ByteArrayOutputStream stream) {
        return stream.toString(StandardCharsets.UTF_8);
    }

    @Test
    void helpListsEveryVariable() {
        assertThat(run(Map.of(), "--help")).isEqualTo(Main.OK);

        assertThat(written(out)).contains("--version");
        for (Variable variable : Variable.values()) {
            assertThat(written(out)).contains(variable.key() + " (default: " + variable.defaultText() + ")");
        }
        assertThat(written(err)).isEmpty();
    }

    @Test
    void versionIsOneLine() {
        assertThat(run(Map.of(), "--version")).isEqualTo(Main.OK);

        assertThat(written(out)).matches("kafscale-broker \\S+\\R");
    }

    @Test
    void refusesUnknownArguments() {
        assertThat(run(Map.of(), "--frobnicate")).isEqualTo(Main.USAGE);

        assertThat(written(err)).contains("--frobnicate").hasLineCount(1);
        assertThat(written(out)).isEmpty();
    }

    @Test
    void aBadSettingIsOneLineAndCodeTwo() {
        assertThat(run(Map.of("KAFSCALE_BROKER_ADDR", "nonsense"))).isEqualTo(Main.USAGE);

        assertThat(written(err))
                .startsWith("kafscale-broker: KAFSCALE_BROKER_ADDR is 'nonsense', but must be HOST:PORT")
                .hasLineCount(1);
        assertThat(written(out)).isEmpty();
    }
}
