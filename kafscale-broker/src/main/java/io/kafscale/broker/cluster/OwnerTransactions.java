// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.TransactionRunner;
import io.kafscale.proto.metadata.Owner;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The transactions that make and end ownership, in batches within the store's limits.
 *
 * <p>Acquiring a partition puts its owner key under the token's lease, and its state with the next leader epoch, if there
 * was no owner, the token holds, and topic and state are as they were read. Owner keys are deleted by their owner alone,
 * as they were created. Thread-safe.
 */
final class OwnerTransactions {

    private static final Logger LOG = LoggerFactory.getLogger(OwnerTransactions.class);

    private static final int ATTEMPTS = 3;

    private final MetadataStore store;
    private final ClusterKeys keys;
    private final TransactionRunner transactions;

    OwnerTransactions(ClusterEnvironment environment) {
        this.store = environment.store();
        this.keys = environment.keys();
        this.transactions = environment.transactions();
    }

    /** A partition that is to be acquired. Immutable. */
    record Candidate(Topic topic, PartitionId id) {}

    /**
     * Topics and states of partitions as they were seen some time before. What has changed since makes no more harm than a
     * refused transaction. Immutable.
     */
    record Seen(List<Snapshot> parts) {
        /** Everything is to be read. */
        static final Seen NOTHING = new Seen(List.of());

        Seen {
            parts = List.copyOf(parts);
        }

        private Optional<KeyValue> find(String key) {
            return parts.stream().flatMap(part -> part.find(key).stream()).findFirst();
        }
    }

