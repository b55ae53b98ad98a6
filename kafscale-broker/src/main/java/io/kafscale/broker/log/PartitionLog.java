// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.flush.FlushPipeline;
import io.kafscale.broker.flush.FlushTarget;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.flush.PendingBatch;
import io.kafscale.broker.flush.PendingChunk;
import io.kafscale.broker.log.AppendResult.Accepted;
import io.kafscale.broker.log.AppendResult.Reason;
import io.kafscale.broker.log.AppendResult.Refused;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.read.CommittedLog;
import io.kafscale.broker.read.EpochEnd;
import io.kafscale.broker.read.LogReadException;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.read.TimestampedOffset;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.recovery.Recovered;
import io.kafscale.broker.segment.PartitionSegments;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Signal;
import io.kafscale.proto.metadata.PartitionState;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The log of one partition that this broker owns: gives batches their offsets and sends them on their way, and reads what
 * is committed. It lives as long as the ownership; what follows is another object. Thread-safe; appending is guarded by
 * {@code lock}, which is taken before that of the flush queue and never held while waiting for a store.
 */
public final class PartitionLog {

    private static final long NO_TIME = -1;

    private final PartitionId id;
    private final String topic;
    private final int leaderEpoch;
    private final Supplier<LogSettings> settings;
    private final Clock clock;
    private final ByteBudget appendBudget;
    private final FlushPipeline pipeline;
    private final CommittedLog committed;
    private final OwnedState state;
    private final PartitionSegments segments;
    private final PartitionUpkeep upkeep;
    private final FlushTarget target = new Target();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition allDecided = lock.newCondition();

    @GuardedBy("lock")
    private final ProducerWindows producers;

    @GuardedBy("lock")
    private long nextOffset;

    @GuardedBy("lock")
    private int undecided;

    /** Takes no appends any more. */
    @GuardedBy("lock")
    private boolean closing;

    @GuardedBy("lock")
    private final Set<Signal> subscribers = new LinkedHashSet<>();

    /** Set once, under the lock; read by all. */
    private volatile boolean closed;

    /** What stays of a log that is opened. Immutable. */
    record Parts(CommittedLog committed, OwnedState state, PartitionSegments segments, Sealer sealer) {}

    PartitionLog(
            OpenRequest request,
            Recovered recovered,
            Parts parts,
            FlushPipeline pipeline,
            Clock clock,
            ByteBudget budget) {
        this.id = request.id();
        this.topic = request.topic();
        this.leaderEpoch = request.leaderEpoch();
        this.settings = request.settings();
        this.producers = new ProducerWindows();
        this.producers.recover(recovered.producers(), request.state().getLogStart(), clock.wallMillis());
        this.nextOffset = recovered.highWatermark();
        this.committed = parts.committed();
        this.state = parts.state();
        this.segments = parts.segments();
        this.pipeline = pipeline;
        this.clock = clock;
        this.appendBudget = budget;
        this.upkeep = new PartitionUpkeep(
                this, parts.sealer(), clock, !recovered.chunks().isEmpty());
    }

    public PartitionId id() {
        return id;
    }

    String topic() {
        return topic;
    }

    CommittedLog committed() {
        return committed;
    }

    OwnedState state() {
        return state;
    }

    PartitionSegments segments() {
        return segments;
    }

    PartitionUpkeep upkeep() {
        return upkeep;
    }

    /** The epoch of this ownership. */
    public int leaderEpoch() {
        return leaderEpoch;
    }

    /** What is set for the topic at this moment. */
    public LogSettings settings() {
        return settings.get();
    }

    /** First offset that is kept; never goes back. */
    public long logStartOffset() {
        return committed.logStart();
    }

    /** Exclusive end of what is committed; never goes back. */
    public long highWatermark() {
        return committed.highWatermark();
    }

