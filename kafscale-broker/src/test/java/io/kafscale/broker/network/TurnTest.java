// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a connection takes requests, may be interrupted and is settled. */
class TurnTest {

    private final Turn turn = new Turn();

    @Test
    void takesNoRequestOnceNoMoreAreWanted() {
        assertThat(turn.begin(false, 0)).isTrue();
        turn.end();
        turn.noMore();

        assertThat(turn.begin(false, 0)).isFalse();
    }

    @Test
    void isSettledOnceWhenNothingIsTakenAndNothingOwed() {
        assertThat(turn.settle(() -> true)).isFalse();
        assertThat(turn.begin(false, 0)).isTrue();
        turn.noMore();
        assertThat(turn.settle(() -> true)).isFalse();
        turn.end();
        assertThat(turn.settle(() -> false)).isFalse();
        assertThat(turn.isSettled()).isFalse();

        assertThat(turn.settle(() -> true)).isTrue();
        assertThat(turn.settle(() -> true)).isFalse();
        assertThat(turn.isSettled()).isTrue();
    }

    @Test
    void interruptsAHandlerThatOnlyWaits() {
        turn.readBy(Thread.currentThread());
        assertThat(turn.begin(true, 0)).isTrue();
        turn.noMore();
        turn.breakOff();

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void leavesAHandlerAloneThatChangesSomething() {
        turn.readBy(Thread.currentThread());
        assertThat(turn.begin(false, 0)).isTrue();
        turn.noMore();
        turn.breakOff();

        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void letsAnAnswerLeaveAlthoughItsHandlerWasInterrupted() {
        turn.readBy(Thread.currentThread());
        assertThat(turn.begin(true, 0)).isTrue();
        turn.noMore();
        turn.breakOff();
        turn.handlerReturned();
        assertThat(Thread.interrupted()).isFalse();

        turn.breakOff();
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void interruptsNobodyWhenNobodyReads() {
        turn.readBy(Thread.currentThread());
        turn.readByNobody();
        turn.interrupt();

        assertThat(Thread.interrupted()).isFalse();
    }
}
