// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.network.Patience.Progress;
import io.kafscale.broker.network.Patience.Wait;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How fast a transfer must be while others wait for its memory. */
class PatienceTest {

    private static final Duration WHOLE = Duration.ofSeconds(30);

    private final ManualClock clock = new ManualClock();
    private final Patience patience = new Patience();

    @BeforeEach
    void letTimePass() {
        clock.advance(Duration.ofMinutes(5));
    }

    private void transfer(long doneBytes) {
        patience.until(Wait.FRAME, Deadline.NEVER, new Progress(0, doneBytes, 300));
    }

    private Wait whileOthersWaitFor(int seconds) {
        return patience.exceeded(
                clock,
                OptionalLong.of(
                        clock.monotonicNanos() - Duration.ofSeconds(seconds).toNanos()),
                WHOLE);
    }

    @Test
    void asksForNoPaceWhileNobodyWaits() {
        transfer(0);

        assertThat(patience.exceeded(clock, OptionalLong.empty(), WHOLE)).isEqualTo(Wait.NOTHING);
    }

    @Test
    void leavesTimeToWhoHasOnlyBegun() {
        transfer(0);

        assertThat(whileOthersWaitFor(3)).isEqualTo(Wait.NOTHING);
        assertThat(whileOthersWaitFor(4)).isEqualTo(Wait.OTHERS_NEED_THE_MEMORY);
    }

    @Test
    void asksForMoreTheLongerOthersWait() {
        transfer(100);

        assertThat(whileOthersWaitFor(10)).isEqualTo(Wait.NOTHING);
        assertThat(whileOthersWaitFor(11)).isEqualTo(Wait.OTHERS_NEED_THE_MEMORY);
    }

    @Test
    void asksNothingOfAPeerThatHoldsNoMemory() {
        patience.until(Wait.REQUEST, Deadline.NEVER);

        assertThat(whileOthersWaitFor(100)).isEqualTo(Wait.NOTHING);
    }
}
