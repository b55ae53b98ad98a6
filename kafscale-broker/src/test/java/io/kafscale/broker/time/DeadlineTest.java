// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DeadlineTest {

    private final ManualClock clock = new ManualClock();

    @Test
    void passesExactlyAtItsMoment() {
        Deadline deadline = Deadline.after(clock, Duration.ofSeconds(2));

        clock.advance(Duration.ofNanos(1_999_999_999));
        assertThat(deadline.passed(clock)).isFalse();
        assertThat(deadline.left(clock)).isEqualTo(Duration.ofNanos(1));

        clock.advance(Duration.ofNanos(1));
        assertThat(deadline.passed(clock)).isTrue();
        assertThat(deadline.left(clock)).isZero();
    }

    @Test
    void aNegativeTimeIsOverAtOnce() {
        assertThat(Deadline.afterMillis(clock, -5).passed(clock)).isTrue();
    }

    @Test
    void aTimeTooLongToCountNeverComes() {
        assertThat(Deadline.after(clock, Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(Deadline.NEVER);
        assertThat(Deadline.NEVER.passed(clock)).isFalse();
    }

    @Test
    void theSoonerOfTwoIsTheOneThatComesFirst() {
        Deadline soon = Deadline.afterMillis(clock, 1);
        Deadline late = Deadline.afterMillis(clock, 2);

        assertThat(soon.orSooner(late)).isEqualTo(soon);
        assertThat(late.orSooner(soon)).isEqualTo(soon);
        assertThat(Deadline.NEVER.orSooner(late)).isEqualTo(late);
        assertThat(late.orSooner(Deadline.NEVER)).isEqualTo(late);
    }
}
