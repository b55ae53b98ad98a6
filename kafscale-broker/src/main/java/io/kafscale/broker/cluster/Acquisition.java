// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.TaskScope;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acquires many partitions, some batches at once, beside whoever serves those that are won already. The first batch that
 * fails is the last that is begun, for the store does not answer. Thread-safe; guarded by {@code lock}, which is not held
 * while the store is asked.
 */
final class Acquisition implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Acquisition.class);

    private static final int AT_ONCE = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final Clock clock;
    private final OwnerTransactions transactions;
    private final Ownership ownership;
    private final Token token;
    private final TaskScope tasks;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<List<OwnerTransactions.Candidate>> batches;

    @GuardedBy("lock")
    private final List<AcquiredPartition> won = new ArrayList<>();

    @GuardedBy("lock")
    private final List<PartitionId> unreadable = new ArrayList<>();

    @GuardedBy("lock")
    private Optional<OwnerTransactions.TokenLostException> lost = Optional.empty();

    @GuardedBy("lock")
    private int running;

    private Acquisition(
            ClusterEnvironment environment,
            OwnerTransactions transactions,
            Ownership ownership,
            Token token,
            List<List<OwnerTransactions.Candidate>> batches) {
        this.clock = environment.clock();
        this.transactions = transactions;
        this.ownership = ownership;
        this.token = token;
        this.batches = new ArrayDeque<>(batches);
        this.tasks = new TaskScope(environment.threads(), AT_ONCE);
        this.running = Math.min(AT_ONCE, batches.size());
    }

    /**
     * Begins to acquire.
     *
     * @throws MetadataException when the store does not answer
     */
    static Acquisition of(
            ClusterEnvironment environment,
            OwnerTransactions transactions,
            Ownership ownership,
            Token token,
            List<OwnerTransactions.Candidate> candidates) {
        List<List<OwnerTransactions.Candidate>> batches = OwnerTransactions.batches(candidates);
        Acquisition acquisition = new Acquisition(environment, transactions, ownership, token, batches);
        OwnerTransactions.Seen seen = batches.size() > AT_ONCE ? transactions.look() : OwnerTransactions.Seen.NOTHING;
        for (int i = 0; i < Math.min(AT_ONCE, batches.size()); i++) {
            acquisition.tasks.fork("acquire", () -> acquisition.acquire(seen));
        }
        return acquisition;
    }

    private void acquire(OwnerTransactions.Seen seen) {
        try {
            Optional<List<OwnerTransactions.Candidate>> batch = nextBatch();
            while (batch.isPresent()) {
                take(transactions.acquire(token, batch.get(), seen));
                batch = nextBatch();
            }
        } catch (OwnerTransactions.TokenLostException e) {
            end(Optional.of(e));
        } catch (MetadataException e) {
            LOG.atWarn().setCause(e).log("free partitions cannot be acquired now; trying again");
            end(Optional.empty());
        } finally {
            leave();
        }
    }

    private Optional<List<OwnerTransactions.Candidate>> nextBatch() {
        lock.lock();
        try {
            return Optional.ofNullable(batches.poll());
        } finally {
            lock.unlock();
        }
    }

    private void take(OwnerTransactions.Acquired acquired) {
        ownership.hold(token, acquired.won());
        lock.lock();
        try {
            won.addAll(acquired.won());
            unreadable.addAll(acquired.unreadable());
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end(Optional<OwnerTransactions.TokenLostException> cause) {
        lock.lock();
        try {
            batches.clear();
            lost = lost.or(() -> cause);
        } finally {
            lock.unlock();
        }
    }

    private void leave() {
        lock.lock();
        try {
            running--;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until no more will be won; when that takes long, only until some are.
     *
     * @return those that were not returned before; empty when there are no more
     * @throws OwnerTransactions.TokenLostException when the token does not hold and all that was won has been returned
     */
    List<AcquiredPartition> await() throws InterruptedException {
        Deadline patience = Deadline.after(clock, PATIENCE);
        lock.lock();
        try {
            while (running > 0 && (won.isEmpty() || !patience.passed(clock))) {
                clock.await(lock, news, won.isEmpty() ? Deadline.NEVER : patience);
            }
            List<AcquiredPartition> next = List.copyOf(won);
            won.clear();
            if (next.isEmpty() && lost.isPresent()) {
                throw lost.get();
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** What stands in the way of a leader until somebody repairs its keys. */
    List<PartitionId> unreadable() {
        lock.lock();
        try {
            return List.copyOf(unreadable);
        } finally {
            lock.unlock();
        }
    }

    /** Begins no more batches, and waits for those under way. */
    @Override
    public void close() {
        end(Optional.empty());
        tasks.close();
    }
}
