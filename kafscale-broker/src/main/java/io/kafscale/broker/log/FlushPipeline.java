// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.log.AppendResult.Outcome;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one incarnation's batches into the stores: one thread sends flushes off at their pace, some upload them side
 * by side, one commits them in sequence and tells the logs. It ends by being told to, by losing the registration, or when
 * it cannot find out what it has written; then whatever is undecided is answered, and the pipeline's owner is told first.
 * Thread-safe.
 */
final class FlushPipeline {

    private static final Logger LOG = LoggerFactory.getLogger(FlushPipeline.class);

    private static final Outcome UNKNOWN = new Outcome.Unknown("the broker cannot tell whether it was written");
    private static final Outcome LOST = new Outcome.NotAppended("the broker lost its registration before the commit");

    private final LogEnvironment environment;
    private final LogLimits limits;
    private final Token token;
    private final ByteBudget appendBudget;
    private final Owner owner;
    private final FlushQueue queue;
    private final TailCache tails;
    private final StoreHealth objectHealth = new StoreHealth("objects");
    private final StoreHealth metadataHealth = new StoreHealth("metadata");
    private final Uploader uploader;
    private final CommitChain chain;
    private final Pending<Boolean> stopped = new Pending<>();

    /** Who is told of the end. */
    @FunctionalInterface
    interface Owner {
        /** The pipeline takes and commits nothing any more; called once, before the undecided batches are answered. */
        void ended(FlushPipeline pipeline);
    }

    FlushPipeline(LogEnvironment environment, LogLimits limits, Token token, ByteBudget appendBudget, Owner owner) {
        this.environment = environment;
        this.limits = limits;
        this.token = token;
        this.appendBudget = appendBudget;
        this.owner = owner;
        this.queue = new FlushQueue(environment.clock(), limits);
        this.tails = new TailCache(limits.cacheBytes() / 2);
        this.uploader = new Uploader(environment, token.incarnation(), objectHealth);
        this.chain = new CommitChain(environment, token, metadataHealth);
    }

    void start() {
        environment.threads().start("flush " + token.incarnation(), this::run);
    }

    private void run() {
        try (TaskScope uploads = new TaskScope(environment.threads(), limits.maxUploads());
                TaskScope commits = new TaskScope(environment.threads(), 1)) {
            commits.fork("commit " + token.incarnation(), () -> guarded(this::commitAll));
            guarded(() -> uploadAll(uploads));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end(UNKNOWN, "interrupted");
            stopped.complete(true);
        }
    }

    /** Whatever a loop dies of ends the pipeline: a flush that nobody works on would wait for ever. */
    private void guarded(TaskScope.Task loop) throws InterruptedException {
        try {
            loop.run();
        } catch (RuntimeException bug) {
            LOG.atError()
                    .setCause(bug)
                    .addKeyValue("incarnation", token.incarnation())
                    .log("flushing failed by a bug");
        } finally {
            end(UNKNOWN, "its thread ended");
        }
    }

    private void uploadAll(TaskScope uploads) throws InterruptedException {
        while (true) {
            uploads.awaitRoom();
            Optional<Flush> flush = queue.nextToUpload();
            if (flush.isEmpty()) {
                return;
            }
            uploads.fork("upload " + flush.get().sequence(), () -> upload(flush.get()));
        }
    }

    private void upload(Flush flush) throws InterruptedException {
        try {
            queue.stored(uploader.upload(flush));
        } catch (RuntimeException bug) {
            LOG.atError()
                    .setCause(bug)
                    .addKeyValue("sequence", flush.sequence())
                    .log("upload failed by a bug");
            end(UNKNOWN, "an upload failed by a bug");
        }
    }

    private void commitAll() throws InterruptedException {
        Deadline patience = Deadline.after(environment.clock(), limits.undecidedLimit());
        while (!queue.hasEnded()) {
            List<StoredFlush> ready = queue.nextToCommit(patience);
            if (ready.isEmpty()) {
                if (!queue.hasEnded() && !objectHealth.refuses() && storesAnswer()) {
                    end(UNKNOWN, "a flush stays undecided although the stores answer");
                }
            } else {
                commit(ready);
            }
            patience = Deadline.after(environment.clock(), limits.undecidedLimit());
        }
    }

    private void commit(List<StoredFlush> ready) throws InterruptedException {
        Deadline patience = Deadline.after(environment.clock(), limits.undecidedLimit());
        switch (chain.commit(ready, patience)) {
            case COMMITTED -> {
                if (queue.decided(ready)) {
                    ready.forEach(this::complete);
                }
            }
            case LOST -> end(LOST, "the registration is gone");
            case UNDECIDED -> end(UNKNOWN, "a commit cannot be decided");
        }
    }

    private void complete(StoredFlush stored) {
        List<PendingChunk> pending = stored.flush().chunks();
        for (int i = 0; i < pending.size(); i++) {
            PartitionLog log = pending.get(i).log();
            tails.add(log, log.committed(pending.get(i), stored.chunks().get(i), stored.object()));
        }
        appendBudget.give(stored.flush().sizeBytes());
    }

    /** Both stores answer a small read. */
    private boolean storesAnswer() {
        try {
            environment.metadata().get(List.of(token.registrationKey()));
            environment.objects().list(environment.root().value(), "", 1);
            return true;
        } catch (MetadataException | StorageException e) {
            LOG.atWarn().setCause(e).log("a store does not answer");
            return false;
        }
    }

    /** Puts a batch on its way; false when the pipeline has ended. The log's lock is held. */
    boolean add(PartitionLog log, PendingBatch batch) {
        return queue.add(log, batch);
    }

    /** Why a new append would not be committed soon; empty when it would. */
    Optional<String> trouble() {
        return objectHealth.trouble().or(metadataHealth::trouble);
    }

    boolean hasEnded() {
        return queue.hasEnded();
    }

    /** From now on, and until {@link #resume}, flushes leave without regard to the pace. */
    void hurry() {
        queue.hurry();
    }

    void resume() {
        queue.resume();
    }

    /** Waits until everything that was added is decided; false when the deadline has passed before. */
    boolean awaitIdle(Deadline deadline) throws InterruptedException {
        return queue.awaitIdle(deadline);
    }

    /** Ends the pipeline; what is undecided answers that nobody can tell. */
    void abandon(String reason) {
        end(UNKNOWN, reason);
    }

    /** Waits until its threads have ended; false when the deadline has passed before. */
    boolean awaitStopped(Deadline deadline) throws InterruptedException {
        return stopped.await(environment.clock(), deadline).isPresent();
    }

    private void end(Outcome outcome, String reason) {
        queue.end().ifPresent(undecided -> {
            LOG.atInfo()
                    .addKeyValue("incarnation", token.incarnation())
                    .addKeyValue("reason", reason)
                    .addKeyValue("undecided", undecided.size())
                    .log("incarnation ended");
            owner.ended(this);
            for (PendingChunk chunk : undecided) {
                chunk.complete(outcome);
                appendBudget.give(chunk.sizeBytes());
            }
        });
    }
}
