// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;
import java.util.function.IntSupplier;

/**
 * Lets the time of a clock pass by itself: a step whenever the test's thread waits and all threads in the background wait
 * for the clock, so that no time passes while somebody works. Confined to its test's thread.
 */
final class Ticker implements AutoCloseable {

    private static final Duration STEP = Duration.ofMillis(50);

    private final ManualClock clock;
    private final IntSupplier background;
    private final Thread test = Thread.currentThread();
    private final SystemThreads threads = new SystemThreads();

    /**
     * A ticker that ticks.
     *
     * @param background how many threads there are beside the test's
     */
    Ticker(ManualClock clock, IntSupplier background) {
        this.clock = clock;
        this.background = background;
        threads.start("ticker", this::tick);
    }

    private void tick() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                clock.awaitWaiting(1);
                if (test.getState() == Thread.State.WAITING && clock.waiting() >= background.getAsInt()) {
                    clock.advance(STEP);
                } else {
                    Thread.onSpinWait();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        threads.close();
    }
}
