// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BackOffTest {

    private static final Duration FIRST = Duration.ofMillis(20);
    private static final Duration LONGEST = Duration.ofMillis(70);

    @Test
    void doublesUpToTheLongest() {
        for (int seed = 0; seed < 100; seed++) {
            BackOff backOff = new BackOff(new Random(seed), FIRST, LONGEST);
            for (int wholeMillis : List.of(20, 40, 70, 70)) {
                assertThat(backOff.next())
                        .as("seed %d", seed)
                        .isBetween(Duration.ofMillis(wholeMillis).dividedBy(2), Duration.ofMillis(wholeMillis));
            }
        }
    }

    @Test
    void differsFromOneToTheNext() {
        assertThat(new BackOff(new Random(1), FIRST, LONGEST).next())
                .isNotEqualTo(new BackOff(new Random(2), FIRST, LONGEST).next());
    }

    @Test
    void refusesPausesThatAreNone() {
        assertThatThrownBy(() -> new BackOff(new Random(1), Duration.ZERO, LONGEST))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BackOff(new Random(1), LONGEST, FIRST))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
