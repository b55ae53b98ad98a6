// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.log.LogSettings.Keeping;
import io.kafscale.broker.read.LogUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RetentionTest {

    private static final long NOW = 10_000;

    private static final List<LogUnit> UNITS =
            List.of(new LogUnit(10, 100, 1_000), new LogUnit(20, 100, 5_000), new LogUnit(30, 100, 2_000));

    private static Keeping keeping(long ms, long bytes) {
        return new Keeping(ms, bytes, 1 << 20, 1_000);
    }

    @Test
    void withoutLimitsEverythingIsKept() {
        assertThat(Retention.expired(UNITS, 300, keeping(-1, -1), NOW)).isZero();
        assertThat(Retention.agesAt(UNITS.getFirst(), keeping(-1, -1))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatIsOlderGoesAndWhatIsAsOldStays() {
        assertThat(Retention.expired(UNITS, 300, keeping(8_999, -1), NOW)).isEqualTo(1);
        assertThat(Retention.expired(UNITS, 300, keeping(9_000, -1), NOW)).isZero();
        assertThat(Retention.agesAt(UNITS.getFirst(), keeping(9_000, -1))).isEqualTo(10_000);
    }

    @Test
    void anOldPartBehindAYoungOneStays() {
        assertThat(Retention.expired(UNITS, 300, keeping(7_000, -1), NOW)).isEqualTo(1);
        assertThat(Retention.expired(UNITS, 300, keeping(4_999, -1), NOW)).isEqualTo(3);
    }

    @Test
    void aPartGoesBySizeWhenWhatIsLeftIsEnough() {
        assertThat(Retention.expired(UNITS, 300, keeping(-1, 300), NOW)).isZero();
        assertThat(Retention.expired(UNITS, 300, keeping(-1, 201), NOW)).isZero();
        assertThat(Retention.expired(UNITS, 300, keeping(-1, 200), NOW)).isEqualTo(1);
        assertThat(Retention.expired(UNITS, 300, keeping(-1, 0), NOW)).isEqualTo(3);
        assertThat(Retention.expired(UNITS, 1_000, keeping(-1, 800), NOW)).isEqualTo(2);
    }

    @Test
    void whatDoesNotAgeStays() {
        LogUnit unit = new LogUnit(10, 100, Long.MAX_VALUE);
        assertThat(Retention.expired(List.of(unit), 100, keeping(0, -1), NOW)).isZero();
        assertThat(Retention.agesAt(unit, keeping(0, -1))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void timesThatOverflowAreNever() {
        assertThat(Retention.agesAt(new LogUnit(10, 100, Long.MAX_VALUE - 1), keeping(1_000, -1)))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Retention.expired(List.of(new LogUnit(10, 100, Long.MAX_VALUE)), 100, keeping(1, -1), NOW))
                .isZero();
    }
}
