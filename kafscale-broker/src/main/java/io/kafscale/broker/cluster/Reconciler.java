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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
    private final Retries retries;
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
        this.retries = new Retries(environment.clock(), environment.random());
    }

    /**
     * Makes passes until it is told to stop.
     *
     * @param first when the first pass is due at the latest
     */
    void run(int groupShards, Deadline first) {
        try {
            Deadline next = first;
            while (!isStopping()) {
                work.await(environment.clock(), next);
                if (!isStopping()) {
                    next = pass(groupShards);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.complete(true);
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

    /** Makes one pass, whatever goes wrong in it; says when the next one is due at the latest. */
    Deadline pass(int groupShards) {
        boolean done = ownership
                .current()
                .map(token -> tried("pass", () -> reconcile(token, groupShards)))
                .orElse(false);
        return Deadline.after(environment.clock(), done ? UNDISTURBED : UNDONE).orSooner(retries.soonest());
    }

    private boolean reconcile(Token token, int groupShards) {
        if (!begun.equals(Optional.of(token))) {
            host.begin(token);
            begun = Optional.of(token);
            retries.clear();
        }
        try {
            boolean done = tried("deleted partitions", () -> giveUpDeleted(token));
            done &= tried("strays", () -> giveUpStrays(token));
            done &= tried("group shards", () -> acquireShards(token, groupShards));
            done &= tried("free partitions", () -> acquirePartitions(token));
            done &= tried("held partitions", () -> serveHeld(token));
            return done;
        } catch (OwnerTransactions.TokenLostException lost) {
            abdicate.accept(token, "the registration is gone");
            return false;
        }
    }

    /** False when a step has not been done; neither a store that does not answer nor a bug keeps the others from it. */
    private static boolean tried(String step, BooleanSupplier body) {
        try {
            return body.getAsBoolean();
        } catch (OwnerTransactions.TokenLostException lost) {
            throw lost;
        } catch (MetadataException e) {
            LOG.atWarn().setCause(e).addKeyValue("step", step).log("ownership cannot be reconciled now; trying again");
            return false;
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("step", step).log("ownership not reconciled because of a bug");
            return false;
        }
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

    private boolean giveUpStrays(Token token) {
        transactions.giveUp(token, ownership.strays(token.incarnation()));
        return true;
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
        retries.retain(Stream.concat(
                        free.stream().map(OwnerTransactions.Candidate::id),
                        held(holding -> !holding.served()).map(AcquiredPartition::id))
                .collect(Collectors.toUnmodifiableSet()));
        List<OwnerTransactions.Candidate> due =
                free.stream().filter(candidate -> retries.isDue(candidate.id())).toList();
        acquireAndServe(token, due);
        return due.stream()
                .map(OwnerTransactions.Candidate::id)
                .noneMatch(id -> ownership.isFree(id) && retries.isDue(id));
    }

    /**
     * What is won is served together, since recovery reads all commit records and footers each time; where acquiring takes
     * long, what is won by then is served beside it.
     */
    private void acquireAndServe(Token token, List<OwnerTransactions.Candidate> due) {
        if (due.isEmpty()) {
            return;
        }
        try (Acquisition acquisition = Acquisition.of(environment, transactions, ownership, token, due)) {
            List<AcquiredPartition> won = acquisition.await();
            while (!won.isEmpty()) {
                serve(token, won);
                won = acquisition.await();
            }
            acquisition.unreadable().forEach(retries::failed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Stream<AcquiredPartition> held(Predicate<Ownership.Holding> which) {
        return ownership.holdings().stream().filter(which).map(Ownership.Holding::partition);
    }

    private boolean serveHeld(Token token) {
        serve(
                token,
                held(holding -> !holding.served())
                        .filter(partition -> retries.isDue(partition.id()))
                        .toList());
        return true;
    }

    /** Has the host serve what is held; those that it cannot serve are asked for again, less and less often. */
    private void serve(Token token, List<AcquiredPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        Set<PartitionId> served = served(token, partitions);
        for (AcquiredPartition partition : partitions) {
            if (served.contains(partition.id())) {
                retries.succeeded(partition.id());
            } else {
                retries.failed(partition.id());
            }
        }
    }

    /** A partition that sets off a bug is found by halves, and is the only one that is not served because of it. */
    private Set<PartitionId> served(Token token, List<AcquiredPartition> partitions) {
        Set<PartitionId> served = ConcurrentHashMap.newKeySet();
        try {
            host.serve(List.copyOf(partitions), partition -> {
                ownership.serve(token, List.of(partition));
                served.add(partition);
            });
            return served;
        } catch (RuntimeException e) {
            LOG.atError()
                    .setCause(e)
                    .addKeyValue("partitions", partitions.size())
                    .log("not served because of a bug");
        }
        List<AcquiredPartition> left = partitions.stream()
                .filter(partition -> !served.contains(partition.id()))
                .toList();
        if (left.isEmpty() || partitions.size() == 1) {
            return served;
        }
        int half = (left.size() + 1) / 2;
        served.addAll(served(token, left.subList(0, half)));
        served.addAll(served(token, left.subList(half, left.size())));
        return served;
    }

    /** Has the host decide and release everything, as far as there is time; the owner keys stay. */
    void releaseAll(Deadline limit) {
        ownership.leave(ids(ownership.holdings()));
        host.release(ids(ownership.leaving()), limit);
    }
}
