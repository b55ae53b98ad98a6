// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the operator of a cluster lets clients do. Immutable.
 *
 * @param autoCreateTopics a client that asks for a topic that is not there may have it made
 * @param defaultPartitions partitions of a topic whose creator states no number, from 1
 * @param adminAllowed topics may be created and deleted by request
 * @param syncFlush false lets acks=1 be answered before the records are stored
 * @param topicDefaults settings that topics have which do not set them, by Kafka's names, where the operator chose them
 */
public record RequestPolicy(
        boolean autoCreateTopics,
        int defaultPartitions,
        boolean adminAllowed,
        boolean syncFlush,
        Map<String, String> topicDefaults) {

    /** What holds when nothing is configured. */
    public static final RequestPolicy DEFAULTS = new RequestPolicy(true, 1, true, true);

    /** A policy without topic defaults of its own. */
    public RequestPolicy(boolean autoCreateTopics, int defaultPartitions, boolean adminAllowed, boolean syncFlush) {
        this(autoCreateTopics, defaultPartitions, adminAllowed, syncFlush, Map.of());
    }

    public RequestPolicy {
        topicDefaults = Collections.unmodifiableMap(new TreeMap<>(topicDefaults));
        if (defaultPartitions < 1) {
            throw new IllegalArgumentException("default of " + defaultPartitions + " partitions");
        }
    }
}
