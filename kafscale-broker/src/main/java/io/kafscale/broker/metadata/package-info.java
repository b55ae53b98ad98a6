// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 5 of 5. {@link io.kafscale.broker.metadata.MetadataStore}: revisioned key-values with transactions, leases and
 * watches, the stores that keep them, and the typed keys of the cluster. Called by {@code log}, {@code group} and
 * {@code cluster}.
 */
@NullMarked
package io.kafscale.broker.metadata;

import org.jspecify.annotations.NullMarked;
