// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5, before a partition is served. Finds its log again from the commit records and the footers of shared objects.
 * Called by {@code log}; calls {@code chunk}, {@code storage} and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.recovery;

import org.jspecify.annotations.NullMarked;
