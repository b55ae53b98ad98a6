// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way. Memory that many share: a number of bytes that are taken before they are used, in the order of asking. Used
 * by {@code network}, {@code handler} and {@code log}; uses {@code time}.
 */
@NullMarked
package io.kafscale.broker.bounds;

import org.jspecify.annotations.NullMarked;