    /** The token does not hold any more. */
    static final class TokenLostException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TokenLostException(Token token) {
            super("registration of " + token.incarnation() + " is gone");
        }
    }

    /** Group shards won at a revision. Immutable. */
    record ShardsWon(List<Integer> shards, long revision) {}

    /**
     * What became of a batch. Immutable.
     *
     * @param unreadable what stands in the way of a leader until somebody repairs its keys
     */
    record Acquired(List<AcquiredPartition> won, List<PartitionId> unreadable) {}

    /** What would be written for one partition, and what must not have changed. */
    private record Claim(Candidate candidate, KeyValue topic, Compare stateAsRead, PartitionState next) {

        AcquiredPartition wonAt(long revision) {
            return new AcquiredPartition(candidate.id(), candidate.topic(), next, revision);
        }
    }

    /** Cuts candidates into batches that fit one transaction each: two writes and two compares for each, and its topic's. */
    static List<List<Candidate>> batches(List<Candidate> candidates) {
        List<List<Candidate>> batches = new ArrayList<>();
        List<Candidate> batch = new ArrayList<>();
        Set<UUID> topics = new HashSet<>();
        for (Candidate candidate : candidates) {
            int topicsThen = topics.size() + (topics.contains(candidate.topic().id()) ? 0 : 1);
            if (1 + topicsThen + 2 * (batch.size() + 1) > MetadataStore.MAX_OPERATIONS) {
                batches.add(List.copyOf(batch));
                batch.clear();
                topics.clear();
            }
            batch.add(candidate);
            topics.add(candidate.topic().id());
        }
        if (!batch.isEmpty()) {
            batches.add(List.copyOf(batch));
        }
        return batches;
    }

    /** Looks at all topics and states, which is less work than looking at each by itself when many are to be acquired. */
    Seen look() {
        return new Seen(List.of(store.range(keys.topics()), store.range(keys.partitionStates())));
    }

    /**
     * Acquires those of one batch that are free.
     *
     * @param before what was seen of all, if anything; what is refused because of it is looked at again
     * @throws TokenLostException when the token does not hold
     * @throws MetadataException when nobody can tell whether they were acquired
     */
    Acquired acquire(Token token, List<Candidate> batch, Seen before) {
        Set<PartitionId> unreadable = new LinkedHashSet<>();
        Seen seen = before;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            seen = seen.equals(Seen.NOTHING) ? read(token, batch) : seen;
            List<Claim> claims = claims(batch, seen, unreadable);
            seen = Seen.NOTHING;
            if (claims.isEmpty()) {
                break;
            }
            TransactionResult result = transactions.run(
                    acquisition(token, claims),
                    () -> wonAt(
                            token,
                            claims.stream()
                                    .map(claim -> keys.partitionOwner(
                                            claim.candidate().id()))
                                    .toList()));
            switch (result) {
                case TransactionResult.Applied applied -> {
                    List<AcquiredPartition> won = claims.stream()
                            .map(claim -> claim.wonAt(applied.revision()))
                            .toList();
                    return new Acquired(won, List.copyOf(unreadable));
                }
                case TransactionResult.Unknown unknown -> throw unknown.cause();
                case TransactionResult.Refused refused -> {
                    // something changed since it was read: read again
                }
            }
        }
        return new Acquired(List.of(), List.copyOf(unreadable));
    }

    private Seen read(Token token, List<Candidate> batch) {
        Set<String> wanted = new LinkedHashSet<>();
        wanted.add(token.registrationKey());
        for (Candidate candidate : batch) {
            wanted.add(keys.topic(candidate.topic().name()));
            wanted.add(keys.partitionOwner(candidate.id()));
            wanted.add(keys.partitionState(candidate.id()));
        }
        Snapshot seen = store.get(wanted);
        requireHeld(token, seen);
        return new Seen(List.of(seen));
    }

    private List<Claim> claims(List<Candidate> batch, Seen seen, Set<PartitionId> unreadable) {
        List<Claim> claims = new ArrayList<>();
        for (Candidate candidate : batch) {
            try {
                claim(candidate, seen).ifPresent(claims::add);
            } catch (MetadataException e) {
                LOG.atError()
                        .setCause(e)
                        .addKeyValue("topic", candidate.topic().name())
                        .addKeyValue("partition", candidate.id())
                        .log("partition is passed over, since its metadata cannot be read");
                unreadable.add(candidate.id());
            }
        }
        return claims;
    }

    private static void requireHeld(Token token, Snapshot seen) {
        boolean held = seen.find(token.registrationKey())
                .filter(entry -> entry.createRevision() == token.createRevision())
                .isPresent();
        if (!held) {
            throw new TokenLostException(token);
        }
    }

    private Optional<Claim> claim(Candidate candidate, Seen seen) {
        Optional<KeyValue> topic = seen.find(keys.topic(candidate.topic().name()))
                .filter(entry -> topicId(entry).equals(candidate.topic().id()));
        if (topic.isEmpty() || seen.find(keys.partitionOwner(candidate.id())).isPresent()) {
            return Optional.empty();
        }
        String stateKey = keys.partitionState(candidate.id());
        Optional<KeyValue> state = seen.find(stateKey);
        PartitionState next = state.map(OwnerTransactions::nextEpoch).orElseGet(PartitionState::getDefaultInstance);
        Compare asRead = state.map(Compare::unchanged).orElseGet(() -> Compare.absent(stateKey));
        return Optional.of(new Claim(candidate, topic.get(), asRead, next));
    }

    private static UUID topicId(KeyValue entry) {
        try {
            return TopicIds.id(TopicConfig.parseFrom(entry.value()).getTopicId());
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw unreadable(entry, e);
        }
    }

    private static PartitionState nextEpoch(KeyValue entry) {
        try {
            PartitionState last = PartitionState.parseFrom(entry.value());
            if (last.getLeaderEpoch() < 0 || last.getLogStart() < 0 || last.getSealedThrough() < 0) {
                throw new IllegalArgumentException("a negative epoch or offset: " + last);
            }
            return last.toBuilder()
                    .setLeaderEpoch(Math.addExact(last.getLeaderEpoch(), 1))
                    .build();
        } catch (InvalidProtocolBufferException | IllegalArgumentException | ArithmeticException e) {
            throw unreadable(entry, e);
        }
    }

    private static MetadataException unreadable(KeyValue entry, Exception cause) {
        return new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", cause);
    }

    private Transaction acquisition(Token token, List<Claim> claims) {
        Transaction.Builder transaction = Transaction.when(token.holds());
        claims.stream().map(Claim::topic).distinct().forEach(topic -> transaction.and(Compare.unchanged(topic)));
        for (Claim claim : claims) {
            PartitionId id = claim.candidate().id();
            String ownerKey = keys.partitionOwner(id);
            transaction
                    .and(Compare.absent(ownerKey))
                    .and(claim.stateAsRead())
                    .put(ownerKey, owner(token, claim.next().getLeaderEpoch()), token.lease())
                    .put(keys.partitionState(id), claim.next().toByteString());
        }
        return transaction.build();
    }

    /** The value of an owner key. */
    static ByteString owner(Token token, int epoch) {
        return Owner.newBuilder()
                .setBrokerId(token.brokerId())
                .setIncarnation(token.incarnation())
                .setEpoch(epoch)
                .build()
                .toByteString();
    }

    /** The one revision that created all these keys for the token; empty when it did not. */
    private OptionalLong wonAt(Token token, List<String> ownerKeys) {
        Snapshot seen = store.get(ownerKeys);
        Set<Long> revisions = new HashSet<>();
        for (String ownerKey : ownerKeys) {
            Optional<KeyValue> mine = seen.find(ownerKey).filter(entry -> isOf(token, entry));
            if (mine.isEmpty()) {
                return OptionalLong.empty();
            }
            revisions.add(mine.get().createRevision());
        }
        return revisions.size() == 1 ? OptionalLong.of(revisions.iterator().next()) : OptionalLong.empty();
    }

    /** What cannot be read was not written by this broker. */
    static boolean isOf(Token token, KeyValue entry) {
        try {
            return Owner.parseFrom(entry.value()).getIncarnation().equals(token.incarnation());
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    /** The revision that created this owner key for the token; empty when it did not. */
    static OptionalLong createdAt(Snapshot seen, Token token, String ownerKey) {
        return seen.find(ownerKey)
                .filter(entry -> isOf(token, entry))
                .map(entry -> OptionalLong.of(entry.createRevision()))
                .orElseGet(OptionalLong::empty);
    }

    /**
     * Acquires those of these group shards that are free, in one transaction.
     *
     * @param shards so many that one transaction holds them
     */
    ShardsWon acquireShards(Token token, List<Integer> shards) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            List<String> wanted =
                    new ArrayList<>(shards.stream().map(keys::groupShardOwner).toList());
            wanted.add(token.registrationKey());
            Snapshot seen = store.get(wanted);
            requireHeld(token, seen);
            List<Integer> free = shards.stream()
                    .filter(shard -> seen.find(keys.groupShardOwner(shard)).isEmpty())
                    .toList();
            if (free.isEmpty()) {
                break;
            }
            List<String> ownerKeys = free.stream().map(keys::groupShardOwner).toList();
            Transaction.Builder transaction = Transaction.when(token.holds());
            ownerKeys.forEach(key -> transaction.and(Compare.absent(key)).put(key, owner(token, 0), token.lease()));
            switch (transactions.run(transaction.build(), () -> wonAt(token, ownerKeys))) {
                case TransactionResult.Applied applied -> {
                    return new ShardsWon(free, applied.revision());
                }
                case TransactionResult.Unknown unknown -> throw unknown.cause();
                case TransactionResult.Refused refused -> {
                    // something changed since it was read: read again
                }
            }
        }
        return new ShardsWon(List.of(), 0);
    }

    /** Deletes own owner keys, each only as it was created; those that are not so any more are passed over. */
    void giveUp(Token token, List<Compare.CreateRevision> ownKeys) {
        int most = MetadataStore.MAX_OPERATIONS - 1;
        for (int from = 0; from < ownKeys.size(); from += most) {
            giveUpBatch(token, ownKeys.subList(from, Math.min(from + most, ownKeys.size())));
        }
    }

    private void giveUpBatch(Token token, List<Compare.CreateRevision> ownKeys) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            List<Compare.CreateRevision> there = stillThere(token, ownKeys);
            if (there.isEmpty()) {
                return;
            }
            Transaction.Builder transaction = Transaction.when(token.holds());
            there.forEach(own -> transaction.and(own).delete(own.key()));
            TransactionResult result = transactions.run(
                    transaction.build(),
                    () -> stillThere(token, there).isEmpty() ? OptionalLong.of(0) : OptionalLong.empty());
            switch (result) {
                case TransactionResult.Applied applied -> {
                    return;
                }
                case TransactionResult.Unknown unknown -> throw unknown.cause();
                case TransactionResult.Refused refused -> {
                    // something changed since it was read: read again
                }
            }
        }
    }

    private List<Compare.CreateRevision> stillThere(Token token, List<Compare.CreateRevision> ownKeys) {
        List<String> wanted = new ArrayList<>(
                ownKeys.stream().map(Compare.CreateRevision::key).toList());
        wanted.add(token.registrationKey());
        Snapshot seen = store.get(wanted);
        requireHeld(token, seen);
        return ownKeys.stream()
                .filter(own -> seen.find(own.key())
                        .filter(entry -> entry.createRevision() == own.revision())
                        .isPresent())
                .toList();
    }
}
