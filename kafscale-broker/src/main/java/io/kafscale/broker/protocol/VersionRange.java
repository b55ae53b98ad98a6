// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

/**
 * The versions of one API from the first to the last, both included. Immutable.
 *
 * @param first the lowest version
 * @param last the highest version, never below the first
 */
public record VersionRange(short first, short last) {

    public VersionRange {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("versions " + first + " to " + last);
        }
    }

    public boolean includes(short version) {
        return first <= version && version <= last;
    }
}
