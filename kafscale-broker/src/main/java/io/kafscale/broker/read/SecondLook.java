// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last resort of readers whose objects are gone: the metadata is asked whether the records of a partition have moved
 * without anybody telling. Those who come meanwhile wait for the same look; after one that was in vain there is none for a
 * second, then for longer. Thread-safe; guarded by {@code lock}, which is not held while a store is asked.
 */
public final class SecondLook {

    private static final Logger LOG = LoggerFactory.getLogger(SecondLook.class);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** How long to wait for somebody else's look. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final PartitionId id;
    private final Clock clock;
    private final Look look;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<Pending<Boolean>> running = Optional.empty();

    @GuardedBy("lock")
    private Duration pause = FIRST_PAUSE;

    @GuardedBy("lock")
    private Deadline notBefore;

    /** Asks the stores. */
    @FunctionalInterface
    public interface Look {
        /**
         * Tells a log what has moved.
         *
         * @throws StorageException when that cannot be found out
         * @throws MetadataException likewise
         */
        void at(CommittedLog log) throws InterruptedException;
    }

    /** Where an offset is now, as far as the log knows. */
    @FunctionalInterface
    interface Sight {
        boolean hasMoved() throws InterruptedException;
    }

    public SecondLook(PartitionId id, Clock clock, Look look) {
        this.id = id;
        this.clock = clock;
        this.look = look;
        this.notBefore = Deadline.after(clock, Duration.ZERO);
    }

    /**
     * Looks, or waits for who looks.
     *
     * @param cause why records cannot be read
     * @param sight whether they can be read elsewhere now
     * @return what that says behind the look; false when there was none
     */
    boolean finds(CommittedLog log, StorageException cause, Sight sight) throws InterruptedException {
        Pending<Boolean> mine = new Pending<>();
        Optional<Pending<Boolean>> others = begin(mine);
        if (others.isEmpty()) {
            return false;
        }
        if (others.get() != mine) {
            others.get().await(clock, Deadline.after(clock, PATIENCE));
            return sight.hasMoved();
        }
        boolean moved = false;
        try {
            moved = hasLooked(log) && sight.hasMoved();
            if (!moved) {
                LOG.atError()
                        .setCause(cause)
                        .addKeyValue("partition", id)
                        .log("records cannot be read, and are nowhere else");
            }
            return moved;
        } finally {
            end(moved);
            mine.complete(moved);
        }
    }

    /** The look that is going on, which may be the given one; empty when it is too early for another. */
    private Optional<Pending<Boolean>> begin(Pending<Boolean> mine) {
        lock.lock();
        try {
            if (running.isEmpty() && notBefore.passed(clock)) {
                running = Optional.of(mine);
            }
            return running;
        } finally {
            lock.unlock();
        }
    }

    private boolean hasLooked(CommittedLog log) throws InterruptedException {
        try {
            look.at(log);
            return true;
        } catch (MetadataException e) {
            if (e.kind() == MetadataException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            return notLooked(e);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            return notLooked(e);
        }
    }

    private boolean notLooked(RuntimeException cause) {
        LOG.atWarn().setCause(cause).addKeyValue("partition", id).log("cannot find out whether records have moved");
        return false;
    }

    private void end(boolean moved) {
        lock.lock();
        try {
            running = Optional.empty();
            if (moved) {
                pause = FIRST_PAUSE;
            } else {
                notBefore = Deadline.after(clock, pause);
                pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
            }
        } finally {
            lock.unlock();
        }
    }
}
