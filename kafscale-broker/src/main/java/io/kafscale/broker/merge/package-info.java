// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5, behind the way in. Puts the many small shared objects of an incarnation together into few large ones, and
 * gives up those in which nothing is left. Called by {@code flush} and {@code log}; calls {@code chunk}, {@code storage}
 * and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.merge;

import org.jspecify.annotations.NullMarked;
