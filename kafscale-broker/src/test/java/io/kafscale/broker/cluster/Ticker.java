// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.time.Duration;

/**
 * Lets the time of a clock pass by itself: a step whenever the test's thread waits, and so many threads wait for the clock
 * that nobody is left who works. Confined to its test's thread.
 */
final class Ticker implements AutoCloseable {

    private static final Duration STEP = Duration.ofMillis(50);

    private final ManualClock clock;
    private final Thread test = Thread.currentThread();
    private final SystemThreads threads = new SystemThreads();
    private Thread ticking;

    Ticker(ManualClock clock) {
        this.clock = clock;
        this.ticking = threads.start("ticker", () -> tick(1));
    }

    /** From now on time passes when so many threads wait. */
    void whenWaiting(int count) {
        ticking.interrupt();
        ticking = threads.start("ticker", () -> tick(count));
    }

    private void tick(int enough) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                clock.awaitWaiting(enough);
                if (test.getState() == Thread.State.WAITING) {
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
