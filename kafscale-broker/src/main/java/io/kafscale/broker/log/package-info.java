// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5. The log of a partition: assigns offsets, knows its producers, and is what {@code handler} appends to and reads
 * from. Sends batches through {@code flush}, reads them through {@code read} and finds them again through {@code recovery}.
 * Called by {@code handler}.
 */
@NullMarked
package io.kafscale.broker.log;

import org.jspecify.annotations.NullMarked;