    /**
     * Gives a valid batch its offsets and sends it on its way. The batch and its bytes belong to the log from now on.
     *
     * @param timestampType by which the batch was found valid, of {@link #settings()}
     * @param deadline how long to wait for room in the append budget; nothing else is waited for
     */
    public AppendResult append(RecordBatch batch, TimestampType timestampType, Deadline deadline)
            throws InterruptedException {
        Optional<AppendResult> known = settled(batch);
        if (known.isPresent()) {
            return known.get();
        }
        Optional<String> trouble = pipeline.trouble();
        if (trouble.isPresent()) {
            turnAway(batch);
            return new Accepted(Pending.completed(new Outcome.NotAppended(trouble.get())));
        }
        int bytes = batch.sizeBytes();
        if (!appendBudget.take(bytes, deadline)) {
            turnAway(batch);
            return new Refused(Reason.OVERLOADED, "too many bytes wait for being written");
        }
        long logAppendMillis = NO_TIME;
        if (timestampType == TimestampType.LOG_APPEND_TIME) {
            logAppendMillis = clock.wallMillis();
            batch.stampLogAppendTime(logAppendMillis);
        }
        Pending<Outcome> own = new Pending<>();
        AppendResult result = enqueue(batch, new PendingBatch(batch, logAppendMillis, own));
        if (!(result instanceof Accepted accepted && accepted.outcome() == own)) {
            appendBudget.give(bytes);
        }
        return result;
    }

