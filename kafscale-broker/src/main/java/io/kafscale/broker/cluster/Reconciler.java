// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Signal;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what this broker serves in line with what it should: gives up what is deleted, acquires what is free, has it
 * served, and returns keys that it holds without knowing. Confined to one thread at a time: the one that starts the
 * cluster, then the one in {@link #run}, then the one that has stopped it; {@link #stop} may be called by any.
 */
final class Reconciler {

    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    private static final Duration UNDISTURBED = Duration.ofMinutes(1);
    private static final Duration UNDONE = Duration.ofSeconds(1);
    private static final int SHARDS_AT_A_TIME = 64;

    private final ClusterEnvironment environment;
    private final TopicCatalog catalog;
    private final Ownership ownership;
    private final PartitionHost host;
    private final Signal work;
    private final BiConsumer<Token, String> abdicate;
    private final OwnerTransactions transactions;
    private final Pending<Boolean> stopping = new Pending<>();
    private final Pending<Boolean> ended = new Pending<>();
    private Optional<Token> begun = Optional.empty();

    /**
     * A reconciler that has not begun.
     *
     * @param work rung when there may be something to do
     * @param abdicate told when the token turns out to be lost
     */
    Reconciler(
            ClusterEnvironment environment,
            TopicCatalog catalog,
            Ownership ownership,
            PartitionHost host,
            Signal work,
            BiConsumer<Token, String> abdicate) {
        this.environment = environment;
        this.catalog = catalog;
        this.ownership = ownership;
        this.host = host;
        this.work = work;
        this.abdicate = abdicate;
        this.transactions = new OwnerTransactions(environment);
    }

    /**
     * Makes passes until it is told to stop.
     *
     * @param complete whether the last pass has left nothing
     */
    void run(int groupShards, boolean complete) {
        try {
            Duration pause = complete ? UNDISTURBED : UNDONE;
            while (!isStopping()) {
                work.await(environment.clock(), Deadline.after(environment.clock(), pause));
                pause = isStopping() || passOrReport(groupShards) ? UNDISTURBED : UNDONE;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.complete(true);
        }
    }

    /** A bug must not end the thread without which nothing is acquired any more. */
    private boolean passOrReport(int groupShards) {
        try {
            return pass(groupShards);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("ownership not reconciled because of a bug");
            return false;
        }
    }

    private boolean isStopping() {
        return stopping.poll().isPresent();
    }

    /** Has {@link #run} end; false when it did not within the limit. */
    boolean stop(Deadline limit) throws InterruptedException {
        stopping.complete(true);
        work.raise();
        return ended.await(environment.clock(), limit).isPresent();
    }

    /** Makes one pass; false when something is left for another, soon. */
    boolean pass(int groupShards) {
        Optional<Token> current = ownership.current();
        if (current.isEmpty()) {
            return false;
        }
        Token token = current.get();
        try {
            return reconcile(token, groupShards);
        } catch (OwnerTransactions.TokenLostException lost) {
            abdicate.accept(token, "the registration is gone");
            return false;
        } catch (MetadataException e) {
            LOG.atWarn().setCause(e).log("ownership cannot be reconciled now; trying again");
            return false;
        }
    }

    private boolean reconcile(Token token, int groupShards) {
        if (!begun.equals(Optional.of(token))) {
            host.begin(token);
            begun = Optional.of(token);
        }
        boolean deletedGone = giveUpDeleted(token);
        transactions.giveUp(token, ownership.strays(token.incarnation()));
        boolean shardsDone = acquireShards(token, groupShards);
        boolean partitionsDone = acquirePartitions(token);
        boolean allServed = serve(token);
        if (shardsDone && partitionsDone && allServed) {
            ownership.becomeReady(token);
            return deletedGone;
        }
        return false;
    }

    /** Waits for nothing: what is not decided keeps its key until a later pass. */
    private boolean giveUpDeleted(Token token) {
        ownership.leave(
                ids(ownership.holdings()).stream().filter(id -> !exists(id)).toList());
        giveUpLeaving(token);
        ownership.forgetUnless(this::exists);
        return ownership.leaving().isEmpty();
    }

    private static List<PartitionId> ids(List<Ownership.Holding> holdings) {
        return holdings.stream().map(held -> held.partition().id()).toList();
    }

    private boolean exists(PartitionId id) {
        return catalog.find(id.topicId())
                .filter(topic -> topic.has(id.partition()))
                .isPresent();
    }

    private void giveUpLeaving(Token token) {
        List<Ownership.Holding> leaving = ownership.leaving();
        if (leaving.isEmpty()) {
            return;
        }
        Deadline now = Deadline.after(environment.clock(), Duration.ZERO);
        Set<PartitionId> released = new HashSet<>(host.release(ids(leaving), now));
        transactions.giveUp(
                token,
                leaving.stream()
                        .filter(held -> released.contains(held.partition().id()))
                        .map(Ownership.Holding::key)
                        .toList());
        ownership.givenUp(released);
    }

    private boolean acquireShards(Token token, int groupShards) {
        boolean done = true;
        for (int from = 0; from < groupShards; from += SHARDS_AT_A_TIME) {
            List<Integer> free = IntStream.range(from, Math.min(from + SHARDS_AT_A_TIME, groupShards))
                    .filter(ownership::isShardFree)
                    .boxed()
                    .toList();
            if (!free.isEmpty()) {
                OwnerTransactions.ShardsWon won = transactions.acquireShards(token, free);
                ownership.holdShards(token, won.shards(), won.revision());
                done &= won.shards().size() == free.size();
            }
        }
        return done;
    }

    private boolean acquirePartitions(Token token) {
        List<OwnerTransactions.Candidate> free = catalog.all().stream()
                .flatMap(topic -> topic.allPartitions()
                        .filter(ownership::isFree)
                        .map(id -> new OwnerTransactions.Candidate(topic, id)))
                .toList();
        int won = 0;
        for (List<OwnerTransactions.Candidate> batch : OwnerTransactions.batches(free)) {
            List<AcquiredPartition> acquired = transactions.acquire(token, batch);
            ownership.hold(token, acquired);
            won += acquired.size();
        }
        return won == free.size();
    }

    /** Has everything served that is held and not yet served; true when nothing is left. */
    private boolean serve(Token token) {
        List<AcquiredPartition> waiting = ownership.holdings().stream()
                .filter(held -> !held.served())
                .map(Ownership.Holding::partition)
                .toList();
        if (waiting.isEmpty()) {
            return true;
        }
        AtomicInteger served = new AtomicInteger();
        host.serve(waiting, partition -> {
            ownership.serve(token, List.of(partition));
            served.incrementAndGet();
        });
        return served.get() == waiting.size();
    }

    /** Has the host decide and release everything, as far as there is time; the owner keys stay. */
    void releaseAll(Deadline limit) {
        ownership.leave(ids(ownership.holdings()));
        host.release(ids(ownership.leaving()), limit);
    }
}
