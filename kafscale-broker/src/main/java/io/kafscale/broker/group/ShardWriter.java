// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one writer of a shard. Whatever changes a group of the shard goes through its queue and is decided in that order,
 * so that no commit of an earlier generation can come after the assignments of a later one. What waits goes out together
 * in one transaction per interval, the first after a pause at once. A transaction whose outcome is unknown is tried again
 * until it is known: nothing overtakes it. Thread-safe; guarded by {@code lock}, which is not held while the store works.
 */
final class ShardWriter implements WriteQueue {

    private static final Logger LOG = LoggerFactory.getLogger(ShardWriter.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final GroupEnvironment environment;
    private final Clock clock;
    private final Duration interval;
    private final ShardClaim claim;
    private final StoreOutage outage;
    private final WriteBudget budget;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<ShardWrite> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean closed;

    /** How a transaction ended. Immutable. */
    private sealed interface Decision {
        record Stored(long revision) implements Decision {}

        record NotStored() implements Decision {}

        /** The shard is not ours any more, or not as we know it: what is in memory is worth nothing. */
        record Lost() implements Decision {}
    }

    ShardWriter(
            GroupEnvironment environment, Duration interval, ShardClaim claim, StoreOutage outage, WriteBudget budget) {
        this.environment = environment;
        this.clock = environment.clock();
        this.interval = interval;
        this.claim = claim;
        this.outage = outage;
        this.budget = budget;
    }

    @Override
    public Errors offer(List<? extends ShardWrite> writes) {
        long bytes = writes.stream().mapToLong(ShardWrite::bytes).sum();
        lock.lock();
        try {
            if (closed) {
                return Errors.NOT_COORDINATOR;
            }
            if (!budget.take(bytes)) {
                return Errors.COORDINATOR_NOT_AVAILABLE;
            }
            writes.forEach(write -> write.stored().begin());
            queue.addAll(writes);
            changed.signalAll();
            return Errors.NONE;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes until it is closed and everything accepted is decided, or until the shard is lost.
     *
     * @param read the head that was there when the groups were read
     */
    void run(ShardHead read) throws InterruptedException {
        ShardHead head = read;
        Deadline notBefore = Deadline.after(clock, Duration.ZERO);
        while (awaitWork(notBefore)) {
            notBefore = Deadline.after(clock, interval);
            WriteBatch batch = nextBatch(head);
            Decision decision = new Decision.Lost();
            try {
                decision = decide(batch);
            } finally {
                tell(batch, decision);
            }
            switch (decision) {
                case Decision.Stored(long revision) -> head = batch.headAt(revision);
                case Decision.NotStored notStored -> {}
                case Decision.Lost lost -> {
                    return;
                }
            }
        }
    }

    private void tell(WriteBatch batch, Decision decision) {
        switch (decision) {
            case Decision.Stored(long revision) -> {
                batch.publish(revision);
                decided(batch.complete(), Errors.NONE);
            }
            case Decision.NotStored() -> {
                decided(batch.complete(), Errors.COORDINATOR_NOT_AVAILABLE);
                batch.begun().ifPresent(this::giveUp);
            }
            case Decision.Lost() -> decided(batch.complete(), Errors.NOT_COORDINATOR);
        }
    }

    /** A deletion that needs several batches stays at the head of the queue until it is complete. */
    private void giveUp(ShardWrite begun) {
        lock.lock();
        try {
            if (!queue.remove(begun)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        decided(List.of(begun), Errors.COORDINATOR_NOT_AVAILABLE);
    }

    private boolean awaitWork(Deadline notBefore) throws InterruptedException {
        lock.lock();
        try {
            while (queue.isEmpty() && !closed) {
                clock.await(lock, changed, Deadline.NEVER);
            }
            while (!closed && clock.await(lock, changed, notBefore)) {
                // woken: more has come, which goes along
            }
            return !queue.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private WriteBatch nextBatch(ShardHead head) {
        WriteBatch batch = new WriteBatch(environment.keys(), claim, head);
        lock.lock();
        try {
            while (!queue.isEmpty() && batch.add(queue.element())) {
                queue.remove();
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private Decision decide(WriteBatch batch) throws InterruptedException {
        if (batch.isEmpty()) {
            return new Decision.Stored(0);
        }
        Transaction transaction = batch.transaction();
        boolean maybeApplied = false;
        Duration pause = Duration.ZERO;
        while (true) {
            try {
                switch (environment.store().commit(transaction)) {
                    case TransactionResult.Applied(long revision) -> {
                        outage.over(LOG);
                        return new Decision.Stored(revision);
                    }
                    case TransactionResult.Refused refused -> {
                        return maybeApplied ? lookUp(batch) : lost(refused.revision());
                    }
                    case TransactionResult.Unknown unknown -> {
                        maybeApplied = true;
                        outage.noticed(
                                LOG,
                                "outcome of a group write is unknown, trying again",
                                claim.shard(),
                                unknown.cause());
                    }
                }
            } catch (MetadataException e) {
                outage.noticed(LOG, "groups cannot be written", claim.shard(), e);
                if (!maybeApplied) {
                    return new Decision.NotStored();
                }
            }
            if (!claim.isCurrent(environment.shards()) || !pause(pause)) {
                return new Decision.Lost();
            }
            pause = pause.isZero() ? FIRST_PAUSE : longer(pause);
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    /** An earlier try may be the reason why this one was refused. */
    private Decision lookUp(WriteBatch batch) {
        Snapshot seen = environment.store().get(List.of(batch.headKey()));
        OptionalLong revision = batch.findApplied(seen);
        return revision.isPresent() ? new Decision.Stored(revision.getAsLong()) : lost(seen.revision());
    }

    private Decision lost(long revision) {
        LOG.atWarn()
                .addKeyValue("shard", claim.shard())
                .addKeyValue("revision", revision)
                .log("group shard is lost: a write was refused");
        return new Decision.Lost();
    }

    /** False when the writer was closed meanwhile. */
    private boolean pause(Duration duration) throws InterruptedException {
        Deadline end = Deadline.after(clock, duration);
        lock.lock();
        try {
            while (!closed && clock.await(lock, changed, end)) {
                // woken: look again
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing more; what was accepted is still written. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Accepts nothing more, and refuses what was accepted and not begun. */
    void abandon() {
        List<ShardWrite> rest = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            rest.addAll(queue);
            queue.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        decided(rest, Errors.NOT_COORDINATOR);
    }

    private void decided(List<ShardWrite> writes, Errors outcome) {
        for (ShardWrite write : writes) {
            budget.giveBack(write.bytes());
            write.stored().end();
            write.decided(outcome);
        }
    }
}
