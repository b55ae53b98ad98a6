// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** What a creation request says about one topic, checked as far as that needs no look at other topics. Immutable. */
sealed interface NewTopic {

    /** A topic that may be created. */
    record Wanted(String name, int partitions, Map<String, String> configs) implements NewTopic {
        public Wanted {
            // Not Map.copyOf, whose table names of one hash would make slow.
            configs = Collections.unmodifiableMap(new HashMap<>(configs));
        }
    }

    /** One that may not. */
    record Refused(ApiError error) implements NewTopic {}

    int BY_DEFAULT = -1;

    static NewTopic of(CreatableTopic topic, ClusterView view, RequestPolicy policy) {
        return problem(topic, view).<NewTopic>map(Refused::new).orElseGet(() -> wanted(topic, policy));
    }

    private static Optional<ApiError> problem(CreatableTopic topic, ClusterView view) {
        if (topic.configs().stream().anyMatch(config -> config.value() == null)) {
            return refused(Errors.INVALID_CONFIG, "a setting without a value");
        }
        if (topic.assignments().isEmpty()) {
            return sizeProblem(topic);
        }
        if (topic.replicationFactor() != BY_DEFAULT || topic.numPartitions() != BY_DEFAULT) {
            return refused(
                    Errors.INVALID_REQUEST,
                    "with a manual assignment, partitions and replication factor must both be -1");
        }
        return ManualAssignment.problem(topic.assignments(), view)
                .map(problem -> new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT, problem));
    }

    private static Optional<ApiError> sizeProblem(CreatableTopic topic) {
        if (topic.replicationFactor() < 1 && topic.replicationFactor() != BY_DEFAULT) {
            return refused(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "replication factor " + topic.replicationFactor() + "; from 1, or -1 for the default");
        }
        if (topic.numPartitions() < 1 && topic.numPartitions() != BY_DEFAULT) {
            return refused(
                    Errors.INVALID_PARTITIONS, topic.numPartitions() + " partitions; from 1, or -1 for the default");
        }
        return Optional.empty();
    }

    private static NewTopic wanted(CreatableTopic topic, RequestPolicy policy) {
        int partitions = topic.assignments().isEmpty()
                ? topic.numPartitions()
                : topic.assignments().size();
        Map<String, String> configs = new HashMap<>();
        for (CreatableTopicConfig config : topic.configs()) {
            configs.put(config.name(), config.value());
        }
        return new Wanted(topic.name(), partitions == BY_DEFAULT ? policy.defaultPartitions() : partitions, configs);
    }

    private static Optional<ApiError> refused(Errors error, String message) {
        return Optional.of(new ApiError(error, message));
    }
}
