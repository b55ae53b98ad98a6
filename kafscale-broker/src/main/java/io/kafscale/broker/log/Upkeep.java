// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.flush.Pace;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import io.kafscale.broker.time.TaskScope;
import io.kafscale.broker.time.Threads;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work in the background upon all logs of a broker: looks once a second which partitions have something to do, and has
 * it done for a few at a time. Thread-safe.
 */
final class Upkeep {

    private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration CHORES = Duration.ofMinutes(1);
    private static final int AT_ONCE = 4;

    /** A segment costs two puts. Sealing for age can wait, so that ten thousand partitions which age together cost little more. */
    private static final Duration SEALING_PACE = Duration.ofSeconds(2);

    private static final int SEALING_BURST = 30;

    private final Clock clock;
    private final Threads threads;
    private final Supplier<Collection<PartitionLog>> logs;
    private final TaskScope.Task chores;
    private final TaskScope tasks;
    private final TaskScope rounds;
    private final Signal news = new Signal();
    private final Pace sealing;

    /** @param chores what is to be done once a minute for all partitions together */
    Upkeep(Clock clock, Threads threads, Supplier<Collection<PartitionLog>> logs, TaskScope.Task chores) {
        this.clock = clock;
        this.chores = chores;
        this.rounds = new TaskScope(threads, 1);
        this.threads = threads;
        this.logs = logs;
        this.tasks = new TaskScope(threads, AT_ONCE);
        this.sealing = new Pace(SEALING_PACE, SEALING_BURST, clock.monotonicNanos());
    }

    void start() {
        threads.start("upkeep", this::run);
    }

    /** Looks now rather than in a moment. */
    void hurry() {
        news.raise();
    }

    /** Ends what is being done; waits for nothing. */
    void stop() {
        tasks.cancel();
        rounds.cancel();
        news.raise();
    }

    private void run() {
        try (tasks;
                rounds) {
            rounds.fork("chores", this::doChores);
            while (tasks.awaitRoom()) {
                news.await(clock, Deadline.after(clock, LOOK));
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() throws InterruptedException {
        try {
            for (PartitionLog log : logs.get()) {
                if (log.upkeep().begin(() -> sealing.tryTake(clock.monotonicNanos())) && !started(log)) {
                    return;
                }
            }
        } catch (RuntimeException bug) {
            LOG.atError().setCause(bug).log("upkeep failed by a bug");
        }
    }

    private void doChores() throws InterruptedException {
        while (true) {
            clock.sleep(CHORES);
            try {
                chores.run();
            } catch (StorageException | MetadataException e) {
                throwIfInterrupted(e);
                LOG.atWarn().setCause(e).log("what others have left cannot be looked after now; trying again");
            } catch (RuntimeException bug) {
                LOG.atError().setCause(bug).log("upkeep failed by a bug");
            }
        }
    }

    private static void throwIfInterrupted(RuntimeException e) throws InterruptedException {
        boolean interrupted = (e instanceof StorageException storage
                        && storage.kind() == StorageException.Kind.INTERRUPTED)
                || (e instanceof MetadataException metadata && metadata.kind() == MetadataException.Kind.INTERRUPTED);
        if (interrupted) {
            throw new InterruptedException(e.getMessage());
        }
    }

    private boolean started(PartitionLog log) throws InterruptedException {
        return tasks.awaitRoom() && tasks.fork("upkeep " + log.id(), () -> run(log));
    }

    private static void run(PartitionLog log) throws InterruptedException {
        try {
            log.upkeep().run();
        } catch (OwnedState.OwnershipLostException e) {
            LOG.atDebug().setCause(e).addKeyValue("partition", log.id()).log("partition is not kept any more");
        } catch (StorageException | MetadataException e) {
            throwIfInterrupted(e);
            report(log, e);
        } catch (RuntimeException bug) {
            LOG.atError().setCause(bug).addKeyValue("partition", log.id()).log("upkeep failed by a bug");
        }
    }

    private static void report(PartitionLog log, RuntimeException cause) {
        LOG.atWarn()
                .setCause(cause)
                .addKeyValue("topic", log.topic())
                .addKeyValue("partition", log.id())
                .log("partition cannot be sealed or trimmed now; trying again");
    }
}