    /** What is to be said to a batch before it costs anything: it is a duplicate, it is refused, or nothing yet. */
    private Optional<AppendResult> settled(RecordBatch batch) {
        lock.lock();
        try {
            return judge(batch);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private Optional<AppendResult> judge(RecordBatch batch) {
        if (closing) {
            return Optional.of(notOwner());
        }
        if (!batch.hasProducer()) {
            return Optional.empty();
        }
        return switch (producers.judge(batch, clock.wallMillis())) {
            case ProducerWindows.Verdict.Fresh fresh -> Optional.empty();
            case ProducerWindows.Verdict.Duplicate duplicate -> Optional.of(new Accepted(duplicate.outcome()));
            case ProducerWindows.Verdict.Refused refused ->
                Optional.of(new Refused(refused.reason(), refused.message()));
        };
    }

    /** What the producer has sent behind this batch must not overtake it. */
    private void turnAway(RecordBatch batch) {
        lock.lock();
        try {
            if (batch.hasProducer()) {
                producers.turnedAway(batch, clock.wallMillis());
            }
        } finally {
            lock.unlock();
        }
    }

    private Refused notOwner() {
        return new Refused(Reason.NOT_OWNER, "partition " + topic + "-" + id.partition() + " is not served here");
    }

    private AppendResult enqueue(RecordBatch batch, PendingBatch pending) {
        lock.lock();
        try {
            Optional<AppendResult> known = judge(batch);
            if (known.isPresent()) {
                return known.get();
            }
            batch.assign(nextOffset, leaderEpoch);
            if (!pipeline.add(target, pending)) {
                return notOwner();
            }
            nextOffset = batch.nextOffset();
            undecided++;
            if (batch.hasProducer()) {
                producers.appended(batch, pending.outcome(), clock.wallMillis());
            }
            return new Accepted(pending.outcome());
        } finally {
            lock.unlock();
        }
    }

    private BatchRun takeIn(PendingChunk pending, Chunk chunk, ObjectKey object) {
        BatchRun run =
                new BatchRun(pending.batches().stream().map(PendingBatch::batch).toList());
        committed.add(chunk, object, run, clock.wallMillis());
        List<Signal> waiting;
        lock.lock();
        try {
            for (PendingBatch batch : pending.batches()) {
                if (batch.batch().hasProducer()) {
                    producers.committed(batch.batch());
                }
            }
            leave(pending.batches().size());
            waiting = List.copyOf(subscribers);
        } finally {
            lock.unlock();
        }
        for (PendingBatch batch : pending.batches()) {
            batch.outcome()
                    .complete(new Outcome.Committed(
                            batch.batch().baseOffset(), batch.logAppendMillis(), committed.logStart()));
        }
        waiting.forEach(Signal::raise);
        return run;
    }

    @GuardedBy("lock")
    private void leave(int batches) {
        undecided -= batches;
        if (undecided == 0) {
            allDecided.signalAll();
        }
    }

    /** What the pipeline sees of this log. Thread-safe. */
    private final class Target implements FlushTarget {
        @Override
        public PartitionId id() {
            return id;
        }

        @Override
        public int leaderEpoch() {
            return leaderEpoch;
        }

        @Override
        public BatchRun committed(PendingChunk pending, Chunk chunk, ObjectKey object) {
            return takeIn(pending, chunk, object);
        }

        @Override
        public void dropFromTail(BatchRun run) {
            committed.dropFromTail(run);
        }
    }

    /**
     * Reads whole batches from the one that holds the offset, never beyond the high watermark.
     *
     * @param maxBytes most bytes in all
     * @param firstWhole to return the first batch although it is larger than that
     */
    public ReadResult read(long offset, int maxBytes, boolean firstWhole) throws InterruptedException {
        return read(offset, maxBytes, firstWhole, Deadline.NEVER);
    }

    /** The same; behind the deadline nothing is read on that may have to come from the store. */
    public ReadResult read(long offset, int maxBytes, boolean firstWhole, Deadline slow) throws InterruptedException {
        return closed
                ? new ReadResult.NotOwner()
                : committed.read(offset, maxBytes, firstWhole, () -> slow.passed(clock));
    }

    /** Whether it is served no more; a read says so too, but costs more. */
    public boolean isClosed() {
        return closed;
    }

    /** The epoch in which the record at {@link #logStartOffset()} was or will be written. */
    public int logStartEpoch() {
        return committed.logStartEpoch();
    }

    /** About how many bytes a read from the offset would find, at most {@code cap}; cheap. */
    public long readableBytes(long offset, long cap) {
        return committed.readableBytes(offset, cap);
    }

    /** Has the signal rung whenever the high watermark moves, and when the log closes. */
    public void subscribe(Signal signal) {
        boolean late;
        lock.lock();
        try {
            subscribers.add(signal);
            late = closed;
        } finally {
            lock.unlock();
        }
        if (late) {
            signal.raise();
        }
    }

    public void unsubscribe(Signal signal) {
        lock.lock();
        try {
            subscribers.remove(signal);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Deletes the records before an offset, as Kafka's DeleteRecords does.
     *
     * @param offset at most the high watermark; one before the log start changes nothing
     * @return the log start; empty when the offset is above the high watermark
     * @throws LogReadException when the log is closed
     * @throws MetadataException when it is not certain that it was done
     */
    public OptionalLong deleteRecords(long offset) throws InterruptedException {
        checkOpen();
        if (offset > highWatermark()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(trimTo(offset));
        } catch (OwnedState.OwnershipLostException e) {
            throw new LogReadException("partition " + topic + "-" + id.partition() + " is not served here", e);
        }
    }

    /** Raises the log start, in the metadata first; what is before is not served from then on. */
    long trimTo(long offset) throws InterruptedException {
        PartitionState now = state.change(before -> offset > before.getLogStart()
                ? before.toBuilder().setLogStart(offset).build()
                : before);
        committed.trimTo(now.getLogStart());
        return committed.logStart();
    }

    /**
     * The first record at or after a time. In a compressed batch that cannot be opened it is the batch's first record.
     *
     * @throws LogReadException when the store failed or the log is closed
     */
    public Optional<TimestampedOffset> firstAtOrAfter(long timestampMillis) throws InterruptedException {
        checkOpen();
        return committed.firstAtOrAfter(timestampMillis);
    }

    /**
     * The first of the records that carry the largest time; empty for an empty log.
     *
     * @throws LogReadException when the store failed or the log is closed
     */
    public Optional<TimestampedOffset> maxTimestamp() throws InterruptedException {
        checkOpen();
        return committed.maxTimestamp();
    }

    private void checkOpen() {
        if (closed) {
            throw new LogReadException("partition " + topic + "-" + id.partition() + " is not served here");
        }
    }

    /** Where an epoch ends, by Kafka's rule. */
    public EpochEnd endOfEpoch(int leaderEpoch) {
        return committed.endOfEpoch(leaderEpoch);
    }

    /** About how many bytes are kept that are not sealed; cheap. */
    public long unsealedBytes() {
        return committed.unsealedBytes();
    }

    /** About how many bytes are kept, for which the store may be asked; empty when that cannot be told now. */
    public OptionalLong sizeBytes() throws InterruptedException {
        return LogSize.known(this);
    }

    boolean belongsTo(FlushPipeline other) {
        return pipeline.equals(other);
    }

    /** Takes no appends from now on. */
    void stopAppends() {
        lock.lock();
        try {
            closing = true;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything that was accepted is decided, the log is closed, or the deadline has passed. */
    void awaitDecided(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (undecided > 0 && !closed && clock.await(lock, allDecided, deadline)) {
                // woken: look again
            }
        } finally {
            lock.unlock();
        }
    }

    /** Everything that was ever accepted is committed, and nothing more will be accepted. */
    boolean isDecided() {
        lock.lock();
        try {
            return closing && undecided == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Serves nothing from now on, and wakes those who wait. */
    void close() {
        List<Signal> waiting;
        lock.lock();
        try {
            closing = true;
            closed = true;
            allDecided.signalAll();
            waiting = List.copyOf(subscribers);
        } finally {
            lock.unlock();
        }
        waiting.forEach(Signal::raise);
    }
}
