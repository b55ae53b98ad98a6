// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

/**
 * The newest counter object of a bucket: what the metadata had reached when it was put. Immutable.
 *
 * @param counter 0 when there is none
 * @param revision of the metadata store, at least, at that counter; 0 when it is not known
 * @param storedMillis when it was put, by the bucket's clock
 */
record Mark(long counter, long revision, long storedMillis) {

    static final Mark NONE = new Mark(0, 0, 0);
}
