// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.ManualClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RareWarningsTest {

    private final ManualClock clock = new ManualClock();
    private final RareWarnings warnings = new RareWarnings(clock, Duration.ofSeconds(10));

    @Test
    void writesEachCauseOnceInAnIntervalAndSaysHowOftenItWasThere() {
        assertThat(warnings.count("bad length")).hasValue(1);
        assertThat(warnings.count("bad length")).isEmpty();
        assertThat(warnings.count("malformed")).hasValue(1);
        clock.advance(Duration.ofSeconds(10));

        assertThat(warnings.count("bad length")).hasValue(3);
        assertThat(warnings.count("bad length")).isEmpty();
    }
}
