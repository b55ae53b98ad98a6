// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

/**
 * Where the batches of a leader epoch begin. Immutable.
 *
 * @param startOffset of the first batch that carries it
 */
public record EpochStart(int leaderEpoch, long startOffset) {}
