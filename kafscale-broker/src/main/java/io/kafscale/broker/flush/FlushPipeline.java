// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.merge.LivingRecords;
import io.kafscale.broker.merge.Merging;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.StoreState;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.TaskScope;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of one incarnation's batches into the stores: one thread sends flushes off at their pace, some upload them side
 * by side, one commits them in sequence and tells the logs, one merges what was committed. It ends by being told to, by losing the registration, or when
 * it cannot find out what it has written; then whatever is undecided is answered, and the pipeline's owner is told first.
 * What the uploads hold of the append budget is given back when they have really stopped. Thread-safe.
 */
public final class FlushPipeline {

    private static final Logger LOG = LoggerFactory.getLogger(FlushPipeline.class);

    private static final int SHARE_WHEN_DEGRADED = 4;

    private static final Outcome UNKNOWN = new Outcome.Unknown("the broker cannot tell whether it was written");
    private static final Outcome LOST = new Outcome.NotAppended("the broker lost its registration before the commit");

    private final LogEnvironment environment;
    private final LogLimits limits;
    private final Token token;
    private final ByteBudget appendBudget;
    private final Owner owner;
    private final FlushQueue queue;
    private final TailCache tails;
    private final StoreHealth metadataHealth = new StoreHealth("metadata");
    private final Uploader uploader;
    private final CommitChain chain;
    private final TaskScope uploads;
    private final TaskScope commits;
    private final TaskScope merges;
    private final Optional<LivingRecords> records;
    private final Pending<Boolean> stopped = new Pending<>();

    /** Who is told of the end. */
    @FunctionalInterface
    public interface Owner {
        /** The pipeline takes and commits nothing any more; called once, before the undecided batches are answered. */
        void ended(FlushPipeline pipeline);
    }

    /** A pipeline whose objects are never merged. */
    public FlushPipeline(
            LogEnvironment environment, LogLimits limits, Token token, ByteBudget appendBudget, Owner owner) {
        this(environment, limits, token, appendBudget, owner, Optional.empty());
    }

    public FlushPipeline(
            LogEnvironment environment,
            LogLimits limits,
            Token token,
            ByteBudget appendBudget,
            Owner owner,
            Merging merging) {
        this(
                environment,
                limits,
                token,
                appendBudget,
                owner,
                Optional.of(new LivingRecords(environment, token, merging)));
    }

    private FlushPipeline(
            LogEnvironment environment,
            LogLimits limits,
            Token token,
            ByteBudget appendBudget,
            Owner owner,
            Optional<LivingRecords> records) {
        this.environment = environment;
        this.limits = limits;
        this.token = token;
        this.appendBudget = appendBudget;
        this.owner = owner;
        this.records = records;
        this.queue = new FlushQueue(
                environment.clock(),
                limits,
                () -> records.map(LivingRecords::stretch).orElse(1.0));
        this.tails = new TailCache(limits.cacheBytes() / 2);
        this.uploader = new Uploader(environment, token.incarnation(), appendBudget, queue::hasEnded);
        this.chain = new CommitChain(environment, token, metadataHealth, queue::hasEnded);
        this.uploads = new TaskScope(environment.threads(), limits.maxUploads());
        this.commits = new TaskScope(environment.threads(), 1);
        this.merges = new TaskScope(environment.threads(), 1);
    }

    public void start() {
        environment.threads().start("flush " + token.incarnation(), this::run);
    }

