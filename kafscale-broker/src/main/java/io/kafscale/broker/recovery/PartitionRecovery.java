// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.ProducerTails;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ProducerTail;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Puts one partition's log together from the footers of objects that come in any order, and knows those that it has read
 * already. Confined to its owner's lock.
 */
final class PartitionRecovery {

    private final RecoveryRequest request;
    private final List<StoredChunk> chunks = new ArrayList<>();
    private final Set<ObjectKey> read = new HashSet<>();
    private final ProducerTails producers = new ProducerTails();

    /** What the newest segment says; empty until it is read, and when there is none. */
    private Optional<SealedState> sealed = Optional.empty();

    /** Footers that are being read for it. */
    private int awaited;

    /** The worst that happened to a footer since {@link #beginReading}. */
    private Optional<StorageException> failure = Optional.empty();

    /** How it ended. Immutable. */
    sealed interface Result {
        record Complete(Recovered recovered) implements Result {}

        /** What was found is not a whole log. */
        record Broken(String reason) implements Result {}
    }

    PartitionRecovery(RecoveryRequest request) {
        this.request = request;
    }

    RecoveryRequest request() {
        return request;
    }

    /** Whether it has a segment that has not been read. */
    boolean wantsSegment() {
        return !request.newestSegment().isEmpty() && sealed.isEmpty();
    }

    /** What its newest segment says of all that is sealed. */
    void add(SealedState newest) {
        sealed = Optional.of(newest);
        newest.producers().forEach(producers::add);
    }

    /** Another reading begins; what failed in the last one may do better. */
    void beginReading() {
        failure = Optional.empty();
        awaited = 0;
    }

    boolean hasRead(ObjectKey object) {
        return read.contains(object);
    }

    void await() {
        awaited++;
    }

    /** An awaited footer is there, or has failed; true when it was the last. */
    boolean arrived() {
        awaited--;
        return awaited == 0;
    }

    boolean isWaiting() {
        return awaited > 0;
    }

    /** A footer cannot be had. Damage is the worst, for it does not pass by itself. */
    void fail(StorageException e) {
        if (failure.filter(before -> before.kind() == StorageException.Kind.CORRUPT)
                .isEmpty()) {
            failure = Optional.of(e);
        }
    }

    Optional<StorageException> failure() {
        return failure;
    }

    /** All that it has in this object has been added. */
    void finishReading(ObjectKey object) {
        read.add(object);
    }

    /**
     * Forgets objects that are not named any more, since a merged one has taken their place. What is known of producers
     * stays, for the merged object says the same.
     */
    void keepOnly(Set<ObjectKey> named) {
        read.retainAll(named);
        chunks.removeIf(found -> !named.contains(found.object()));
    }

    void add(Chunk chunk, ObjectKey object, List<ProducerTail> tails) {
        chunks.add(new StoredChunk(chunk, object));
        tails.forEach(producers::add);
    }

    /**
     * The log from the start that was asked for: the chunks must join from there, the first of them may begin before, and
     * epochs must not fall. What ends before the start is passed over. Nothing behind the last may be in doubt.
     */
    Result assemble(CommitRecords records) {
        long start = request.start();
        List<StoredChunk> kept = chunks.stream()
                .filter(found -> found.chunk().endOffset() > start)
                .sorted(Comparator.comparingLong(found -> found.chunk().baseOffset()))
                .toList();
        long end = start;
        int epoch = 0;
        for (StoredChunk found : kept) {
            Chunk chunk = found.chunk();
            boolean joins = chunk.baseOffset() == end || (end == start && chunk.baseOffset() < start);
            if (!joins) {
                return broken(found, "offset " + end + " is due");
            }
            if (chunk.leaderEpoch() < epoch || chunk.leaderEpoch() >= request.leaderEpoch()) {
                return broken(found, "its epoch is not from " + epoch + " to below " + request.leaderEpoch());
            }
            end = chunk.endOffset();
            epoch = chunk.leaderEpoch();
        }
        Recovered recovered = new Recovered(
                request,
                kept,
                end,
                producers.byAge(),
                sealed.map(SealedState::epochs).orElse(List.of()));
        return records.doubt(request, last(chunks))
                .<Result>map(Result.Broken::new)
                .orElseGet(() -> new Result.Complete(recovered));
    }

    private static Optional<StoredChunk> last(List<StoredChunk> chunks) {
        return chunks.stream()
                .max(Comparator.comparingLong(found -> found.chunk().baseOffset()));
    }

    private static Result broken(StoredChunk found, String reason) {
        Chunk chunk = found.chunk();
        return new Result.Broken("object " + found.object() + " has offsets " + chunk.baseOffset() + " to "
                + chunk.lastOffset() + " of epoch " + chunk.leaderEpoch() + ": " + reason);
    }
}
