// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

/** How a batch that was accepted ended. Immutable. */
public sealed interface Outcome {

    /**
     * It is stored, committed and readable.
     *
     * @param baseOffset offset of its first record
     * @param logAppendMillis time set by the broker, or -1 when the records keep their own
     * @param logStartOffset of the partition
     */
    record Committed(long baseOffset, long logAppendMillis, long logStartOffset) implements Outcome {}

    /** It is certain that it was not and will not be appended. */
    record NotAppended(String message) implements Outcome {}

    /** Nobody can tell: it may have been appended or may yet be. */
    record Unknown(String message) implements Outcome {}
}
