// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 2 of 5. Bytes to typed Kafka messages and back: the version table, the limits checked before a body is parsed,
 * the encoder that keeps record bytes as slices. Called by {@code network}; calls {@code record}.
 */
@NullMarked
package io.kafscale.broker.protocol;

import org.jspecify.annotations.NullMarked;
