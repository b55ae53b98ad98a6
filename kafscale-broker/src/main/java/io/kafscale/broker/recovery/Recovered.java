// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.segment.EpochStart;
import io.kafscale.proto.log.ProducerTail;
import java.util.List;

/**
 * What recovery found of one partition. Immutable.
 *
 * @param chunks in the order of their offsets, without a hole, all ending behind the start
 * @param highWatermark exclusive end of what is committed
 * @param producers the last batches of each, the one that was silent for longest first
 * @param epochs where the epochs of what is sealed begin
 */
public record Recovered(
        RecoveryRequest request,
        List<StoredChunk> chunks,
        long highWatermark,
        List<ProducerTail> producers,
        List<EpochStart> epochs) {

    /** A log in which nothing has ever been written. */
    static Recovered empty(RecoveryRequest request) {
        return new Recovered(request, List.of(), request.start(), List.of(), List.of());
    }

    public Recovered {
        chunks = List.copyOf(chunks);
        producers = List.copyOf(producers);
        epochs = List.copyOf(epochs);
    }
}
