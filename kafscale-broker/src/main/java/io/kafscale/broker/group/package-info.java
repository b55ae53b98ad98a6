// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5. Consumer groups: membership, rebalances and committed offsets. Called by {@code handler}; calls
 * {@code cluster} and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.group;

import org.jspecify.annotations.NullMarked;
