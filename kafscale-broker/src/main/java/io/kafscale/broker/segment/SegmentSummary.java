// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

/**
 * What retention asks of a segment. Immutable.
 *
 * @param endOffset exclusive end of what counts of it, which may be less than its name says
 * @param sizeBytes length of its {@code .kfs}
 * @param agesFromMillis largest time of a record, or if none carries one, when the segment was written
 */
public record SegmentSummary(SegmentName name, long endOffset, long sizeBytes, long agesFromMillis) {}
