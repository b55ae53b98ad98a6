// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.read.CommittedLog;
import io.kafscale.broker.read.LogUnit;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * When something is to be done for one partition in the background, and doing it: sealing what is large or old enough, and
 * dropping what need not be kept. Thread-safe; guarded by {@code lock}, which is not held while a store is asked.
 */
final class PartitionUpkeep {

    private static final Duration RETENTION_CHECK = Duration.ofMinutes(5);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
    private static final Duration LONGEST_REST = Duration.ofMinutes(10);

    /**
     * What was found at the opening is due to be sealed after so long or earlier. Others may merge it, who tell nobody here, and
     * what they have merged is deleted some time.
     */
    private static final Duration TAKEN_OVER = Duration.ofHours(1);

    /** Sealing by age is spread over so much of {@code segment.ms}. */
    private static final int JITTER_SHARE = 10;

    /** Parts that are looked at together, when the first of all has gone. */
    private static final int PARTS = 16;

    private final PartitionLog log;
    private final Sealer sealer;
    private final Clock clock;
    private final int spread;
    private final boolean takenOver;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private boolean busy;

    @GuardedBy("lock")
    private long unsealedSinceNanos;

    @GuardedBy("lock")
    private boolean relief;

    /** Whether it may be sealed for its age now. */
    @GuardedBy("lock")
    private boolean mayAge;

    /** Whether something has been sealed since the opening. */
    @GuardedBy("lock")
    private boolean hasSealed;

    @GuardedBy("lock")
    private long retentionDueNanos;

    @GuardedBy("lock")
    private long retentionDueMillis;

    /** By which it was found out when retention is due; others make it due at once. */
    @GuardedBy("lock")
    private LogSettings.Keeping retained;

    @GuardedBy("lock")
    private long restUntilNanos;

    /** After the next failure; doubles with each. */
    @GuardedBy("lock")
    private Duration rest = AFTER_FAILURE;

    /** @param takenOver whether chunks were found that are not sealed */
    PartitionUpkeep(PartitionLog log, Sealer sealer, Clock clock, boolean takenOver) {
        this.log = log;
        this.sealer = sealer;
        this.clock = clock;
        long now = clock.monotonicNanos();
        this.unsealedSinceNanos = now;
        this.restUntilNanos = now;
        this.spread = Math.floorMod(log.id().hashCode(), 1000);
        this.takenOver = takenOver;
        this.retained = log.settings().keeping();
        this.retentionDueNanos = now + RETENTION_CHECK.toNanos() + RETENTION_CHECK.toNanos() / 1000 * spread;
    }

    /** After so many nanoseconds, less a share of them that differs from partition to partition. */
    @GuardedBy("lock")
    private long sealingAgeNanos(long segmentMs) {
        long nanos = segmentMs > Long.MAX_VALUE / 4_000_000 ? Long.MAX_VALUE / 4 : segmentMs * 1_000_000;
        long usual = nanos - nanos / JITTER_SHARE / 1000 * spread;
        return takenOver && !hasSealed
                ? Math.min(usual, TAKEN_OVER.toNanos() / 2 + TAKEN_OVER.toNanos() / 2000 * spread)
                : usual;
    }

    PartitionId id() {
        return log.id();
    }

