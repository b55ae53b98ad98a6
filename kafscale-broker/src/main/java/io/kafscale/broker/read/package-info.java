// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5, on the way out. What is committed of one partition: where each offset, time and epoch stands, and the batches
 * themselves. Called by {@code log}; calls {@code chunk}.
 */
@NullMarked
package io.kafscale.broker.read;

import org.jspecify.annotations.NullMarked;
