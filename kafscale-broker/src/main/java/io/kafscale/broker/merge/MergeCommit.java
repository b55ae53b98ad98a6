// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.BackOff;
import io.kafscale.proto.metadata.Ended;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The transactions that replace or drop commit records of one incarnation. Each compares the acting broker's token and the
 * revision of every record that it touches, none of which ever comes back; so it applies at most once, and when it was
 * refused no delayed copy of it will apply. Until it is known whether it was applied it is tried again. Confined to the
 * thread that merges.
 */
final class MergeCommit {

    private final LogEnvironment environment;
    private final Token token;
    private final String incarnation;

    /** How a transaction ended. Immutable. */
    sealed interface Result {

        record Applied(long revision) implements Result {}

        /** Nothing was done: one of the records is not what it was. */
        record Changed() implements Result {}

        /** Nothing was done, and nothing more may be. */
        record TokenLost() implements Result {}
    }

    /**
     * Transactions of one broker.
     *
     * @param token of the broker that acts
     * @param incarnation whose records these are
     */
    MergeCommit(LogEnvironment environment, Token token, String incarnation) {
        this.environment = environment;
        this.token = token;
        this.incarnation = incarnation;
    }

    /** Puts a record in the place of a run. */
    Result replace(List<SharedObjects.Live> run, CommitRecord merged) throws InterruptedException {
        Transaction.Builder transaction = when(run);
        String first = key(run.getFirst());
        transaction.put(first, merged.message().toByteString());
        run.stream().skip(1).map(this::key).forEach(transaction::delete);
        return decide(transaction.build(), keys(run), seen -> appliedAt(seen, first, merged));
    }

    /** Removes records. */
    Result drop(List<SharedObjects.Live> dead) throws InterruptedException {
        return delete(when(dead), keys(dead));
    }

    /** Removes the last record and the head. */
    Result end(SharedObjects.Live last, KeyValue head) throws InterruptedException {
        Transaction.Builder transaction = when(List.of(last)).and(Compare.unchanged(head));
        transaction.put(
                environment.keys().ended(),
                Ended.newBuilder().setIncarnation(incarnation).build().toByteString());
        return delete(transaction, List.of(key(last), head.key()));
    }

    private Result delete(Transaction.Builder transaction, List<String> keys) throws InterruptedException {
        keys.forEach(transaction::delete);
        return decide(
                transaction.build(),
                keys,
                seen -> keys.stream().allMatch(key -> seen.find(key).isEmpty())
                        ? OptionalLong.of(seen.revision())
                        : OptionalLong.empty());
    }

    private Transaction.Builder when(List<SharedObjects.Live> records) {
        Transaction.Builder transaction = Transaction.when(token.holds());
        records.forEach(live -> transaction.and(new Compare.ModRevision(key(live), live.revision())));
        return transaction;
    }

    private List<String> keys(List<SharedObjects.Live> records) {
        return records.stream().map(this::key).toList();
    }

    private String key(SharedObjects.Live live) {
        return environment.keys().commit(incarnation, live.sequence());
    }

    /** The name of the new object is found nowhere else. */
    private static OptionalLong appliedAt(Snapshot seen, String first, CommitRecord merged) {
        return seen.find(first).filter(entry -> names(entry, merged)).stream()
                .mapToLong(KeyValue::modRevision)
                .findFirst();
    }

    private static boolean names(KeyValue entry, CommitRecord merged) {
        try {
            return CommitRecord.parse(entry.key(), entry.value()).object().equals(merged.object());
        } catch (StorageException e) {
            return false;
        }
    }

    private boolean holds(Snapshot seen) {
        return seen.find(token.registrationKey())
                .filter(entry -> entry.createRevision() == token.createRevision())
                .isPresent();
    }

    private Result decide(Transaction transaction, List<String> keys, Function<Snapshot, OptionalLong> appliedAt)
            throws InterruptedException {
        List<String> looked = new ArrayList<>(keys);
        looked.add(token.registrationKey());
        BackOff backOff = BackOff.forStores(environment.random());
        while (true) {
            try {
                TransactionResult result = environment.metadata().commit(transaction);
                if (result instanceof TransactionResult.Applied applied) {
                    return new Result.Applied(applied.revision());
                }
                Snapshot seen = environment.metadata().get(looked);
                OptionalLong revision = appliedAt.apply(seen);
                if (revision.isPresent()) {
                    return new Result.Applied(revision.getAsLong());
                }
                if (result instanceof TransactionResult.Refused) {
                    return holds(seen) ? new Result.Changed() : new Result.TokenLost();
                }
            } catch (MetadataException e) {
                if (e.kind() == MetadataException.Kind.INTERRUPTED) {
                    throw new InterruptedException(e.getMessage());
                }
                // tried, or looked for, again
            }
            backOff.pause(environment.clock());
        }
    }
}
