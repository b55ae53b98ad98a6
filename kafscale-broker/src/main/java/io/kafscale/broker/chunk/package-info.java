// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5, at its bottom. Chunks of shared objects: their batches in memory, the format of the objects, and reading them
 * back. Called by {@code log}, {@code flush}, {@code merge}, {@code read} and {@code recovery}; calls {@code storage}.
 */
@NullMarked
package io.kafscale.broker.chunk;

import org.jspecify.annotations.NullMarked;
