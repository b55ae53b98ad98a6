// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Reads topics from the store, never as they were before the call. Thread-safe; guarded by {@code lock}, which is not held
 * while the store is asked.
 *
 * <p>Reads go in rounds, one after the other. Who comes joins the round that has not begun to read, or opens the next one
 * and reads for all who join it. So however many ask, one read is under way, and after a burst they keep a pace.
 */
final class FreshTopics {

    /** Rounds that may follow each other at once, after a time without any. */
    static final int BURST = 50;

    /** The time of each further one. */
    static final Duration PACE = Duration.ofMillis(10);

    /** How long a caller waits for its round and for those before it. */
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final ClusterEnvironment environment;
    private final Function<KeyValue, Topic> parse;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Round newest;

    @GuardedBy("lock")
    private long pacedUntilNanos;

    /** Those who share a read. Its fields that change are guarded by {@code lock}. */
    private static final class Round {
        private final Pending<Outcome> before;
        private final Pending<Outcome> outcome = new Pending<>();
        private final Set<String> names = new HashSet<>();
        private boolean begun;

        Round(Pending<Outcome> before) {
            this.before = before;
        }
    }

    /** How a round ended. Immutable. */
    private sealed interface Outcome {
        /** What was there; for a value that cannot be read, why. */
        record Seen(Map<String, Topic> topics, Map<String, MetadataException> unreadable) implements Outcome {}

        record Failed(MetadataException cause) implements Outcome {}
    }

    /**
     * A reader of topics.
     *
     * @param parse throws {@link MetadataException} for a value that cannot be read
     */
    FreshTopics(ClusterEnvironment environment, Function<KeyValue, Topic> parse) {
        this.environment = environment;
        this.parse = parse;
        this.newest = new Round(Pending.completed(nothing()));
        this.newest.begun = true;
        this.newest.outcome.complete(nothing());
        this.pacedUntilNanos = environment.clock().monotonicNanos() - BURST * PACE.toNanos();
    }

    private static Outcome nothing() {
        return new Outcome.Seen(Map.of(), Map.of());
    }

    /** Those of the names that are topics; see {@link TopicCatalog#findFresh(Collection)}. */
    Map<String, Topic> find(Collection<String> names) {
        List<String> possible = names.stream()
                .distinct()
                .filter(name -> TopicNames.problem(name).isEmpty())
                .toList();
        Map<String, Topic> found = new HashMap<>();
        try {
            for (int from = 0; from < possible.size(); from += MetadataStore.MAX_OPERATIONS) {
                int end = Math.min(from + MetadataStore.MAX_OPERATIONS, possible.size());
                find(possible.subList(from, end), found);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetadataException(MetadataException.Kind.INTERRUPTED, "interrupted", e);
        }
        return found;
    }

    private void find(List<String> names, Map<String, Topic> found) throws InterruptedException {
        Deadline limit = Deadline.after(environment.clock(), LIMIT);
        Round round;
        boolean opened;
        lock.lock();
        try {
            opened = newest.begun || !fits(newest, names);
            if (opened) {
                newest = new Round(newest.outcome);
            }
            round = newest;
            round.names.addAll(names);
        } finally {
            lock.unlock();
        }
        if (opened) {
            lead(round, limit);
        }
        Outcome outcome = round.outcome
                .await(environment.clock(), limit)
                .orElseGet(() -> new Outcome.Failed(unavailable("topics were not read in time")));
        switch (outcome) {
            case Outcome.Failed(MetadataException cause) ->
                throw new MetadataException(cause.kind(), String.valueOf(cause.getMessage()), cause);
            case Outcome.Seen seen -> take(seen, names, found);
        }
    }

    @GuardedBy("lock")
    private boolean fits(Round round, List<String> names) {
        long added = names.stream().filter(name -> !round.names.contains(name)).count();
        return round.names.size() + added <= MetadataStore.MAX_OPERATIONS;
    }

    private static void take(Outcome.Seen seen, List<String> names, Map<String, Topic> found) {
        for (String name : names) {
            Optional.ofNullable(seen.unreadable().get(name)).ifPresent(unreadable -> {
                throw new MetadataException(unreadable.kind(), String.valueOf(unreadable.getMessage()), unreadable);
            });
            Optional.ofNullable(seen.topics().get(name)).ifPresent(topic -> found.put(name, topic));
        }
    }

    /** Reads for everybody in the round, which ends whatever happens. */
    private void lead(Round round, Deadline limit) throws InterruptedException {
        Outcome outcome = new Outcome.Failed(unavailable("topics were not read"));
        try {
            if (round.before.await(environment.clock(), limit).isPresent()) {
                environment.clock().sleep(untilPaced());
                outcome = read(begin(round));
            }
        } finally {
            begin(round);
            round.outcome.complete(outcome);
        }
    }

    private Duration untilPaced() {
        lock.lock();
        try {
            long now = environment.clock().monotonicNanos();
            long burstNanos = BURST * PACE.toNanos();
            pacedUntilNanos = Math.max(pacedUntilNanos - now, -burstNanos) + now + PACE.toNanos();
            return Duration.ofNanos(Math.max(0, pacedUntilNanos - now));
        } finally {
            lock.unlock();
        }
    }

    /** Lets nobody join any more. */
    private List<String> begin(Round round) {
        lock.lock();
        try {
            round.begun = true;
            return List.copyOf(round.names);
        } finally {
            lock.unlock();
        }
    }

    private Outcome read(List<String> names) {
        Map<String, Topic> topics = new HashMap<>();
        Map<String, MetadataException> unreadable = new HashMap<>();
        try {
            Snapshot seen = environment
                    .store()
                    .get(names.stream().map(environment.keys()::topic).toList());
            for (KeyValue entry : seen.all()) {
                String name = entry.key().substring(environment.keys().topics().length());
                try {
                    topics.put(name, parse.apply(entry));
                } catch (MetadataException e) {
                    unreadable.put(name, e);
                }
            }
            return new Outcome.Seen(topics, unreadable);
        } catch (MetadataException e) {
            boolean others = e.kind() == MetadataException.Kind.INTERRUPTED;
            return new Outcome.Failed(others ? unavailable("the reader of topics was interrupted") : e);
        }
    }

    private static MetadataException unavailable(String what) {
        return new MetadataException(MetadataException.Kind.UNAVAILABLE, what);
    }
}
