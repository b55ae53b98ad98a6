// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.storage.ObjectInfo;
import java.util.List;

/**
 * A shared object that stands in a bucket, as its own name and footer tell it. Immutable.
 *
 * @param name what its key says
 * @param footerPosition where the footer begins
 * @param footerLength without the trailer
 * @param isNamed whether the metadata that a restore goes out from names it: it was committed for certain
 * @param maxProducerId -1 when no producer has one
 */
record Sighting(
        ObjectInfo object,
        ObjectName.Shared name,
        List<Chunk> chunks,
        long footerPosition,
        int footerLength,
        boolean isNamed,
        long maxProducerId) {

    Sighting {
        chunks = List.copyOf(chunks);
    }

    String key() {
        return object.key().value();
    }
}
