// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PaceTest {

    private static final long MS = 1_000_000;

    private final Pace pace = new Pace(Duration.ofMillis(10), 4, 0);

    private void drain(long nowNanos) {
        while (pace.tryTake(nowNanos)) {
            // until it is empty
        }
    }

    @Test
    void fourGoAtOnceAfterAPause() {
        for (int i = 0; i < 4; i++) {
            assertThat(pace.tryTake(0)).isTrue();
        }
        assertThat(pace.tryTake(0)).isFalse();
    }

    @Test
    void thenOneGoesInEachInterval() {
        drain(0);

        int taken = 0;
        for (long now = 0; now <= 1_000 * MS; now += MS) {
            taken += pace.tryTake(now) ? 1 : 0;
        }

        assertThat(taken).isEqualTo(100);
    }

    @Test
    void itSaysWhenTheNextMayGo() {
        drain(0);
        assertThat(pace.tryTake(3 * MS)).isFalse();

        assertThat(pace.nextNanos()).isEqualTo(10 * MS);
        assertThat(pace.tryTake(10 * MS - 1)).isFalse();
        assertThat(pace.nextNanos()).isEqualTo(10 * MS);
        assertThat(pace.tryTake(10 * MS)).isTrue();
    }

    @Test
    void aLongPauseEarnsNoMoreThanTheBurst() {
        drain(0);
        drain(1_000_000 * MS);

        assertThat(pace.tryTake(1_000_000 * MS + 9 * MS)).isFalse();
    }

    @Test
    void withoutAnIntervalNothingIsHeldBack() {
        Pace free = new Pace(Duration.ZERO, 4, 0);
        for (int i = 0; i < 100; i++) {
            assertThat(free.tryTake(0)).isTrue();
        }
    }

    @Test
    void itWorksWithAClockThatStartsBelowZero() {
        Pace negative = new Pace(Duration.ofMillis(10), 1, Long.MAX_VALUE - MS);
        assertThat(negative.tryTake(Long.MAX_VALUE)).isTrue();
        assertThat(negative.tryTake(Long.MIN_VALUE + 8 * MS)).isFalse();
        assertThat(negative.tryTake(Long.MIN_VALUE + 11 * MS)).isTrue();
    }

    @Test
    void aStretchedPaceTakesItsTimeAndComesBack() {
        drain(0);
        pace.stretch(3);
        assertThat(pace.tryTake(29 * MS)).isFalse();
        assertThat(pace.nextNanos()).isEqualTo(30 * MS);
        assertThat(pace.tryTake(30 * MS)).isTrue();

        pace.stretch(10);
        drain(10_000 * MS);
        assertThat(pace.tryTake(10_099 * MS)).isFalse();
        pace.stretch(1);
        assertThat(pace.tryTake(10_099 * MS)).isTrue();
    }
}
