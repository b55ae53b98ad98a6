// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 3 of 5. What each Kafka API means, one class for each. Called by {@code network}; calls {@code log},
 * {@code group} and {@code cluster}.
 */
@NullMarked
package io.kafscale.broker.handler;

import org.jspecify.annotations.NullMarked;
