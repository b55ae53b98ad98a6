// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Threads;
import java.time.Duration;
import java.util.Optional;

/**
 * Asks a store for an object that is not there whenever nothing else is asked of it, so that a store which comes back is
 * noticed without traffic: a second after the last call while it is not well, a quarter of the window after it else. An
 * answer that takes longer than the critical latency counts as none, and is not asked for twice at a time. Confined to its
 * own thread.
 */
public final class StoreProbe {

    private static final Duration SHORTEST = Duration.ofSeconds(1);

    private final ObjectStore behind;
    private final StoreWatch watch;
    private final HealthLimits limits;
    private final Clock clock;
    private final Threads threads;
    private final ObjectKey nothing;

    private Optional<Pending<Boolean>> underWay = Optional.empty();

    /**
     * A probe that is not running yet.
     *
     * @param behind the store itself, whose calls the watch does not hear of
     * @param root below which the broker has the right to read
     */
    public StoreProbe(
            ObjectStore behind, StoreWatch watch, HealthLimits limits, Clock clock, Threads threads, ObjectKey root) {
        this.behind = behind;
        this.watch = watch;
        this.limits = limits;
        this.clock = clock;
        this.threads = threads;
        this.nothing = new ObjectKey(root + "/probe/nothing");
    }

    /** Starts probing, for as long as the broker's threads run. */
    public void start() {
        threads.start("store probe", this::run);
    }

    private void run() {
        try {
            while (true) {
                clock.sleep(SHORTEST);
                Duration patience =
                        watch.state() == StoreState.HEALTHY ? limits.window().dividedBy(4) : SHORTEST;
                if (watch.isSilentFor(patience)) {
                    probe();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void probe() throws InterruptedException {
        Pending<Boolean> answer = underWay.orElseGet(this::ask);
        underWay = Optional.of(answer);
        Optional<Boolean> inTime = answer.await(clock, Deadline.after(clock, limits.latencyCritical()));
        if (inTime.isPresent()) {
            underWay = Optional.empty();
        } else {
            watch.attemptFailed(StorageException.Kind.UNAVAILABLE, "no answer to a probe in time");
        }
    }

    private Pending<Boolean> ask() {
        Pending<Boolean> answer = new Pending<>();
        threads.start("store probe call", () -> {
            long begun = clock.monotonicNanos();
            try {
                behind.readTail(nothing, 1);
                watch.answered(clock.monotonicNanos() - begun);
            } catch (StorageException e) {
                if (e.kind() == StorageException.Kind.NOT_FOUND) {
                    watch.answered(clock.monotonicNanos() - begun);
                } else {
                    watch.failed(e);
                }
            } finally {
                answer.complete(true);
            }
        });
        return answer;
    }
}
