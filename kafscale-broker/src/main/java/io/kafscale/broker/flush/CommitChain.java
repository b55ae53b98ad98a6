// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.time.BackOff;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.Head;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chain of one incarnation's commits. Each transaction compares the token and the head's modification revision, and
 * writes the head; so it applies at most once, only behind the one before it, and only while the registration stands.
 * When an answer is lost, the head tells:
 *
 * <pre>
 * head names my sequence                             committed
 * head as it was, registration gone                  not committed, and never will be; but if there never was a head, and
 *                                                    an answer was lost, it may have been removed since
 * head as it was, registration mine                  the same transaction again
 * anything else                                      nobody can tell: the incarnation must end
 * </pre>
 *
 * <p>Confined to the thread that commits.
 */
final class CommitChain {

    private static final Logger LOG = LoggerFactory.getLogger(CommitChain.class);

    private final LogEnvironment environment;
    private final Token token;
    private final StoreHealth health;
    private final BooleanSupplier ended;
    private final String headKey;

    private long headRevision;
    private long headSequence;

    /** Whether an answer to the transaction that is being committed was lost. */
    private boolean answerLost;

    /** How a commit ended. */
    enum Decision {
        COMMITTED,
        /** It is certain that nothing of it is or will be committed, nor anything behind it. */
        LOST,
        /** Nobody can tell in time, or before the incarnation ended. */
        UNDECIDED
    }

    /** What a look at the head and the registration showed. */
    private enum Sight {
        COMMITTED,
        LOST,
        UNCHANGED,
        UNEXPECTED,
        NOTHING
    }

    /**
     * The chain of an incarnation that has committed nothing.
     *
     * @param ended whether the incarnation is over, so that nothing more may be committed
     */
    CommitChain(LogEnvironment environment, Token token, StoreHealth health, BooleanSupplier ended) {
        this.environment = environment;
        this.token = token;
        this.health = health;
        this.ended = ended;
        this.headKey = environment.keys().head(token.incarnation());
    }

    /**
     * Commits flushes that follow the last committed one, trying for as long as it takes to know.
     *
     * @param patience when to give up, provided that the store answers reads and never says no
     */
    Decision commit(List<StoredFlush> flushes, Deadline patience) throws InterruptedException {
        if (flushes.getFirst().flush().sequence() != headSequence + 1) {
            throw new IllegalStateException(
                    "flush " + flushes.getFirst().flush().sequence() + " behind head " + headSequence);
        }
        Transaction transaction = transaction(flushes);
        long sequence = flushes.getLast().flush().sequence();
        BackOff backOff = BackOff.forStores(environment.random());
        answerLost = false;
        while (!ended.getAsBoolean()) {
            Optional<TransactionResult> result = attempt(transaction);
            if (result.isPresent() && result.get() instanceof TransactionResult.Applied applied) {
                advance(sequence, applied.revision());
                return Decision.COMMITTED;
            }
            Sight sight = look(sequence);
            if (sight != Sight.UNCHANGED || !mayTryAgain(result, patience)) {
                return conclude(sight, sequence);
            }
            backOff.pause(environment.clock());
        }
        return Decision.UNDECIDED;
    }

    /** A store that says no is only tired; one that never says what it did is given up some time. */
    private boolean mayTryAgain(Optional<TransactionResult> result, Deadline patience) {
        return result.map(
                        answer -> answer instanceof TransactionResult.Unknown && !patience.passed(environment.clock()))
                .orElse(true);
    }

    /** The revision of the last transaction, which its commit records carry, also when only a look has told of it. */
    long revision() {
        return headRevision;
    }

    private Transaction transaction(List<StoredFlush> flushes) {
        long sequence = flushes.getLast().flush().sequence();
        Transaction.Builder transaction = Transaction.when(
                        token.holds(), new Compare.ModRevision(headKey, headRevision))
                .put(headKey, Head.newBuilder().setSequence(sequence).build().toByteString());
        for (StoredFlush flush : flushes) {
            String key =
                    environment.keys().commit(token.incarnation(), flush.flush().sequence());
            transaction.put(key, flush.record().message().toByteString());
        }
        return transaction.build();
    }

    /** Empty when the store says that it did nothing. */
    private Optional<TransactionResult> attempt(Transaction transaction) throws InterruptedException {
        try {
            TransactionResult result = environment.metadata().commit(transaction);
            if (result instanceof TransactionResult.Unknown unknown) {
                answerLost = true;
                health.failed(false, unknown.cause());
            }
            return Optional.of(result);
        } catch (MetadataException e) {
            failed(e);
            return Optional.empty();
        }
    }

    /** Looks until it sees, or the incarnation ends. */
    private Sight look(long sequence) throws InterruptedException {
        BackOff backOff = BackOff.forStores(environment.random());
        while (!ended.getAsBoolean()) {
            try {
                return judge(environment.metadata().get(List.of(headKey, token.registrationKey())), sequence);
            } catch (MetadataException e) {
                failed(e);
                backOff.pause(environment.clock());
            }
        }
        return Sight.NOTHING;
    }

    private void failed(MetadataException e) throws InterruptedException {
        if (e.kind() == MetadataException.Kind.INTERRUPTED) {
            throw new InterruptedException(e.getMessage());
        }
        health.failed(true, e);
    }

    private Sight judge(Snapshot seen, long sequence) {
        Optional<KeyValue> head = seen.find(headKey);
        if (head.map(KeyValue::modRevision).orElse(0L) == headRevision) {
            boolean mine = seen.find(token.registrationKey())
                    .map(KeyValue::createRevision)
                    .filter(created -> created == token.createRevision())
                    .isPresent();
            if (mine) {
                return Sight.UNCHANGED;
            }
            return head.isEmpty() && answerLost ? Sight.UNEXPECTED : Sight.LOST;
        }
        if (head.isPresent() && sequenceOf(head.get()) == sequence) {
            advance(sequence, head.get().modRevision());
            return Sight.COMMITTED;
        }
        return Sight.UNEXPECTED;
    }

    private static long sequenceOf(KeyValue head) {
        try {
            return Head.parseFrom(head.value()).getSequence();
        } catch (InvalidProtocolBufferException e) {
            LOG.atError().setCause(e).addKeyValue("key", head.key()).log("head cannot be read");
            return -1;
        }
    }

    private Decision conclude(Sight sight, long sequence) {
        if (sight == Sight.COMMITTED) {
            return Decision.COMMITTED;
        }
        LOG.atWarn()
                .addKeyValue("incarnation", token.incarnation())
                .addKeyValue("sequence", sequence)
                .addKeyValue("seen", sight)
                .log("commit failed for good");
        return sight == Sight.LOST ? Decision.LOST : Decision.UNDECIDED;
    }

    private void advance(long sequence, long revision) {
        if (sequence <= headSequence || revision <= headRevision) {
            throw new IllegalStateException("head went from " + headSequence + " at revision " + headRevision + " to "
                    + sequence + " at " + revision);
        }
        headSequence = sequence;
        headRevision = revision;
        health.succeeded();
    }
}
