// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

/**
 * A group's commit of an offset.
 *
 * @param began when it was asked for, in the history's order of events
 * @param ended when its outcome was known
 * @param acknowledged false: its outcome is unknown
 */
public record OffsetCommit(int partition, long offset, long began, long ended, boolean acknowledged) {}
