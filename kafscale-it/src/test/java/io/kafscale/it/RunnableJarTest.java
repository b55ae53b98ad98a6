// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The jar as a user gets it: started with nothing but {@code java -jar}. */
final class RunnableJarTest {
    private static final Path JAR =
            Path.of(System.getProperty("kafscale.broker.jar", "kafscale.broker.jar is not set"));

    @Test
    void printsItsVersion() throws IOException, InterruptedException {
        assertThat(JAR).isRegularFile();

        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-jar",
                        JAR.toString(),
                        "--version")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).isZero();
        assertThat(output).matches("kafscale-broker \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\R");
    }
}
