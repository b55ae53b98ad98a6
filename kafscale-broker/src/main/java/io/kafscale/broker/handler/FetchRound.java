// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.message.FetchResponseData;

/**
 * What one look at all partitions of a fetch request found. Immutable, but for the generated class in it.
 *
 * @param sizeBytes of all records
 * @param conclusive waiting would not change the answer for the better, as with an error in a partition
 */
record FetchRound(FetchResponseData data, long sizeBytes, boolean conclusive) {}
