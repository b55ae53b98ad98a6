// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.storage.ObjectKey;
import java.util.List;

/**
 * What recovery found of one partition. Immutable, but for the producer windows, which belong to whoever takes this.
 *
 * @param chunks in the order of their offsets, without a hole, all ending behind the start
 * @param highWatermark exclusive end of what is committed
 */
record Recovered(OpenRequest request, List<Found> chunks, long highWatermark, ProducerWindows producers) {

    /** A chunk and the object that it is in. Immutable. */
    record Found(Chunk chunk, ObjectKey object) {}

    /** A log in which nothing has ever been written. */
    static Recovered empty(OpenRequest request) {
        long start = Math.max(request.logStart(), request.sealedThrough());
        return new Recovered(request, List.of(), start, new ProducerWindows());
    }

    Recovered {
        chunks = List.copyOf(chunks);
    }
}
