// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.ChunkReader;
import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.flush.FlushPipeline;
import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.merge.ChunkMoves;
import io.kafscale.broker.merge.MergeLimits;
import io.kafscale.broker.merge.Merging;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.read.CommittedLog;
import io.kafscale.broker.read.SecondLook;
import io.kafscale.broker.read.TimeLookup;
import io.kafscale.broker.record.BatchDecompressor;
import io.kafscale.broker.recovery.ChunkFinder;
import io.kafscale.broker.recovery.Recovered;
import io.kafscale.broker.recovery.Recovery;
import io.kafscale.broker.segment.PartitionSegments;
import io.kafscale.broker.segment.Segments;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.PartitionState;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All logs that this broker serves, and the one pipeline that flushes them. Thread-safe; {@code lock} guards which
 * incarnation is current and is held for moments only.
 */
public final class PartitionLogs implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionLogs.class);

    /** How long {@link #close()} waits for the threads. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private final LogEnvironment environment;
    private final LogLimits limits;
    private final ByteBudget appendBudget;
    private final ChunkReader reader;
    private final TimeLookup times;
    private final Recovery recovery;
    private final ChunkFinder finder;
    private final Sealer sealer;
    private final LiveChunks live;
    private final Merging merging;
    private final LeftRecords left;
    private final Upkeep upkeep;
    private final AtomicBoolean kept = new AtomicBoolean();
    private final ConcurrentMap<PartitionId, PartitionLog> logs = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition abdication = lock.newCondition();

    @GuardedBy("lock")
    private Optional<FlushPipeline> current = Optional.empty();

    /** The newest incarnation that the logs have given up by themselves, until somebody is told. */
    @GuardedBy("lock")
    private Optional<Token> abdicated = Optional.empty();

    /** Logs without a way into compressed batches: a look-up by time answers with the first record of such a batch. */
    public PartitionLogs(LogEnvironment environment, LogLimits limits) {
        this(environment, limits, BatchDecompressor.NONE);
    }

    public PartitionLogs(LogEnvironment environment, LogLimits limits, BatchDecompressor decompressor) {
        // a quarter of the heap is for appends
        this(environment, limits, MergeLimits.forHeap(limits.appendBytes() * 4), decompressor);
    }

    PartitionLogs(
            LogEnvironment environment, LogLimits limits, MergeLimits mergeLimits, BatchDecompressor decompressor) {
        this.environment = environment;
        this.limits = limits;
        this.appendBudget = FlushPipeline.appendBudget(environment, limits);
        this.reader = new ChunkReader(
                environment, limits.cacheBytes() / 2, limits.caches().aheadBlocks());
        this.times = new TimeLookup(decompressor);
        Segments segments = new Segments(
                environment.objects(),
                environment.root(),
                environment.clock(),
                environment.threads(),
                limits.indexCacheBytes() / 2);
        Footers footers = new Footers(environment.objects(), environment.clock(), limits.indexCacheBytes() / 2);
        this.recovery = new Recovery(environment, segments, footers);
        this.finder = new ChunkFinder(environment, footers);
        this.sealer = new Sealer(environment, segments);
        this.live = new LiveChunks(environment, this::find);
        this.merging = new Merging(footers, mergeLimits, live, new Moves());
        this.left = new LeftRecords(environment, merging);
        this.upkeep = new Upkeep(environment.clock(), environment.threads(), logs::values, this::doChores);
    }

    /** What the logs learn of merging. Thread-safe. */
    private final class Moves implements ChunkMoves {
        @Override
        public void moved(List<StoredChunk> merged) {
            for (StoredChunk stored : merged) {
                Optional<PartitionLog> log = find(stored.chunk().id());
                if (log.isPresent() && !log.get().committed().replace(stored)) {
                    LOG.atError()
                            .addKeyValue("partition", stored.chunk().id())
                            .addKeyValue("object", stored.object())
                            .addKeyValue("baseOffset", stored.chunk().baseOffset())
                            .log("a merged chunk does not fit the log, which is sealed instead");
                    log.get().upkeep().relieve();
                }
            }
        }

        @Override
        public void relieve(List<PartitionId> partitions) {
            partitions.stream()
                    .map(PartitionLogs.this::find)
                    .flatMap(Optional::stream)
                    .forEach(log -> log.upkeep().relieve());
            upkeep.hurry();
        }
    }

    private void doChores() throws InterruptedException {
        try {
            live.refresh();
        } catch (MetadataException e) {
            if (e.kind() == MetadataException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            LOG.atWarn().setCause(e).log("what others still need cannot be found out now; all of it counts as needed");
        }
        Optional<FlushPipeline> pipeline = current();
        if (pipeline.isPresent()) {
            left.tend(pipeline.get().token());
        }
    }

    /**
     * Begins a new incarnation. Whatever is served from an earlier one is dropped with all its state; what was undecided
     * in it answers {@link Outcome.Unknown}. Nothing is served before the first call.
     */
    public void begin(Token token) {
        replace(Optional.empty()).ifPresent(earlier -> earlier.abandon("another incarnation begins"));
        FlushPipeline pipeline = new FlushPipeline(environment, limits, token, appendBudget, this::ended, merging);
        replace(Optional.of(pipeline));
        pipeline.start();
        if (kept.compareAndSet(false, true)) {
            upkeep.start();
        }
    }

    private Optional<FlushPipeline> replace(Optional<FlushPipeline> next) {
        lock.lock();
        try {
            Optional<FlushPipeline> earlier = current;
            current = next;
            return earlier;
        } finally {
            lock.unlock();
        }
    }

    private Optional<FlushPipeline> current() {
        lock.lock();
        try {
            return current.filter(pipeline -> !pipeline.hasEnded());
        } finally {
            lock.unlock();
        }
    }

    /** A pipeline has ended: its logs serve nothing any more. Unless it was told to end, the wiring must know. */
    private void ended(FlushPipeline pipeline) {
        boolean byItself = isCurrent(pipeline); // a log that is being added just now is there behind this
        for (PartitionLog log : logs.values()) {
            if (log.belongsTo(pipeline) && logs.remove(log.id(), log)) {
                log.close();
            }
        }
        if (byItself) {
            announce(pipeline.token());
        }
    }

    private boolean isCurrent(FlushPipeline pipeline) {
        lock.lock();
        try {
            return current.filter(pipeline::equals).isPresent();
        } finally {
            lock.unlock();
        }
    }

    private void announce(Token over) {
        lock.lock();
        try {
            abdicated = Optional.of(over);
            abdication.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Reads what {@link #open} will need, as far as the caches have room for it. */
    public void prepare() {
        try {
            recovery.prepare();
        } catch (MetadataException | StorageException e) {
            LOG.atDebug().setCause(e).log("recovery cannot be prepared");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Recovers partitions and serves them. One that cannot be recovered is logged, and does not disturb the others.
     *
     * @param served told of each as soon as it is served, by one of many threads
     */
    public void open(List<OpenRequest> requests, Consumer<PartitionId> served) {
        Optional<FlushPipeline> pipeline = current();
        if (pipeline.isEmpty() || requests.isEmpty()) {
            return;
        }
        Map<PartitionId, OpenRequest> wanted = new HashMap<>();
        for (OpenRequest request : requests) {
            wanted.put(request.id(), request);
            if (logs.containsKey(request.id())) {
                throw new IllegalStateException("partition " + request.id() + " is open already");
            }
        }
        try {
            recovery.recover(requests.stream().map(OpenRequest::recovery).toList(), found -> {
                PartitionId id = found.request().id();
                if (serve(pipeline.get(), Objects.requireNonNull(wanted.get(id)), found)) {
                    served.accept(id);
                }
            });
        } catch (MetadataException e) {
            LOG.atError().setCause(e).addKeyValue("partitions", requests.size()).log("commit records cannot be read");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean serve(FlushPipeline pipeline, OpenRequest request, Recovered found) {
        lock.lock(); // an end of the pipeline comes wholly before or wholly behind
        try {
            if (pipeline.hasEnded()) {
                return false;
            }
            PartitionLog log = new PartitionLog(
                    request,
                    found,
                    parts(pipeline.token(), request, found),
                    pipeline,
                    environment.clock(),
                    appendBudget);
            if (logs.putIfAbsent(log.id(), log) != null) {
                throw new IllegalStateException("partition " + log.id() + " is open already");
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private PartitionLog.Parts parts(Token token, OpenRequest request, Recovered found) {
        PartitionState state = request.state();
        PartitionSegments sealed = sealer.of(request);
        CommittedLog.Opening opening = new CommittedLog.Opening(
                environment.clock().wallMillis(),
                state.getLogStart(),
                state.getSealedThrough(),
                found.highWatermark(),
                found.epochs(),
                found.chunks());
        OwnedState owned =
                new OwnedState(environment.metadata(), environment.keys(), environment.transactions(), token, request);
        SecondLook secondLook =
                new SecondLook(request.id(), environment.clock(), new Whereabouts(request.id(), owned, sealed, finder));
        CommittedLog committed = new CommittedLog(request.id(), opening, sealed, reader, times, secondLook);
        committed.beginEpoch(request.leaderEpoch());
        return new PartitionLog.Parts(committed, owned, sealed, sealer);
    }

    /**
     * Stops accepting for these partitions, and waits until everything that was accepted for them is decided, or the
     * deadline has passed. Those of which that is certain are forgotten; the others go on being decided, and may be asked
     * for again.
     *
     * @return those of which everything is decided, among them those that are not served. Of the others something may yet
     *     be committed while the token holds; when the incarnation has ended, these are all
     */
    public Set<PartitionId> release(Collection<PartitionId> partitions, Deadline deadline) {
        List<PartitionLog> closing =
                partitions.stream().map(this::find).flatMap(Optional::stream).toList();
        closing.forEach(PartitionLog::stopAppends);
        Optional<FlushPipeline> pipeline = current();
        if (pipeline.isEmpty()) {
            return Set.of();
        }
        awaitDecided(pipeline.get(), closing, deadline);
        Set<PartitionId> released = new LinkedHashSet<>(partitions);
        for (PartitionLog log : closing) {
            if (log.isDecided()) {
                released.add(log.id());
                logs.remove(log.id(), log);
                log.close();
            } else {
                released.remove(log.id());
            }
        }
        return released;
    }

    private void awaitDecided(FlushPipeline pipeline, List<PartitionLog> closing, Deadline deadline) {
        pipeline.hurry();
        try {
            for (PartitionLog log : closing) {
                log.awaitDecided(deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            pipeline.resume();
        }
    }

    public Optional<PartitionLog> find(PartitionId partition) {
        return Optional.ofNullable(logs.get(partition));
    }

    /**
     * Waits until the logs have given up an incarnation by themselves, because they lost the registration or cannot tell
     * what they have written; its logs are dropped by then. It may be over for others too when this is heard.
     *
     * @return the token of the newest such incarnation that has not been told yet; empty when the deadline has passed
     */
    public Optional<Token> awaitAbdication(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (abdicated.isEmpty() && environment.clock().await(lock, abdication, deadline)) {
                // woken: look again
            }
            Optional<Token> told = abdicated;
            abdicated = Optional.empty();
            return told;
        } finally {
            lock.unlock();
        }
    }

    /** Ends everything at once; whatever is not {@link #release released} before and not decided stays unknown. */
    @Override
    public void close() {
        upkeep.stop();
        logs.values().forEach(PartitionLog::stopAppends);
        replace(Optional.empty()).ifPresent(this::finish);
    }

    private void finish(FlushPipeline pipeline) {
        pipeline.abandon("the broker closes");
        try {
            pipeline.awaitStopped(Deadline.after(environment.clock(), STOP_LIMIT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
