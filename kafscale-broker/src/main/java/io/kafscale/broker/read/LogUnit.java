// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

/**
 * A part of a log that is kept or dropped as a whole: a segment, or a chunk that is not sealed. Immutable.
 *
 * @param endOffset exclusive
 * @param agesFromMillis largest time of a record, or if none carries one, when the part was written
 */
public record LogUnit(long endOffset, long sizeBytes, long agesFromMillis) {}
