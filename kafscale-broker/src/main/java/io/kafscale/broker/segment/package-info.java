// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5, at its bottom. Sealed segments: their names, the format of {@code .kfs} and {@code .index}, writing them, and
 * finding offsets and times in them. Called by {@code log}, {@code read}, {@code recovery} and {@code janitor}; calls {@code
 * chunk} and {@code storage}.
 */
@NullMarked
package io.kafscale.broker.segment;

import org.jspecify.annotations.NullMarked;
