// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import io.kafscale.proto.metadata.PartitionState;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/**
 * The stored state of a partition that this broker owns. Each change compares the token, the owner key as it was created and
 * the state as it was last seen, so that it applies only while the ownership lasts and only upon what is known. Thread-safe;
 * {@code lock} guards whose turn it is and is not held while the store is asked.
 */
final class OwnedState {

    private static final int ATTEMPTS = 3;

    private final PartitionId id;
    private final MetadataStore store;
    private final TransactionRunner transactions;
    private final Token token;
    private final String stateKey;
    private final String ownerKey;
    private final long acquiredRevision;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition free = lock.newCondition();

    @GuardedBy("lock")
    private boolean busy;

    @GuardedBy("lock")
    private Seen seen;

    /** Nobody knows whether the last change was applied. */
    @GuardedBy("lock")
    private boolean doubtful;

    /** What is stored, as of the revision that wrote it. Immutable. */
    private record Seen(PartitionState state, long revision) {}

    /** The partition is not owned any more, or somebody else has written its state. */
    static final class OwnershipLostException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OwnershipLostException(PartitionId id) {
            super("partition " + id + " is not owned any more");
        }
    }

    /** The state as the transaction wrote it that acquired the partition, and made the owner key. */
    OwnedState(
            MetadataStore store, ClusterKeys keys, TransactionRunner transactions, Token token, OpenRequest request) {
        this.store = store;
        this.transactions = transactions;
        this.token = token;
        this.id = request.id();
        this.stateKey = keys.partitionState(request.id());
        this.ownerKey = keys.partitionOwner(request.id());
        this.acquiredRevision = request.acquiredRevision();
        this.seen = new Seen(request.state(), request.acquiredRevision());
    }

    /** What is stored, as far as this broker knows. */
    PartitionState current() {
        return seen().state();
    }

    /**
     * Changes the state; blocks until all earlier changes are decided and this one is.
     *
     * @param change from the current state to the next; nothing is written when it changes nothing
     * @return what is stored now
     * @throws OwnershipLostException when it was not written and never will be
     * @throws MetadataException when that is not known, or the store cannot be asked now: a later change finds out
     */
    PartitionState change(UnaryOperator<PartitionState> change) throws InterruptedException {
        takeTurn();
        try {
            if (isDoubtful()) {
                lookAgain();
            }
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Seen before = seen();
                PartitionState wanted = change.apply(before.state());
                if (wanted.equals(before.state()) || wrote(before, wanted)) {
                    return wanted;
                }
                lookAgain();
            }
            throw new MetadataException(
                    MetadataException.Kind.UNAVAILABLE, "state of partition " + id + " is changed all the time");
        } finally {
            endTurn();
        }
    }

    private void takeTurn() throws InterruptedException {
        lock.lock();
        try {
            while (busy) {
                free.await();
            }
            busy = true;
        } finally {
            lock.unlock();
        }
    }

    private void endTurn() {
        lock.lock();
        try {
            busy = false;
            free.signal();
        } finally {
            lock.unlock();
        }
    }

    private boolean wrote(Seen before, PartitionState wanted) {
        Transaction transaction = Transaction.when(
                        token.holds(),
                        new Compare.CreateRevision(ownerKey, acquiredRevision),
                        new Compare.ModRevision(stateKey, before.revision()))
                .put(stateKey, wanted.toByteString())
                .build();
        return switch (transactions.run(transaction, () -> writtenAt(before, wanted))) {
            case TransactionResult.Applied applied -> {
                see(new Seen(wanted, applied.revision()));
                yield true;
            }
            case TransactionResult.Refused refused -> false;
            case TransactionResult.Unknown unknown -> {
                doubt();
                throw unknown.cause();
            }
        };
    }

    /** Nobody else writes this state while it is owned, so its revision tells which of two equal ones it is. */
    private OptionalLong writtenAt(Seen before, PartitionState wanted) {
        return store.get(List.of(stateKey))
                .find(stateKey)
                .filter(entry ->
                        entry.modRevision() > before.revision() && entry.value().equals(wanted.toByteString()))
                .map(entry -> OptionalLong.of(entry.modRevision()))
                .orElseGet(OptionalLong::empty);
    }

    /** The store has refused: either the ownership is over, or a change of ours of which no answer came was applied. */
    private void lookAgain() {
        Snapshot stored = store.get(List.of(token.registrationKey(), ownerKey, stateKey));
        boolean mine = isCreatedAt(stored, token.registrationKey(), token.createRevision())
                && isCreatedAt(stored, ownerKey, acquiredRevision);
        Optional<KeyValue> entry = stored.find(stateKey);
        if (!mine || entry.isEmpty()) {
            throw new OwnershipLostException(id);
        }
        see(new Seen(parsed(entry.get()), entry.get().modRevision()));
    }

    private static boolean isCreatedAt(Snapshot stored, String key, long revision) {
        return stored.find(key)
                .filter(entry -> entry.createRevision() == revision)
                .isPresent();
    }

    private static PartitionState parsed(KeyValue entry) {
        try {
            return PartitionState.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }

    private boolean isDoubtful() {
        lock.lock();
        try {
            return doubtful;
        } finally {
            lock.unlock();
        }
    }

    private void doubt() {
        lock.lock();
        try {
            doubtful = true;
        } finally {
            lock.unlock();
        }
    }

    private Seen seen() {
        lock.lock();
        try {
            return seen;
        } finally {
            lock.unlock();
        }
    }

    private void see(Seen newer) {
        lock.lock();
        try {
            seen = newer;
            doubtful = false;
        } finally {
            lock.unlock();
        }
    }
}
