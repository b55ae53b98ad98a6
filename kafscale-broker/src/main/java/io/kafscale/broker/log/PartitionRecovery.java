// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.proto.log.ProducerTail;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Puts one partition's log together from chunks that come in any order. Confined to its owner's lock. */
final class PartitionRecovery {

    private final OpenRequest request;
    private final List<Recovered.Found> chunks = new ArrayList<>();
    private final ProducerTails producers = new ProducerTails();

    /** How it ended. Immutable. */
    sealed interface Result {
        record Complete(Recovered recovered) implements Result {}

        /** What was found is not a whole log. */
        record Broken(String reason) implements Result {}
    }

    PartitionRecovery(OpenRequest request) {
        this.request = request;
    }

    OpenRequest request() {
        return request;
    }

    void add(Chunk chunk, ObjectKey object, List<ProducerTail> tails) {
        chunks.add(new Recovered.Found(chunk, object));
        tails.forEach(producers::add);
    }

    /**
     * The log from the start that was asked for: the chunks must join from there, the first of them may begin before, and
     * epochs must not fall. What ends before the start is passed over.
     */
    Result assemble(long nowMillis) {
        long start = Math.max(request.logStart(), request.sealedThrough());
        List<Recovered.Found> kept = chunks.stream()
                .filter(found -> found.chunk().endOffset() > start)
                .sorted(Comparator.comparingLong(found -> found.chunk().baseOffset()))
                .toList();
        long end = start;
        int epoch = 0;
        for (Recovered.Found found : kept) {
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
        return new Result.Complete(new Recovered(request, kept, end, producers.windows(request.logStart(), nowMillis)));
    }

    private static Result broken(Recovered.Found found, String reason) {
        Chunk chunk = found.chunk();
        return new Result.Broken("object " + found.object() + " has offsets " + chunk.baseOffset() + " to "
                + chunk.lastOffset() + " of epoch " + chunk.leaderEpoch() + ": " + reason);
    }
}
