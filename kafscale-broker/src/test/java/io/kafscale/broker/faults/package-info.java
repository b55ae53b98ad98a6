// SPDX-License-Identifier: Apache-2.0
/**
 * Failures on order: which call of a store fails and how. Used by the decorators of {@code storage} and {@code metadata},
 * so that one plan can count the calls of both.
 */
@NullMarked
package io.kafscale.broker.faults;

import org.jspecify.annotations.NullMarked;
