// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way. The record batch of magic 2 as bytes: its header, its checks, and the two fields that a broker may
 * write. Knows nothing of Kafka's own classes.
 */
@NullMarked
package io.kafscale.broker.record;

import org.jspecify.annotations.NullMarked;
