// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class TimeMarksTest {

    @Property(tries = 500)
    void theLargestTimeBehindAnOffsetIsKnown(@ForAll @Size(min = 1, max = 60) List<@IntRange(max = 40) Integer> times) {
        TimeMarks marks = TimeMarks.NONE;
        for (int i = 0; i < times.size(); i++) {
            marks = marks.with(i + 1, times.get(i));
        }

        for (int from = 0; from < times.size(); from++) {
            long max = times.subList(from, times.size()).stream()
                    .mapToInt(Integer::intValue)
                    .max()
                    .orElseThrow();
            assertThat(marks.maxBehind(from)).isEqualTo(max);
        }
        assertThat(marks.maxBehind(times.size())).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void timesThatRiseLeaveOneMark() {
        TimeMarks marks = TimeMarks.NONE.with(10, 1).with(20, 2).with(30, 2).with(40, 9);

        assertThat(marks.marks()).containsExactly(new TimeMarks.Mark(40, 9));
    }

    @Test
    void timesThatFallForEverAreBoundedAndNeverTooLow() {
        TimeMarks marks = TimeMarks.NONE;
        for (int i = 0; i < 1_000; i++) {
            marks = marks.with(i + 1, 10_000 - i);
        }

        assertThat(marks.count()).isEqualTo(TimeMarks.MOST);
        for (int from = 0; from < 1_000; from++) {
            assertThat(marks.maxBehind(from)).isGreaterThanOrEqualTo(10_000 - from);
        }
        assertThat(marks.maxBehind(999)).isEqualTo(9_001);
        assertThat(marks.maxBehind(950)).isEqualTo(9_050);
    }

    @Test
    void marksThatDoNotFallAreRefused() {
        assertThatThrownBy(() -> new TimeMarks(List.of(new TimeMarks.Mark(1, 5), new TimeMarks.Mark(2, 5))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TimeMarks(List.of(new TimeMarks.Mark(2, 5), new TimeMarks.Mark(2, 4))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
