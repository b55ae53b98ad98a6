// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.merge.SharedObjects.Live;
import io.kafscale.broker.merge.SharedObjects.Share;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.BackOff;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The commit records of the incarnation that this broker lives in: the pipeline says what it has committed, a thread of
 * its own merges. That one never disturbs a commit; what fails in it is tried again with pauses. Thread-safe.
 */
public final class LivingRecords {

    private static final Logger LOG = LoggerFactory.getLogger(LivingRecords.class);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final LogEnvironment environment;
    private final Merging merging;
    private final SharedObjects objects;
    private final Merger merger;

    /** The records of an incarnation that has committed nothing. */
    public LivingRecords(LogEnvironment environment, Token token, Merging merging) {
        this.environment = environment;
        this.merging = merging;
        this.objects = new SharedObjects(merging.limits());
        this.merger = new Merger(environment, token, token.incarnation(), objects, merging);
    }

    /**
     * A flush was committed, and those who read know of it; told in the order of sequences.
     *
     * @param revision of the transaction, which the record carries
     */
    public void committed(CommitRecord record, SharedFooter footer, long revision) throws InterruptedException {
        merging.footers().keep(record.object(), footer);
        Share share = new Share(
                footer.position(), footer.chunks().size(), environment.clock().monotonicNanos());
        objects.add(new Live(record, revision, share));
    }

    /** How many times as long as usual the pauses between flushes should be. */
    public double stretch() {
        return merging.limits().stretch(objects.count());
    }

    SharedObjects objects() {
        return objects;
    }

    /** How a round of steps ended. */
    private enum Round {
        NOTHING_LEFT,
        FAILED,
        OVER
    }

    /** Merges what is due until the thread is interrupted or the token is lost. */
    public void run() throws InterruptedException {
        Round round = Round.NOTHING_LEFT;
        BackOff backOff = new BackOff(environment.random(), FIRST_PAUSE, LONGEST_PAUSE);
        while (round != Round.OVER) {
            round = stepOn();
            if (round == Round.FAILED) {
                backOff.pause(environment.clock());
            } else {
                backOff = new BackOff(environment.random(), FIRST_PAUSE, LONGEST_PAUSE);
                objects.awaitDue(
                        environment.clock(),
                        Deadline.after(environment.clock(), merging.limits().lookInterval()));
            }
        }
    }

    /** Does all that is due, if nothing fails. */
    private Round stepOn() throws InterruptedException {
        try {
            Merger.Done done = Merger.Done.SOMETHING;
            while (done == Merger.Done.SOMETHING) {
                done = merger.step();
            }
            return switch (done) {
                case SOMETHING, NOTHING -> Round.NOTHING_LEFT;
                case CHANGED -> Round.FAILED;
                case OVERTAKEN -> Round.OVER;
            };
        } catch (StorageException | MetadataException e) {
            throwIfInterrupted(e);
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("merging failed, it is tried again");
        } catch (RuntimeException bug) {
            LOG.atError().setCause(bug).log("merging failed by a bug");
        }
        return Round.FAILED;
    }

    private static void throwIfInterrupted(RuntimeException e) throws InterruptedException {
        boolean interrupted = (e instanceof StorageException storage
                        && storage.kind() == StorageException.Kind.INTERRUPTED)
                || (e instanceof MetadataException metadata && metadata.kind() == MetadataException.Kind.INTERRUPTED);
        if (interrupted) {
            throw new InterruptedException(e.getMessage());
        }
    }
}
