// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.storage.ObjectKey;
import java.util.List;

/**
 * A flush whose object is durable. Immutable.
 *
 * @param record what its commit record will say
 * @param chunks what each of the flush's chunks became, in the same order
 */
record StoredFlush(Flush flush, CommitRecord record, SharedFooter footer, List<Chunk> chunks) {

    StoredFlush {
        chunks = List.copyOf(chunks);
        if (chunks.size() != flush.chunks().size()) {
            throw new IllegalArgumentException(
                    "flush of " + flush.chunks().size() + " chunks was stored with " + chunks.size());
        }
    }

    static StoredFlush of(Flush flush, ObjectKey object, SharedFooter footer, List<Chunk> chunks) {
        return new StoredFlush(
                flush, CommitRecord.of(object, footer, 0, flush.sequence(), flush.sequence()), footer, chunks);
    }

    ObjectKey object() {
        return record.object();
    }
}
