// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

/** A record found by its time. Immutable. */
public record TimestampedOffset(long offset, long timestampMillis, int leaderEpoch) {}
