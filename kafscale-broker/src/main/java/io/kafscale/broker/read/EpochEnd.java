// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

/**
 * Where an epoch ends: the largest epoch not above the asked one, and the exclusive end of its records. Immutable.
 *
 * @param leaderEpoch -1 when there is none
 * @param endOffset -1 when there is none
 */
public record EpochEnd(int leaderEpoch, long endOffset) {}
