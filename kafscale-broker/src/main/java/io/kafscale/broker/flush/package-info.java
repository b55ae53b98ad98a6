// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5, on the way in. Gathers the batches of all partitions into shared objects, uploads these side by side and
 * commits them in sequence. Called by {@code log}; calls {@code merge}, {@code chunk}, {@code storage} and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.flush;

import org.jspecify.annotations.NullMarked;
