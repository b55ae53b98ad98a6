// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.segment.SegmentName;

/** What the key of an object below a cluster's root says. Immutable. */
sealed interface ObjectName {

    /**
     * A shared object.
     *
     * @param sequence that of the flush, or of the first one if it is merged
     */
    record Shared(String incarnation, long sequence) implements ObjectName {}

    /** A sealed segment or its index. */
    record Sealed(SegmentName segment, boolean isIndex) implements ObjectName {}

    /** A backup of the metadata. */
    record Backup(long number) implements ObjectName {}

    /** Something else that belongs here: identity, counters, snapshots of references, probes. */
    record Furniture() implements ObjectName {}

    /** Nothing that this version knows; nobody touches it. */
    record Unknown() implements ObjectName {}
}
