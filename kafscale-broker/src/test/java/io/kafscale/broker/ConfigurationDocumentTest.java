// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} says what the code does. */
final class ConfigurationDocumentTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "configuration.md");

    @Test
    void listsEveryVariableAsTheCodeKnowsIt() throws IOException {
        List<String> rows = Files.readAllLines(DOCUMENT).stream()
                .filter(line -> line.startsWith("| KAFSCALE_") || line.startsWith("| POD_"))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(Stream.of(Variable.values())
                        .map(ConfigurationDocumentTest::row)
                        .toList());
    }

    private static String row(Variable variable) {
        return "| " + variable.key() + " | " + variable.defaultText() + " | " + variable.meaning() + " | "
                + variable.allowed() + " |";
    }
}
