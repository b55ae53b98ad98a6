// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

/** A record as a consumer got it: from which partition, at which offset, and which one. Immutable. */
public record PlacedRecord(int partition, long offset, RecordId id) {}
