// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

/**
 * What the broker said was a group's committed offset.
 *
 * @param offset {@link #NONE} when there was none
 * @param began when it was asked, in the history's order of events
 * @param ended when the answer was there
 */
public record OffsetLookup(int partition, long offset, long began, long ended) {
    public static final long NONE = -1;
}
