// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5. The log on objects: assigns offsets, gathers the batches of all partitions into shared objects, commits
 * them, reads them back and recovers them. Called by {@code handler}; calls {@code storage} and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.log;

import org.jspecify.annotations.NullMarked;
