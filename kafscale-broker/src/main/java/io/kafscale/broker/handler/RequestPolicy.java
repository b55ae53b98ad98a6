// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

/**
 * What the operator of a cluster lets clients do. Immutable.
 *
 * @param autoCreateTopics a client that asks for a topic that is not there may have it made
 * @param defaultPartitions partitions of a topic whose creator states no number, from 1
 * @param adminAllowed topics may be created and deleted by request
 * @param syncFlush false lets acks=1 be answered before the records are stored
 */
public record RequestPolicy(boolean autoCreateTopics, int defaultPartitions, boolean adminAllowed, boolean syncFlush) {

    /** What holds when nothing is configured. */
    public static final RequestPolicy DEFAULTS = new RequestPolicy(true, 1, true, true);

    public RequestPolicy {
        if (defaultPartitions < 1) {
            throw new IllegalArgumentException("default of " + defaultPartitions + " partitions");
        }
    }
}
