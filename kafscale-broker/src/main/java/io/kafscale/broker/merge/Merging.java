// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.Footers;

/**
 * What merging needs of the rest of the broker, the same for all of its incarnations. Immutable; all of it is thread-safe.
 */
public record Merging(Footers footers, MergeLimits limits, Liveness liveness, ChunkMoves moves) {}
