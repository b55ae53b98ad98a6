// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

/**
 * About what reading all partitions of a fetch request would give, told without reading. Immutable.
 *
 * @param bytes of records, up to the limit of the answer
 * @param firstBytes the first batch of all is hardly larger than that
 * @param conclusive waiting would not change the answer for the better, as with an error in a partition
 */
record FetchOutlook(long bytes, long firstBytes, boolean conclusive) {

    boolean settles(int wantedBytes) {
        return conclusive || bytes >= wantedBytes;
    }
}