    private void run() {
        try (uploads;
                commits;
                merges) {
            records.ifPresent(living -> merges.fork("merge " + token.incarnation(), living::run));
            commits.fork("commit " + token.incarnation(), () -> guarded(this::commitAll));
            guarded(this::uploadAll);
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

    private void uploadAll() throws InterruptedException {
        while (uploads.awaitRoom()) {
            Optional<Flush> flush = queue.nextToUpload();
            if (flush.isEmpty()) {
                return;
            }
            if (!uploads.fork("upload " + flush.get().sequence(), () -> upload(flush.get()))) {
                letGo(flush.get());
            }
        }
    }

    private void letGo(Flush flush) {
        appendBudget.give(queue.letGo(flush));
    }

    private void upload(Flush flush) throws InterruptedException {
        try {
            uploader.upload(flush).ifPresent(queue::stored);
        } catch (RuntimeException | Error bug) {
            LOG.atError()
                    .setCause(bug)
                    .addKeyValue("sequence", flush.sequence())
                    .log("upload failed by a bug");
            end(UNKNOWN, "an upload failed by a bug");
        } finally {
            letGo(flush);
        }
    }

    private void commitAll() throws InterruptedException {
        Deadline patience = Deadline.after(environment.clock(), limits.undecidedLimit());
        while (!queue.hasEnded()) {
            List<StoredFlush> ready = queue.nextToCommit(patience);
            if (ready.isEmpty()) {
                if (!queue.hasEnded() && !environment.objects().health().refusesWrites() && storesAnswer()) {
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
        try {
            switch (chain.commit(ready, patience)) {
                case COMMITTED -> committed(ready);
                case LOST -> end(LOST, "the registration is gone");
                case UNDECIDED -> end(UNKNOWN, "a commit cannot be decided");
            }
        } finally {
            ready.forEach(stored -> letGo(stored.flush()));
        }
    }

    private void committed(List<StoredFlush> flushes) throws InterruptedException {
        for (StoredFlush stored : flushes) {
            if (!queue.decided(stored)) {
                return;
            }
            complete(stored);
            handOver(stored);
        }
    }

    /** From now on the object may be merged, since all logs know of it. */
    private void handOver(StoredFlush stored) throws InterruptedException {
        try {
            if (records.isPresent()) {
                records.get().committed(stored.record(), stored.footer(), chain.revision());
            }
        } catch (RuntimeException bug) {
            LOG.atError()
                    .setCause(bug)
                    .addKeyValue("object", stored.object())
                    .log("object will not be merged, because of a bug");
        }
    }

    /** Tells everybody in a flush, whatever becomes of the others. */
    private void complete(StoredFlush stored) {
        List<PendingChunk> pending = stored.flush().chunks();
        boolean allTold = true;
        try {
            for (int i = 0; i < pending.size(); i++) {
                allTold &= tell(pending.get(i), stored.chunks().get(i), stored.object());
            }
        } finally {
            appendBudget.give(stored.flush().sizeBytes());
        }
        if (!allTold) {
            end(UNKNOWN, "a log did not take in what was committed");
        }
    }

    private boolean tell(PendingChunk pending, Chunk chunk, ObjectKey object) {
        try {
            FlushTarget log = pending.log();
            tails.add(log, log.committed(pending, chunk, object));
            return true;
        } catch (RuntimeException bug) {
            LOG.atError()
                    .setCause(bug)
                    .addKeyValue("partition", chunk.id())
                    .addKeyValue("baseOffset", chunk.baseOffset())
                    .log("what was committed cannot be taken in, because of a bug");
            pending.complete(UNKNOWN);
            return false;
        }
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

    /**
     * The bytes that may be appended and undecided, for all incarnations together: a quarter of the usual while the objects'
     * store is degraded, so that producers are slowed down to what it takes, and little is left to do when it fails.
     */
    public static ByteBudget appendBudget(LogEnvironment environment, LogLimits limits) {
        return new ByteBudget(environment.clock(), () -> {
            boolean isWell = environment.objects().health().state() == StoreState.HEALTHY;
            return isWell ? limits.appendBytes() : Math.max(1, limits.appendBytes() / SHARE_WHEN_DEGRADED);
        });
    }

    /** Puts a batch on its way; false when the pipeline has ended. The log's lock is held. */
    public boolean add(FlushTarget log, PendingBatch batch) {
        return queue.add(log, batch);
    }

    /** Why a new append would not be committed soon; empty when it would. */
    public Optional<String> trouble() {
        return environment.objects().health().writeTrouble().or(metadataHealth::trouble);
    }

    /** The incarnation that this writes for. */
    public Token token() {
        return token;
    }

    public boolean hasEnded() {
        return queue.hasEnded();
    }

    /** From now on, and until {@link #resume}, flushes leave without regard to the pace. */
    public void hurry() {
        queue.hurry();
    }

    public void resume() {
        queue.resume();
    }

    /** Ends the pipeline; what is undecided answers that nobody can tell. */
    public void abandon(String reason) {
        end(UNKNOWN, reason);
    }

    /** Waits until its threads have ended; false when the deadline has passed before. */
    public boolean awaitStopped(Deadline deadline) throws InterruptedException {
        return stopped.await(environment.clock(), deadline).isPresent();
    }

    private void end(Outcome outcome, String reason) {
        queue.end().ifPresent(rest -> {
            LOG.atInfo()
                    .addKeyValue("incarnation", token.incarnation())
                    .addKeyValue("reason", reason)
                    .addKeyValue("undecided", rest.chunks().size())
                    .log("incarnation ended");
            owner.ended(this);
            rest.chunks().forEach(chunk -> chunk.complete(outcome));
            appendBudget.give(rest.idleBytes());
            uploads.cancel();
            commits.cancel();
            merges.cancel();
        });
    }
}
