// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.storage.StorageException.Kind;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears of the calls of one object store: the only place that decides how it does. Thread-safe; guarded by {@code lock},
 * under which no other is taken.
 *
 * <p>Beside the {@link HealthJudge} of all calls it counts writes by themselves, since a store that is full, or whose disk is
 * read-only, answers reads all the same: three failures without a success between them are trouble. All trouble ends by
 * itself when nothing was heard for some seconds, so that somebody tries.
 */
public final class StoreWatch implements ObjectHealth {

    private static final Logger LOG = LoggerFactory.getLogger(StoreWatch.class);

    private static final int FAILURES_TO_TROUBLE = 3;
    private static final long SILENCE_NANOS = Duration.ofSeconds(10).toNanos();

    /** Who writes tries again within two seconds. */
    private static final long SILENCE_OF_WRITES_NANOS = Duration.ofSeconds(4).toNanos();

    private final String store;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final HealthJudge judge;

    @GuardedBy("lock")
    private long heardNanos;

    @GuardedBy("lock")
    private String lastFailure = "";

    @GuardedBy("lock")
    private int failedWrites;

    @GuardedBy("lock")
    private boolean lastWriteRefused;

    @GuardedBy("lock")
    private int writesUnderWay;

    @GuardedBy("lock")
    private long writeHeardNanos;

    @GuardedBy("lock")
    private String lastWriteFailure = "";

    /** Written under the lock; read without it by all who write or read. */
    private volatile StoreState state = StoreState.HEALTHY;

    /** Three writes have failed in a row. Written under the lock; read without it by all who write. */
    private volatile boolean isWriteTrouble;

    /** How a call ended, as far as health goes. */
    private enum End {
        ANSWERED,
        DONE,
        THROTTLED,
        FAILED
    }

    /**
     * A watch over a store that is well.
     *
     * @param store what it is called in the log
     */
    public StoreWatch(String store, Clock clock, HealthLimits limits) {
        this.store = store;
        this.clock = clock;
        this.heardNanos = clock.monotonicNanos();
        this.judge = new HealthJudge(limits, heardNanos);
    }

    /** A call that carries bytes was answered. */
    void answered(long tookNanos) {
        hear(End.ANSWERED, tookNanos, "");
    }

    /** A call whose time says nothing was answered. */
    void done() {
        hear(End.DONE, 0, "");
    }

    /** A call failed; whether that is the store's fault is decided here. */
    void failed(StorageException cause) {
        attemptFailed(cause.kind(), String.valueOf(cause.getMessage()));
    }

    /** An attempt of a call failed, behind which may come another. */
    public void attemptFailed(Kind kind, String message) {
        switch (kind) {
            case UNAVAILABLE, REFUSED -> hear(End.FAILED, 0, message);
            case THROTTLED -> hear(End.THROTTLED, 0, message);
            case NOT_FOUND, OUT_OF_RANGE, FULL, CORRUPT -> hear(End.DONE, 0, "");
            case INTERRUPTED -> {
                // nobody waited for the answer
            }
        }
    }

    private void hear(End end, long tookNanos, String message) {
        lock.lock();
        try {
            heardNanos = clock.monotonicNanos();
            if (!message.isEmpty()) {
                lastFailure = message;
            }
            StoreState before = judge.state();
            HealthJudge.Sums sums = judge.sums(heardNanos);
            switch (end) {
                case ANSWERED -> judge.answered(heardNanos, tookNanos);
                case DONE -> judge.done(heardNanos);
                case THROTTLED -> judge.throttled(heardNanos);
                case FAILED -> judge.failed(heardNanos);
            }
            state = judge.state();
            if (state != before) {
                announce(before, sums);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The numbers are those before the last call. */
    @GuardedBy("lock")
    private void announce(StoreState before, HealthJudge.Sums sums) {
        (state == StoreState.HEALTHY ? LOG.atInfo() : LOG.atWarn())
                .addKeyValue("store", store)
                .addKeyValue("from", text(before))
                .addKeyValue("to", text(state))
                .addKeyValue("calls", sums.calls())
                .addKeyValue("error_share", sums.errorShare())
                .addKeyValue("mean_ms", Duration.ofNanos(sums.meanNanos()).toMillis())
                .addKeyValue("last_failure", lastFailure)
                .log("health of the object store changed");
    }

    private static String text(StoreState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    /** A write begins, of which one of the next four will tell. */
    void writeBegan() {
        lock.lock();
        try {
            writesUnderWay++;
        } finally {
            lock.unlock();
        }
    }

    void wrote() {
        lock.lock();
        try {
            writeEnded();
            lastWriteRefused = false;
            failedWrites = 0;
            if (isWriteTrouble) {
                isWriteTrouble = false;
                LOG.atWarn().addKeyValue("store", store).log("object store takes writes again");
            }
        } finally {
            lock.unlock();
        }
    }

    /** The store wants the write to come later: it has not done it, but that is no trouble. */
    void writePutOff() {
        lock.lock();
        try {
            writeEnded();
            lastWriteRefused = true;
        } finally {
            lock.unlock();
        }
    }

    /** The caller has given the write up, which says nothing about the store. */
    void writeGivenUp() {
        lock.lock();
        try {
            writeEnded();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A write failed.
     *
     * @param refused the store itself said that it did not do it
     */
    void writeFailed(boolean refused, StorageException cause) {
        lock.lock();
        try {
            writeEnded();
            lastWriteRefused = refused;
            lastWriteFailure = String.valueOf(cause.getMessage());
            failedWrites++;
            if (failedWrites == FAILURES_TO_TROUBLE) {
                isWriteTrouble = true;
                LOG.atWarn()
                        .setCause(cause)
                        .addKeyValue("store", store)
                        .log("object store takes no writes, appends are refused");
            } else if (failedWrites == 1) {
                LOG.atInfo()
                        .addKeyValue("store", store)
                        .addKeyValue("cause", cause.getMessage())
                        .log("write failed");
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void writeEnded() {
        writesUnderWay--;
        writeHeardNanos = clock.monotonicNanos();
    }

    /** Whether no call has ended for so long. */
    boolean isSilentFor(Duration time) {
        lock.lock();
        try {
            return clock.monotonicNanos() - heardNanos >= time.toNanos();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public StoreState state() {
        return state;
    }

    @Override
    public Optional<String> readTrouble() {
        if (state != StoreState.UNAVAILABLE) {
            return Optional.empty();
        }
        lock.lock();
        try {
            return clock.monotonicNanos() - heardNanos < SILENCE_NANOS
                    ? Optional.of("objects: the store is unavailable: " + lastFailure)
                    : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Optional<String> writeTrouble() {
        Optional<String> all = readTrouble();
        if (all.isPresent() || !isWriteTrouble) {
            return all;
        }
        lock.lock();
        try {
            boolean isTried = writesUnderWay > 0 || clock.monotonicNanos() - writeHeardNanos < SILENCE_OF_WRITES_NANOS;
            return isWriteTrouble && isTried ? Optional.of("objects: " + lastWriteFailure) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean refusesWrites() {
        lock.lock();
        try {
            return lastWriteRefused;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Report report() {
        lock.lock();
        try {
            long now = clock.monotonicNanos();
            HealthJudge.Sums sums = judge.sums(now);
            return new Report(
                    judge.state(),
                    Duration.ofNanos(now - judge.sinceNanos()),
                    sums.calls(),
                    sums.errorShare(),
                    Duration.ofNanos(sums.meanNanos()));
        } finally {
            lock.unlock();
        }
    }
}