    /** Has the partition sealed soon, however little of it is not. */
    void relieve() {
        lock.lock();
        try {
            relief = true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether there is something to do; if so, the caller must {@link #run} it.
     *
     * @param turn asked, at most once, whether it may be sealed for its age; what is large must not wait for that
     */
    boolean begin(BooleanSupplier turn) {
        long unsealed = log.committed().unsealedBytes();
        long now = clock.monotonicNanos();
        lock.lock();
        try {
            if (unsealed == 0) {
                unsealedSinceNanos = now;
                relief = false;
            }
            if (busy || log.isClosed() || restUntilNanos - now > 0) {
                return false;
            }
            busy = mustSeal(unsealed) || retentionIsDue(now);
            if (!busy && isAged(unsealed, now) && turn.getAsBoolean()) {
                mayAge = true;
                busy = true;
            }
            return busy;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean mustSeal(long unsealed) {
        return unsealed > 0
                && (relief || mayAge || unsealed >= log.settings().keeping().segmentBytes());
    }

    @GuardedBy("lock")
    private boolean isAged(long unsealed, long now) {
        return unsealed > 0
                && now - unsealedSinceNanos
                        >= sealingAgeNanos(log.settings().keeping().segmentMs());
    }

    @GuardedBy("lock")
    private boolean retentionIsDue(long now) {
        return !log.settings().keeping().equals(retained)
                || (now - retentionDueNanos >= 0 && clock.wallMillis() >= retentionDueMillis);
    }

    /** Does what is due; whatever it throws, it is tried again after a while. */
    void run() throws InterruptedException {
        boolean done = false;
        try {
            sealAll();
            if (isRetentionDue()) {
                LogSettings.Keeping keeping = log.settings().keeping();
                putOffRetention(keeping);
                dropExpired(keeping);
            }
            done = true;
        } finally {
            lock.lock();
            try {
                busy = false;
                mayAge = false;
                if (done) {
                    rest = AFTER_FAILURE;
                } else {
                    restUntilNanos = clock.monotonicNanos() + rest.toNanos();
                    rest = rest.compareTo(LONGEST_REST) < 0 ? rest.multipliedBy(2) : rest;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean isRetentionDue() {
        lock.lock();
        try {
            return retentionIsDue(clock.monotonicNanos());
        } finally {
            lock.unlock();
        }
    }

    private void sealAll() throws InterruptedException {
        CommittedLog committed = log.committed();
        while (!log.isClosed() && mustSealNow()) {
            List<LogUnit> unsealed = committed.unsealed();
            if (unsealed.isEmpty()) {
                return;
            }
            long from = Math.max(committed.logStart(), committed.sealedThrough());
            long end = Sealer.end(from, unsealed, log.settings().keeping().segmentBytes());
            sealer.seal(log, end);
            sealed(end == unsealed.getLast().endOffset());
        }
    }

    private boolean mustSealNow() {
        lock.lock();
        try {
            return mustSeal(log.committed().unsealedBytes());
        } finally {
            lock.unlock();
        }
    }

    private void sealed(boolean all) {
        lock.lock();
        try {
            relief &= !all;
            mayAge = false;
            hasSealed |= all;
            unsealedSinceNanos = clock.monotonicNanos();
        } finally {
            lock.unlock();
        }
    }

    /** If it fails, it is due again only then, or when something else is set. */
    private void putOffRetention(LogSettings.Keeping keeping) {
        lock.lock();
        try {
            retained = keeping;
        } finally {
            lock.unlock();
        }
        retentionDue(0);
    }

    private void retentionDue(long notBeforeMillis) {
        lock.lock();
        try {
            retentionDueNanos = clock.monotonicNanos() + RETENTION_CHECK.toNanos();
            retentionDueMillis = notBeforeMillis;
        } finally {
            lock.unlock();
        }
    }

    private void dropExpired(LogSettings.Keeping keeping) throws InterruptedException {
        boolean bySize = keeping.retentionBytes() != LogSettings.Keeping.NO_LIMIT;
        if (!bySize && keeping.retentionMs() == LogSettings.Keeping.NO_LIMIT) {
            retentionDue(Long.MAX_VALUE);
            return;
        }
        int parts = 1;
        while (!log.isClosed()) {
            List<LogUnit> oldest = oldest(parts);
            if (oldest.isEmpty()) {
                return;
            }
            int expired = Retention.expired(oldest, totalBytes(keeping), keeping, clock.wallMillis());
            if (expired > 0) {
                log.trimTo(oldest.get(expired - 1).endOffset());
            }
            if (expired < oldest.size()) {
                retentionDue(bySize ? 0 : Retention.agesAt(oldest.get(expired), keeping));
                return;
            }
            parts = PARTS;
        }
    }

    private List<LogUnit> oldest(int parts) throws InterruptedException {
        CommittedLog committed = log.committed();
        long sealed = committed.sealedThrough();
        long start = committed.logStart();
        return start < sealed
                ? log.segments().oldest(parts, start, sealed).stream()
                        .map(segment -> new LogUnit(segment.endOffset(), segment.sizeBytes(), segment.agesFromMillis()))
                        .toList()
                : committed.unsealed();
    }

    /** As far as it matters. */
    private long totalBytes(LogSettings.Keeping keeping) throws InterruptedException {
        return keeping.retentionBytes() == LogSettings.Keeping.NO_LIMIT ? 0 : LogSize.of(log);
    }
}
