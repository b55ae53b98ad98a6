// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.Optional;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * How many partitions there may be: each costs every broker memory and the metadata store keys, so one short request must not
 * ask for more than the cluster can carry. Two brokers that create at the same moment may together go beyond. Stateless.
 */
final class PartitionCount {

    /** Of all topics of one creation request, as in Apache Kafka. */
    static final int MAX_PER_REQUEST = 10_000;

    /** Of all topics of the cluster. */
    static final int MAX_IN_CLUSTER = 100_000;

    private PartitionCount() {}

    /** Why a request as a whole cannot be granted; empty when it can. */
    static Optional<ApiError> problem(CreateTopicsRequestData request, RequestPolicy policy, TopicCatalog catalog) {
        long wanted = 0;
        for (CreatableTopic topic : request.topics()) {
            wanted += wanted(topic, policy);
        }
        return wanted > MAX_PER_REQUEST
                ? violation("Excessively large number of partitions per request.")
                : problem(wanted, catalog);
    }

    /**
     * Why so many partitions more cannot be added by one request; empty when they can.
     *
     * @param granted to the request before, whether they are there by now or not
     */
    static Optional<ApiError> problem(int granted, int more, TopicCatalog catalog) {
        return granted + more > MAX_PER_REQUEST
                ? violation("Excessively large number of partitions per request.")
                : problem(more, catalog);
    }

    /** Why so many partitions more cannot be had; empty when they can. */
    static Optional<ApiError> problem(long wanted, TopicCatalog catalog) {
        long there = catalog.all().stream().mapToLong(Topic::partitions).sum();
        return there + wanted > MAX_IN_CLUSTER
                ? violation("The cluster has " + there + " partitions and may have " + MAX_IN_CLUSTER + ", so that "
                        + wanted + " more are too many.")
                : Optional.empty();
    }

    private static int wanted(CreatableTopic topic, RequestPolicy policy) {
        if (!topic.assignments().isEmpty()) {
            return topic.assignments().size();
        }
        return topic.numPartitions() == NewTopic.BY_DEFAULT
                ? policy.defaultPartitions()
                : Math.max(0, topic.numPartitions());
    }

    private static Optional<ApiError> violation(String message) {
        return Optional.of(new ApiError(Errors.POLICY_VIOLATION, message));
    }
}
