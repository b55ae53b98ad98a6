// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.record.BatchDecompressor;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All logs that this broker serves, and the one pipeline that flushes them. Thread-safe; {@code lock} guards which
 * incarnation is current and is held for moments only.
 */
public final class PartitionLogs implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionLogs.class);

    /** How long {@link #close()} waits for what was accepted, and for the threads. */
    private static final Duration FLUSH_LIMIT = Duration.ofSeconds(3);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private final LogEnvironment environment;
    private final LogLimits limits;
    private final ByteBudget appendBudget;
    private final ChunkReader reader;
    private final TimeLookup times;
    private final Recovery recovery;
    private final Signal abdicated = new Signal();
    private final ConcurrentMap<PartitionId, PartitionLog> logs = new ConcurrentHashMap<>();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<FlushPipeline> current = Optional.empty();

    /** Logs without a way into compressed batches: a look-up by time answers with the first record of such a batch. */
    public PartitionLogs(LogEnvironment environment, LogLimits limits) {
        this(environment, limits, BatchDecompressor.NONE);
    }

    public PartitionLogs(LogEnvironment environment, LogLimits limits, BatchDecompressor decompressor) {
        this.environment = environment;
        this.limits = limits;
        this.appendBudget = new ByteBudget(environment.clock(), limits.appendBytes());
        this.reader = new ChunkReader(environment.objects(), environment.clock(), limits.cacheBytes() / 2);
        this.times = new TimeLookup(decompressor);
        this.recovery = new Recovery(environment, limits.indexCacheBytes());
    }

    /**
     * Begins a new incarnation. Whatever is served from an earlier one is dropped with all its state; what was undecided
     * in it answers {@link AppendResult.Outcome.Unknown}. Nothing is served before the first call.
     */
    public void begin(Token token) {
        replace(Optional.empty()).ifPresent(earlier -> earlier.abandon("another incarnation begins"));
        FlushPipeline pipeline = new FlushPipeline(environment, limits, token, appendBudget, this::ended);
        replace(Optional.of(pipeline));
        pipeline.start();
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
        boolean byItself;
        lock.lock();
        try {
            byItself = current.filter(pipeline::equals).isPresent();
            if (byItself) {
                current = Optional.empty();
            }
        } finally {
            lock.unlock();
        }
        for (PartitionLog log : logs.values()) {
            if (log.belongsTo(pipeline) && logs.remove(log.id(), log)) {
                log.close();
            }
        }
        if (byItself) {
            abdicated.raise();
        }
    }

    /**
     * Recovers partitions and serves them. One that cannot be recovered is logged, and does not disturb the others.
     *
     * @return those that are served now
     */
    public List<PartitionId> open(List<OpenRequest> requests) {
        Optional<FlushPipeline> pipeline = current();
        if (pipeline.isEmpty() || requests.isEmpty()) {
            return List.of();
        }
        for (OpenRequest request : requests) {
            if (logs.containsKey(request.id())) {
                throw new IllegalStateException("partition " + request.id() + " is open already");
            }
        }
        try {
            return serve(pipeline.get(), recovery.recover(requests));
        } catch (MetadataException e) {
            LOG.atError().setCause(e).addKeyValue("partitions", requests.size()).log("commit records cannot be read");
            return List.of();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    private List<PartitionId> serve(FlushPipeline pipeline, List<Recovered> recovered) {
        List<PartitionId> served = new ArrayList<>();
        lock.lock(); // an end of the pipeline comes wholly before or wholly behind
        try {
            if (pipeline.hasEnded()) {
                return List.of();
            }
            for (Recovered found : recovered) {
                CommittedLog committed = new CommittedLog(found, reader, times);
                PartitionLog log = new PartitionLog(found, committed, pipeline, environment.clock(), appendBudget);
                if (logs.putIfAbsent(log.id(), log) != null) {
                    throw new IllegalStateException("partition " + log.id() + " is open already");
                }
                served.add(log.id());
            }
            return served;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Stops accepting for these partitions, waits until everything that was accepted is decided, and forgets them;
     * unknown ones are passed over.
     */
    public void close(Collection<PartitionId> partitions) {
        List<PartitionLog> closing =
                partitions.stream().map(this::find).flatMap(Optional::stream).toList();
        closing.forEach(PartitionLog::stopAppends);
        current().ifPresent(pipeline -> {
            if (!awaitDecided(pipeline, closing)) {
                pipeline.abandon("what was accepted for a released partition stays undecided");
            }
        });
        for (PartitionLog log : closing) {
            logs.remove(log.id(), log);
            log.close();
        }
    }

    private boolean awaitDecided(FlushPipeline pipeline, List<PartitionLog> closing) {
        Deadline deadline = Deadline.after(environment.clock(), limits.undecidedLimit());
        pipeline.hurry();
        try {
            for (PartitionLog log : closing) {
                if (!log.awaitDecided(deadline)) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            pipeline.resume();
        }
    }

    public Optional<PartitionLog> find(PartitionId partition) {
        return Optional.ofNullable(logs.get(partition));
    }

    /** The settings of a topic have changed. */
    public void settings(UUID topicId, LogSettings settings) {
        for (PartitionLog log : logs.values()) {
            if (log.id().topicId().equals(topicId)) {
                log.settings(settings);
            }
        }
    }

    /** The stores took what was last written to them, so that a new append would be committed soon. */
    public boolean canCommit() {
        return current().filter(pipeline -> pipeline.trouble().isEmpty()).isPresent();
    }

    /**
     * Rung when the logs have given up an incarnation by themselves, because they lost the registration or cannot tell
     * what they have written: all logs are dropped by then, and nothing is served before the next {@link #begin}.
     */
    public Signal abdicated() {
        return abdicated;
    }

    /** Refuses new appends, flushes and waits for what was accepted, up to a limit, and ends all threads. */
    @Override
    public void close() {
        logs.values().forEach(PartitionLog::stopAppends);
        replace(Optional.empty()).ifPresent(this::finish);
    }

    private void finish(FlushPipeline pipeline) {
        pipeline.hurry();
        try {
            if (!pipeline.awaitIdle(Deadline.after(environment.clock(), FLUSH_LIMIT))) {
                LOG.atWarn().log("closing although not everything that was accepted is decided");
            }
            pipeline.abandon("the broker closes");
            pipeline.awaitStopped(Deadline.after(environment.clock(), STOP_LIMIT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            pipeline.abandon("the broker closes in a hurry");
        }
    }
}
