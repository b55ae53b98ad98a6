// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.Chunk;

/** Who knows which chunks are still needed. Thread-safe. */
@FunctionalInterface
public interface Liveness {

    /**
     * Whether somebody may still need a chunk. False only if the metadata say already that all of it is sealed or trimmed,
     * or that its topic is gone; once false it is false for ever. Asked for very many chunks, so it looks into memory only.
     */
    boolean isLive(Chunk chunk);
}
