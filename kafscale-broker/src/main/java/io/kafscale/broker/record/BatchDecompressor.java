// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Opens compressed batches, where single records matter. Thread-safe. */
@FunctionalInterface
public interface BatchDecompressor {

    /** Opens none. */
    BatchDecompressor NONE = batch -> Optional.empty();

    /**
     * The records of a batch without its header, uncompressed; empty when the codec is unknown, the bytes are not what
     * they claim, or they would grow beyond what the implementation allows.
     */
    Optional<ByteBuffer> decompress(RecordBatch batch);
}
