// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

/** A promise that a history shows broken, with the place. Immutable. */
public record Violation(Promise promise, String where) {
    /** What a broker promises. */
    public enum Promise {
        /** An acknowledged record is there, at the offset that was acknowledged. */
        ACKNOWLEDGED_IS_KEPT,
        /** A record is there at most once. */
        NOTHING_TWICE,
        /** What was refused for certain, or never sent, is not there. */
        NOTHING_INVENTED,
        /** The offsets of a partition follow each other, from its start to its end. */
        OFFSETS_ARE_DENSE,
        /** The records of a producer are in a partition in the order in which it sent them. */
        ORDER_IS_KEPT,
        /** What a consumer saw at an offset is there for ever. */
        CONTENT_IS_FINAL,
        /** The committed offset of a group is never below one that was acknowledged or shown before. */
        COMMITTED_OFFSETS_STAND,
        /** A committed offset is one that somebody committed. */
        COMMITTED_OFFSETS_ARE_REAL
    }
}
