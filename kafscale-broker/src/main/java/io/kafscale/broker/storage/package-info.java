// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 5 of 5. {@link io.kafscale.broker.storage.ObjectStore}: objects written once under names never used again, and the
 * stores that keep them. Called by {@code log}.
 */
@NullMarked
package io.kafscale.broker.storage;

import org.jspecify.annotations.NullMarked;
