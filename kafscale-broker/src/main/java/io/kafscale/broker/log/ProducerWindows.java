// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Reason;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one partition remembers of its idempotent producers: of each the newest epoch, and of that the last five committed
 * batches and all that are pending. Sequences of an epoch that the partition has seen without a gap are known to be
 * appended; only those may be called duplicates. A producer is forgotten a day after its last batch, or earlier when there
 * are very many.
 *
 * <p>A producer without any state may begin at any sequence, so nothing but the refusal itself tells that a batch is due
 * before those that were sent behind it: of such a producer that batch is remembered for a while. Confined to its owner's
 * lock.
 */
final class ProducerWindows {

    private static final long REMEMBERED_MS = Duration.ofDays(1).toMillis();
    private static final long NO_TIME = -1;
    private static final int MOST_PRODUCERS = 50_000;

    /** Producers try a batch again for two minutes, unless they are told otherwise. */
    private static final long DUE_MS = Duration.ofMinutes(5).toMillis();

    private static final int MOST_DUE = 10_000;

    /** By producer id, the one that was silent for longest first. */
    private final Map<Long, Window> windows = new LinkedHashMap<>(16, 0.75f, true);

    /** By producer id, for those without a window, the one that was refused first first. */
    private final Map<Long, Due> due = new LinkedHashMap<>();

    /** The batch with which a producer must begin. Immutable. */
    private record Due(short epoch, int baseSequence, long untilMillis) {}

    /** What to do with a batch. Immutable. */
    sealed interface Verdict {
        /** It is new and in order. */
        record Fresh() implements Verdict {}

        /** It was appended before, with this outcome. */
        record Duplicate(Pending<Outcome> outcome) implements Verdict {}

        record Refused(Reason reason, String message) implements Verdict {}
    }

    /** A batch that was appended. */
    private static final class Entry {
        private final int baseSequence;
        private final int lastSequence;
        private final long baseOffset;
        private final Pending<Outcome> outcome;
        private boolean committed;

        private Entry(int baseSequence, int lastSequence, long baseOffset, Pending<Outcome> outcome) {
            this.baseSequence = baseSequence;
            this.lastSequence = lastSequence;
            this.baseOffset = baseOffset;
            this.outcome = outcome;
        }
    }

    /** One producer in its newest epoch. */
    private static final class Window {
        private final short epoch;
        private final Deque<Entry> entries = new ArrayDeque<>();
        private int committed;
        private long knownSequences;
        private long lastMillis;

        private Window(short epoch) {
            this.epoch = epoch;
        }

        private int nextSequence() {
            return entries.getLast().lastSequence == Integer.MAX_VALUE ? 0 : entries.getLast().lastSequence + 1;
        }

        private boolean isPending() {
            return committed < entries.size();
        }

        private void add(Entry entry) {
            long count = sequencesFrom(entry.baseSequence, entry.lastSequence) + 1L;
            boolean follows = !entries.isEmpty() && entry.baseSequence == nextSequence();
            knownSequences = follows ? knownSequences + count : count;
            entries.addLast(entry);
        }

        private void trim() {
            while (committed > SharedImage.PRODUCER_BATCHES) {
                entries.removeFirst();
                committed--;
            }
        }
    }

    /** How many steps lead from one sequence to another, forwards. */
    private static int sequencesFrom(int from, int to) {
        return (to - from) & Integer.MAX_VALUE;
    }

    /** Judges a batch of a producer, changing nothing. */
    Verdict judge(RecordBatch batch, long nowMillis) {
        Window window = windows.get(batch.producerId());
        if (window == null) {
            return judgeFirst(batch, nowMillis);
        }
        short epoch = batch.producerEpoch();
        if (epoch < window.epoch) {
            return refused(Reason.INVALID_PRODUCER_EPOCH, batch, "epoch " + epoch + ", the newest is " + window.epoch);
        }
        if (epoch > window.epoch) {
            return batch.baseSequence() == 0
                    ? new Verdict.Fresh()
                    : refused(Reason.OUT_OF_ORDER_SEQUENCE, batch, "a new epoch begins at sequence 0");
        }
        return judgeSequence(window, batch);
    }

    private Verdict judgeFirst(RecordBatch batch, long nowMillis) {
        return dueOf(batch, nowMillis)
                .filter(first -> first.baseSequence != batch.baseSequence())
                .map(first -> refused(
                        Reason.OUT_OF_ORDER_SEQUENCE, batch, "sequence " + first.baseSequence + " is due first"))
                .orElseGet(Verdict.Fresh::new);
    }

