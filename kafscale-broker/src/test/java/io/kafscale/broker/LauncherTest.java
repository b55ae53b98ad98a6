// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class LauncherTest {
    private static final int CLASS_FILES_OF_JAVA_8 = 52;

    @Test
    void oldVersionsAreToldApart() {
        assertThat(Launcher.canRun("1.8")).isFalse();
        assertThat(Launcher.canRun("17")).isFalse();
        assertThat(Launcher.canRun("20")).isFalse();
        assertThat(Launcher.canRun("21")).isTrue();
        assertThat(Launcher.canRun("25")).isTrue();
    }

    @Test
    void anOldJvmCanLoadIt() throws IOException {
        try (DataInputStream file =
                new DataInputStream(Objects.requireNonNull(Launcher.class.getResourceAsStream("Launcher.class")))) {
            file.skipNBytes(Integer.BYTES + Short.BYTES);
            assertThat(file.readUnsignedShort()).isEqualTo(CLASS_FILES_OF_JAVA_8);
        }
    }
}