    private Optional<Due> dueOf(RecordBatch batch, long nowMillis) {
        return Optional.ofNullable(due.get(batch.producerId()))
                .filter(first -> first.epoch == batch.producerEpoch() && nowMillis < first.untilMillis);
    }

    /** A batch that was judged fresh was not taken: if nothing else is known of its producer, nothing may overtake it. */
    void turnedAway(RecordBatch batch, long nowMillis) {
        long id = batch.producerId();
        if (windows.containsKey(id)) {
            return;
        }
        due.remove(id);
        due.values().removeIf(first -> due.size() >= MOST_DUE || first.untilMillis <= nowMillis);
        due.put(id, new Due(batch.producerEpoch(), batch.baseSequence(), nowMillis + DUE_MS));
    }

    private static Verdict judgeSequence(Window window, RecordBatch batch) {
        int base = batch.baseSequence();
        int last = batch.lastSequence();
        for (Entry entry : window.entries) {
            if (entry.baseSequence == base && entry.lastSequence == last) {
                return new Verdict.Duplicate(entry.outcome);
            }
        }
        int next = window.nextSequence();
        if (base == next) {
            return new Verdict.Fresh();
        }
        int behind = sequencesFrom(base, next);
        boolean known = behind <= window.knownSequences && sequencesFrom(base, last) < behind;
        return known
                ? refused(Reason.DUPLICATE_SEQUENCE, batch, "sequences up to " + next + " are there")
                : refused(Reason.OUT_OF_ORDER_SEQUENCE, batch, "sequence " + next + " is due");
    }

    private static Verdict refused(Reason reason, RecordBatch batch, String message) {
        return new Verdict.Refused(
                reason,
                "producer " + batch.producerId() + " sent sequence " + batch.baseSequence() + " of epoch "
                        + batch.producerEpoch() + ": " + message);
    }

    /** Remembers a batch that was judged fresh and has its offsets now. */
    void appended(RecordBatch batch, Pending<Outcome> outcome, long nowMillis) {
        due.remove(batch.producerId());
        Window window = windowFor(batch.producerId(), batch.producerEpoch(), nowMillis);
        window.add(new Entry(batch.baseSequence(), batch.lastSequence(), batch.baseOffset(), outcome));
    }

    private Window windowFor(long producerId, short epoch, long nowMillis) {
        Window window = windows.get(producerId);
        if (window == null || window.epoch != epoch) {
            if (window == null) {
                forget(nowMillis);
            }
            window = new Window(epoch);
            windows.put(producerId, window);
        }
        window.lastMillis = nowMillis;
        return window;
    }

    private void forget(long nowMillis) {
        Iterator<Window> oldest = windows.values().iterator();
        while (oldest.hasNext()) {
            Window window = oldest.next();
            boolean expired = window.lastMillis + REMEMBERED_MS < nowMillis || windows.size() >= MOST_PRODUCERS;
            if (!expired || window.isPending()) {
                return;
            }
            oldest.remove();
        }
    }

    /** An appended batch is committed; batches of a partition are committed in the order of their offsets. */
    void committed(RecordBatch batch) {
        Window window = windows.get(batch.producerId());
        if (window == null || window.epoch != batch.producerEpoch()) {
            return; // a newer epoch has begun meanwhile
        }
        for (Entry entry : window.entries) {
            if (!entry.committed) {
                if (entry.baseOffset != batch.baseOffset()) {
                    throw new IllegalStateException(batch + " was committed where " + entry.baseOffset + " is due");
                }
                entry.committed = true;
                window.committed++;
                window.trim();
                return;
            }
        }
        throw new IllegalStateException(batch + " of a producer was committed but not appended");
    }

    /** Takes up the last committed batches of producers as recovery found them, the oldest producer first. */
    void recover(List<ProducerTail> tails, long logStart, long nowMillis) {
        for (ProducerTail tail : tails) {
            Window window = windowFor(tail.getProducerId(), (short) tail.getProducerEpoch(), nowMillis);
            for (ProducerBatch batch : tail.getBatchesList()) {
                window.add(committedEntry(batch, logStart));
                window.committed++;
            }
            window.trim();
        }
    }

    private static Entry committedEntry(ProducerBatch batch, long logStart) {
        long logAppendMillis = batch.getLogAppendTime() ? batch.getMaxTimestamp() : NO_TIME;
        Outcome outcome = new Outcome.Committed(batch.getBaseOffset(), logAppendMillis, logStart);
        int last = (batch.getBaseSequence() + batch.getLastOffsetDelta()) & Integer.MAX_VALUE;
        Entry entry = new Entry(batch.getBaseSequence(), last, batch.getBaseOffset(), Pending.completed(outcome));
        entry.committed = true;
        return entry;
    }

    int count() {
        return windows.size();
    }
}
